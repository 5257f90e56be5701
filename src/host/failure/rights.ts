/** What this process may do, and what this kernel has: looked up only where something failed. */

import { system } from '../system.ts';

/** Capability numbers of linux/capability.h. */
export const BITS = { NET_ADMIN: 12n, NET_RAW: 13n, SYS_PTRACE: 19n, SYS_ADMIN: 21n } as const;

export type Capability = keyof typeof BITS;

export interface Rights {
  /** Undefined where /proc does not say. */
  readonly has: (capability: Capability) => boolean | undefined;
  readonly root: boolean;
  /** Names of loaded modules; undefined where the kernel does not say (it may have everything built in). */
  readonly modules: ReadonlySet<string> | undefined;
}

/** Reads the rights of this process; a namespace of the network changes none of them. */
export function readRights(): Rights {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(system.readText('/proc/self/status') ?? '')?.[1];
  const modules = system.readText('/proc/modules');
  return {
    has: (capability) => (effective === undefined ? undefined : (BigInt(`0x${effective}`) & (1n << BITS[capability])) !== 0n),
    root: system.user() === 0,
    modules: modules === undefined ? undefined : new Set(modules.split('\n').map((line) => line.split(' ', 1)[0] ?? '')),
  };
}

export const LOCK_FILE = '/run/xtables.lock';

/**
 * The environment with which iptables-legacy finds a lock file that it may write. On a read-only root
 * it fails on /run/xtables.lock; XTABLES_LOCKFILE moves it (iptables 1.8.6 and later, kernel.md).
 * Every container has a writable /dev/shm.
 */
export function lockFileEnvironment(
  given: Readonly<Record<string, string | undefined>> = system.environment(),
): Readonly<Record<string, string>> {
  if (given['XTABLES_LOCKFILE'] !== undefined) return {};
  const writable = system.mayWrite(system.exists(LOCK_FILE) ? LOCK_FILE : '/run');
  if (writable) return {};
  const folder = ['/dev/shm', '/tmp'].find(system.mayWrite);
  return folder === undefined ? {} : { XTABLES_LOCKFILE: `${folder}/xtables.lock` };
}
