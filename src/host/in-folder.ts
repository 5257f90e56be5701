/** The path of a name in a folder, as people write it: `pods/a.yaml` of `./pods/`, `a.yaml` of `.`. */
export function inFolder(folder: string, name: string): string {
  const plain = folder.replace(/^(\.\/+)+/, '').replace(/\/+$/, '');
  if (plain === '') return folder.startsWith('/') ? `/${name}` : name;
  return plain === '.' ? name : `${plain}/${name}`;
}
