/** Which programs are found on the PATH. */

import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Aspect } from './aspect.ts';
import { fine, warning } from './aspect.ts';

/** What each program is for, beside iptables. */
const OTHERS: Readonly<Record<string, string>> = {
  ip: 'policy routing of TPROXY, and ::6',
  nft: 'native tables of Istio',
  nsenter: 'pid:N, netns:PATH',
  unshare: 'exec:TEXT',
};

/** The file that a program's name means; undefined where there is none. */
export function findProgram(name: string, path: string = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(':')
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export function programsAspect(find: (name: string) => string | undefined = findProgram): Aspect {
  const names = Object.keys(OTHERS);
  const missing = names.filter((name) => find(name) === undefined);
  const found = names.filter((name) => !missing.includes(name));
  const text = [
    ...(found.length === 0 ? [] : [`${found.join(', ')} found`]),
    ...missing.map((name) => `no ${name} (for ${OTHERS[name]})`),
  ].join('; ');
  return missing.length === 0
    ? fine('programs', text)
    : warning('programs', text, 'where that is needed, use an image with iproute2, nftables and util-linux');
}
