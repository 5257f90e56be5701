/** What a look found besides, in words: none of it stops the work. */

import type { OwnershipWarning } from '../../istio/found/ownership.ts';
import { iptables } from '../../netfilter/print.ts';
import { holdsOurs } from './backend.ts';
import type { DesiredState, Planned } from './desired-state.ts';
import { capturesIp6 } from './desired-state.ts';
import type { ObservedState } from './observe.ts';
import { programOf } from './snapshot.ts';

/** The warnings of a view, in the order: unreadable things, both backends, rules that were left. */
export function warningsOf(view: ObservedState, { ownership }: Planned, desired: DesiredState): readonly string[] {
  return [
    ...view.warnings,
    ...unreadLegacy(view),
    ...bothBackends(view, desired),
    ...noIp6(view, desired),
    ...ownership.warnings.map(ownershipText),
  ];
}

function bothBackends({ choice: { snapshot, other } }: ObservedState, desired: DesiredState): readonly string[] {
  // Who names the backend to be cleaned keeps the other: to be told to clean that as well would cost all capture.
  if (other === undefined || !holdsOurs(other) || desired.clean === 'one backend') return [];
  const [here, there] = [programOf(snapshot.backend, 'ip', 'save'), programOf(other.backend, 'ip', 'save')];
  if (desired.clean === 'everywhere' || desired.nft !== undefined) return [`rules of Istio are in both ${here} and ${there}`];
  return [
    `rules of Istio are in both ${here} and ${there}: only those of ${snapshot.backend} are kept right, and packets meet both; "clean --backend ${other.backend}" removes the others`,
  ];
}

function unreadLegacy({ choice: { unread } }: ObservedState): readonly string[] {
  if (unread === undefined) return [];
  return [
    `legacy tables are in use here and can not be read: rules of Istio in them would stay, and packets meet both. ${unread.text}; ${unread.fix}`,
  ];
}

function noIp6({ netFiles }: ObservedState, desired: DesiredState): readonly string[] {
  const rejected = desired.ip6.tables.length > 0 && !capturesIp6(desired);
  return rejected && netFiles.if_inet6 === undefined ? ['this kernel has no IPv6, so there is none to reject'] : [];
}

function ownershipText({ code, family, table, chain, rule }: OwnershipWarning): string {
  const where = `${family === 'ip' ? 'IPv4' : 'IPv6'}, table ${table}, chain ${chain}`;
  switch (code) {
    case 'looks-like-ours':
      return `left as it is, though a release of Istio may have made it: ${rule ?? ''} (${where})`;
    case 'ambient-chain':
      return `left as it is: a chain of Istio's node agent for ambient pods (${where})`;
    case 'guardrail':
      return `left as it is, and nothing gets past it: ${rule ?? ''} (${where}). An interrupted istio-iptables --reconcile leaves such rules; unless it is meant: ${iptables(family)} -t ${table} -D ${chain} ${rule ?? ''}`;
    case 'foreign-istio-chain':
      return `left as it is, with all that leads to it: a chain that no release of Istio makes, whatever its name (${where})`;
    default:
      return code satisfies never;
  }
}
