/** Where the programs of root are: iptables, nft and ip stand in folders that the PATH of an ordinary user does not name. */

const FOLDERS: readonly string[] = ['/usr/sbin', '/sbin'];

/** Names them behind the others for whoever is not root, so that what fails says what it lacks: rights, and no package. */
export function nameRootsPrograms(environment: Record<string, string | undefined>, user: number): void {
  const { PATH } = environment;
  if (user === 0 || PATH === undefined) return;
  const named = PATH.split(':');
  environment['PATH'] = [...named, ...FOLDERS.filter((folder) => !named.includes(folder))].join(':');
}
