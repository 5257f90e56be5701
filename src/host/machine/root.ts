/** Whether the root file system may be written. */

import { system } from '../system.ts';
import type { Aspect } from './aspect.ts';
import { fine } from './aspect.ts';

/** Whether /proc/self/mounts shows the root as read-only; what is mounted last on a place is what counts. */
export function isReadOnly(mounts: string): boolean {
  const root = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .findLast(([, place]) => place === '/');
  return root?.[3]?.split(',').includes('ro') ?? false;
}

export function rootAspect(mounts: string = system.readText('/proc/self/mounts') ?? ''): Aspect {
  return isReadOnly(mounts)
    ? fine('root', 'read-only, which iptables-nft does not mind; iptables-legacy needs a lock file elsewhere (XTABLES_LOCKFILE)')
    : fine('root', 'writable');
}
