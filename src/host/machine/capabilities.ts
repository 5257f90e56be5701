/** What this process may do: as whom it runs, which capabilities it has, and which it can never get. */

import { explainCause } from '../../istio/found/runs/cause-and-fix.ts';
import type { Capability, Rights } from '../failure/rights.ts';
import { BITS, readRights } from '../failure/rights.ts';
import { system } from '../system.ts';
import type { Aspect } from './aspect.ts';
import { fine, warning } from './aspect.ts';

const NEEDED: readonly Capability[] = ['NET_ADMIN', 'NET_RAW'];

/** What /proc/self/status says; a part that it does not say is undefined. */
export interface Status {
  readonly effective: bigint | undefined;
  readonly bounding: bigint | undefined;
  readonly noNewPrivileges: boolean;
  /** Whether a seccomp profile filters system calls. */
  readonly filtered: boolean;
}

/** Reads /proc/self/status. */
export function readStatus(text: string): Status {
  const field = (name: string): string | undefined => new RegExp(`^${name}:\\s*(\\S+)$`, 'm').exec(text)?.[1];
  const set = (name: string): bigint | undefined => {
    const digits = field(name);
    return digits === undefined ? undefined : BigInt(`0x${digits}`);
  };
  return {
    effective: set('CapEff'),
    bounding: set('CapBnd'),
    noNewPrivileges: field('NoNewPrivs') === '1',
    filtered: field('Seccomp') === '2',
  };
}

/** Whether a set of capabilities holds one; false for a set that is not known. */
function holds(set: bigint | undefined, capability: Capability): boolean {
  return set !== undefined && (set & (1n << BITS[capability])) !== 0n;
}

export function rightsAspect(
  status: Status = readStatus(system.readText('/proc/self/status') ?? ''),
  user: number = process.geteuid?.() ?? 0,
  rights: Rights = readRights(),
): Aspect {
  if (status.effective === undefined) return fine('rights', 'unknown: not in /proc/self/status');
  const text = [
    user === 0 ? 'root' : `user ${user}`,
    ...NEEDED.map((capability) => `${capability} ${capabilityState(status, capability)}`),
    ...(status.noNewPrivileges ? ['no_new_privs set'] : []),
    ...(status.filtered ? ['a seccomp profile'] : []),
  ].join(', ');
  if (!holds(status.effective, 'NET_ADMIN'))
    return warning('rights', text, explainCause('no-net-admin', { program: '', family: 'ip', modules: [], rights, message: '' }).fix);
  return fine(
    'rights',
    holds(status.effective, 'NET_RAW') ? text : `${text}; iptables-legacy does not work without NET_RAW, iptables-nft does`,
  );
}

function capabilityState({ effective, bounding }: Status, capability: Capability): string {
  if (holds(effective, capability)) return 'yes';
  return holds(bounding, capability) ? 'no (its bounding set would allow it)' : 'no, and its bounding set forbids it';
}
