/** A scene as an operand of a comparison. */

import type { Operand } from '../../../netfilter/behavior/prepared.ts';
import type { Family } from '../../../netfilter/family.ts';
import type { Host, Interface } from '../../../netfilter/trace/host.ts';
import type { PodNetwork } from '../pod-network.ts';
import { hostOf } from '../trace-plan.ts';

/** The pod passes on what is for other machines, unless somebody says that it does not. */
export function operandOf({ plan, facts, state }: PodNetwork, family: Family): Operand {
  const host = hostOf(plan, facts, { ...state, forwarding: state.forwarding ?? true });
  return {
    ruleset: plan[family],
    host: { ...host, routing: undefined, ignoresMany: true, interfaces: host.interfaces.map(withLinkLocal) } satisfies Host,
  };
}

/** Every interface that has IPv6 has a link-local address; facts may leave it out. */
function withLinkLocal({ name, addresses }: Interface): Interface {
  const has6 = name !== 'lo' && addresses.some((address) => address.includes(':'));
  return has6 && !addresses.some((address) => /^fe[89ab]/i.test(address))
    ? { name, addresses: [...addresses, 'fe80::1'] }
    : { name, addresses };
}
