/** The images that the pods run: ours, and an empty one for the programs of this machine. */

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { PodNode } from './node.ts';

const BUILD = fileURLToPath(new URL('image.sh', import.meta.url));
const PATH = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** All commands. */
export const TOOLS = 'localhost/istio-init:test';
/** What an init container runs. */
export const INIT = 'localhost/istio-init:test-init';
/** Runs the machine's own programs, which are mounted at /usr: Squid, dnsmasq and Node. */
export const MACHINE = 'localhost/machine:test';

/** Builds our images from their Dockerfile, where that has not been done yet; the folder of the store that it is in. */
export async function buildOurs(): Promise<string> {
  // The script prints shell variables: --root is the first of the options in one of them.
  const script = 'set -e; made=$(bash "$0" test); eval "$made"; set -- $STORAGE; echo "$2"';
  return (await execa('bash', ['-c', script, BUILD], { stdin: 'ignore', timeout: 240_000 })).stdout;
}

/** The names of users, and nothing else but places to mount at. */
export async function buildMachine(node: PodNode): Promise<void> {
  const folder = `${node.folder}/machine`;
  for (const place of ['etc/istio/pod', 'usr', 'pod', 'tmp', 'dev', 'proc', 'sys', 'run'])
    mkdirSync(`${folder}/${place}`, { recursive: true });
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, `${folder}/${name}`);
  const users: readonly (readonly [string, number])[] = [
    ['root', 0],
    ['istio-proxy', 1337],
    ['app', 1000],
  ];
  chmodSync(`${folder}/tmp`, 0o1777);
  writeFileSync(`${folder}/etc/passwd`, users.map(([name, id]) => `${name}:x:${id}:${id}::/:/bin/sh\n`).join(''));
  writeFileSync(`${folder}/etc/group`, users.map(([name, id]) => `${name}:x:${id}:\n`).join(''));
  writeFileSync(`${folder}/etc/nsswitch.conf`, 'hosts: files dns\n');
  await node.build(['tar', '-C', folder, '-cf', `${folder}.tar`, '.']);
  await node.podman('import', '--quiet', '--change', PATH, `${folder}.tar`, MACHINE);
}
