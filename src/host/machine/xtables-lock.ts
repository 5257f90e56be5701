/** The lock file of iptables-legacy: where it is, whether it may be written, and who holds it. */

import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { explainCause } from '../../istio/found/runs/cause-and-fix.ts';
import { LOCK_FILE, lockFileEnvironment, readRights } from '../failure/rights.ts';
import { system } from '../system.ts';
import type { Aspect } from './aspect.ts';
import { fine, warning } from './aspect.ts';

/** The process that holds a lock on a file, from /proc/locks: `1: FLOCK  ADVISORY  WRITE 4242 00:1b:5678 0 EOF`. */
export function holderOf(locks: string, inode: number, device: number): number | undefined {
  // The kernel's own minor has 20 bits, of which stat shows the upper twelve above the major.
  const major = Math.floor(device / 256) % 4096;
  const minor = (device % 256) + Math.floor(device / 2 ** 20) * 256;
  const hex = (number: number): string => number.toString(16).padStart(2, '0');
  const place = `${hex(major)}:${hex(minor)}:${inode}`;
  const holder = locks.split('\n').flatMap((line) => {
    // A line of one that waits has an arrow in it, and so everything one place further.
    const [, , , , pid, at] = line.split(/\s+/);
    return at === place ? [Number(pid)] : [];
  });
  return holder[0];
}

export function xtablesLockAspect(): Aspect {
  const named = process.env['XTABLES_LOCKFILE'];
  const elsewhere = lockFileEnvironment()['XTABLES_LOCKFILE'];
  const file = named ?? elsewhere ?? LOCK_FILE;
  const pid = existsSync(file) ? holder(file) : undefined;
  if (pid !== undefined)
    return warning(
      'xtables lock',
      `${file} is held by process ${pid}${nameOf(pid)}: iptables-legacy waits`,
      'wait for that program, or end it where it hangs; iptables-nft has no lock',
    );
  if (elsewhere !== undefined)
    return fine('xtables lock', `${LOCK_FILE} can not be written; iptables-legacy is given ${elsewhere} by this program`);
  if (system.mayWrite(existsSync(file) ? file : dirname(file)))
    return fine('xtables lock', `${file}${named === undefined ? '' : ' (XTABLES_LOCKFILE)'} is free`);
  const { text, fix } = explainCause('lock-file', { program: '', family: 'ip', modules: [], rights: readRights(), message: '' });
  return warning('xtables lock', `${file}: ${text}`, fix);
}

function holder(file: string): number | undefined {
  try {
    const { ino, dev } = statSync(file);
    return holderOf(system.readText('/proc/locks') ?? '', ino, dev);
  } catch {
    return undefined;
  }
}

function nameOf(pid: number): string {
  const name = system.readText(`/proc/${pid}/comm`)?.trim();
  return name === undefined ? '' : ` (${name})`;
}
