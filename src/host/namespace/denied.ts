/** Why a network namespace may not be looked at, by what this process may do: root is no cause where this is root. */

import type { Capability, Rights } from '../failure/rights.ts';
import { readRights } from '../failure/rights.ts';
import { system } from '../system.ts';

/** What the kernel asks for: to open the namespace of another's process, and to enter any. */
const NEEDED = { open: 'SYS_PTRACE', enter: 'SYS_ADMIN' } as const satisfies Record<string, Capability>;

/** The cause and what to do, as the second half of a sentence. */
export function denied(step: keyof typeof NEEDED, { root, has }: Rights = readRights()): string {
  const capability = NEEDED[step];
  if (!root) return `user ${system.user() ?? 'unknown'} may not; run as root`;
  if (has(capability) === false) return `this root lacks the capability ${capability}; add it (kubectl debug --profile=sysadmin does)`;
  return `root may not, even with ${capability}: its processes have capabilities that this one lacks, or are of another user namespace`;
}
