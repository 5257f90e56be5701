/** Packets that leave or arrive without passing the proxy. */

import type { Ranges } from '../../netfilter/address/ranges.ts';
import { subtract, union } from '../../netfilter/address/ranges.ts';
import { TooLarge } from '../../netfilter/behavior/diagram.ts';
import type { Scope } from '../../netfilter/behavior/reach.ts';
import { endsWithin } from '../../netfilter/behavior/reach.ts';
import type { Fields } from '../../netfilter/behavior/region.ts';
import { regionWords } from '../../netfilter/behavior/words.ts';
import type { Family } from '../../netfilter/family.ts';
import type { OwnerRange } from '../../netfilter/numbers.ts';
import { ALL_BITS } from '../../netfilter/numbers.ts';
import type { Packet } from '../../netfilter/packet.ts';
import { ABSENT } from '../../netfilter/trace/fields.ts';
import type { RulePlace } from '../../netfilter/trace/result.ts';
import { injectedSettings } from '../kubernetes/ordinary-injection.ts';
import type { CapturePlan } from '../plan/plan.ts';
import { profileOf } from '../releases/profile.ts';
import { valuesOf } from '../settings/settings.ts';
import { classesFor, verdictClass } from './behavior/classes.ts';
import { namesFor } from './behavior/names.ts';
import { operandOf } from './behavior/operand.ts';
import type { PodNetwork } from './pod-network.ts';
import { traceIn } from './pod-network.ts';
import type { VerdictId } from './verdict.ts';
import { TUNNEL_PORT } from './verdict.ts';

export type Direction = 'inbound' | 'outbound';

/** A region of packets that the proxy does not see. */
export interface Escape {
  readonly direction: Direction;
  readonly family: Family;
  /** What the packets have in common; a field that is left out may be anything. */
  readonly fields: Fields;
  /** `TCP to port 22 from outside`. */
  readonly words: string;
  /** `unknown` where nobody can tell whether they are caught. */
  readonly verdict: Extract<VerdictId, 'direct' | 'unknown'>;
  /** One packet of it, as ordinary as can be. */
  readonly example: Packet;
}

const TCP: Ranges = [{ first: 6, last: 6 }];
const UDP: Ranges = [{ first: 17, last: 17 }];
const DNS: Ranges = [{ first: 53, last: 53 }];
const UNMARKED: Ranges = [{ first: 0, last: 0 }];
const OWNERS: Ranges = [{ first: ABSENT, last: ALL_BITS - 1 }];
const PORTS: Ranges = [{ first: 1, last: 0xffff }];

/**
 * The regions of new TCP connections of a family that pass the proxy by: what arrives from outside at ports that are not
 * the proxy's own, and what others than the proxy send out of the pod. Where nobody knows whose DNS is captured, UDP to
 * port 53 is looked at as well. Null where the rules tell more apart than can be followed.
 */
export function escapesOf(podNetwork: PodNetwork, family: Family, most = 20): readonly Escape[] | null {
  // ztunnel is known by its mark, and not by its user.
  const byMark = podNetwork.ports.of === 'ztunnel';
  const { uid, gid } = byMark ? { uid: undefined, gid: undefined } : podNetwork.pod.proxy;
  const values = valuesOf(podNetwork.plan.settings);
  const listens = byMark ? [{ first: TUNNEL_PORT, last: TUNNEL_PORT }] : proxyListens(podNetwork.plan);
  const outbound = {
    origin: 'local',
    leaving: true,
    protocol: TCP,
    uid: allBut(uid, byMark ? [] : values['proxy.uids']),
    gid: allBut(gid, byMark ? [] : values['proxy.gids']),
    mark: UNMARKED,
  } as const;
  const scope: Scope = [
    { origin: 'remote', protocol: TCP, destinationPort: subtract(PORTS, listens) },
    outbound,
    ...(podNetwork.plan.missing === undefined ? [] : [{ ...outbound, protocol: UDP, destinationPort: DNS }]),
  ];
  try {
    return endsWithin(operandOf(podNetwork, family), scope, classesFor(podNetwork.ports, 'escape'), most).flatMap(
      ({ end, example, fields: own }): readonly Escape[] => {
        const { verdict } = verdictClass(end);
        if (verdict !== 'direct' && verdict !== 'unknown') return [];
        // No sidecar captures UDP but that of its nameservers.
        if (example.protocol === 'udp' && verdict === 'direct') return [];
        const direction = example.origin === 'remote' ? 'inbound' : 'outbound';
        // The scope's own limits are no part of a region's box.
        const fields: Fields = {
          ...own,
          origin: [example.origin],
          ...(example.protocol === 'udp' && { protocol: UDP, destinationPort: DNS }),
        };
        return [{ direction, family, fields, words: escapeWords({ direction, family, fields }, podNetwork), verdict, example }];
      },
    );
  } catch (error) {
    if (error instanceof TooLarge) return null;
    throw error;
  }
}

/** Where the proxy and its agent answer themselves, rules or not: the ports that the release leaves alone in a default pod. */
function proxyListens({ release }: CapturePlan): Ranges {
  const profile = profileOf(release);
  const ordinary = valuesOf(injectedSettings(profile));
  const excluded = ordinary['inbound.excludePorts'].flatMap((range) => ('first' in range ? [range] : []));
  const tunnel = ordinary['proxy.tunnelPort'];
  return union([...excluded, ...(profile.has('tunnelPortReturn') ? [{ first: tunnel, last: tunnel }] : [])]);
}

/** Everybody but the proxy: whom it runs as, and whom the rules let pass in its name. */
function allBut(id: number | undefined, named: readonly OwnerRange[]): Ranges {
  const passed = named.flatMap((range) => ('first' in range ? [range] : []));
  return subtract(OWNERS, union([...passed, ...(id === undefined ? [] : [{ first: id, last: id }])]));
}

/** The region of an escape in a phrase. */
export function escapeWords(
  { direction, family, fields }: Pick<Escape, 'direction' | 'family' | 'fields'>,
  podNetwork: PodNetwork,
): string {
  // The scope says these already.
  const { uid, gid, mark, sourcePort, ...rest } = fields;
  const origin = direction === 'inbound' ? 'remote' : 'local';
  const owned = direction === 'outbound' && ownersMatter(fields) ? { uid, gid } : {};
  const known = Object.fromEntries(Object.entries({ ...rest, ...owned }).filter(([, value]) => value !== undefined)) as Fields;
  return regionWords({ family, fields: { protocol: TCP, ...known, origin: [origin] } }, namesFor([podNetwork], family));
}

/** Whether a region is of some users only: all but the proxy are everybody here. */
function ownersMatter({ uid, gid }: Fields): boolean {
  return [uid, gid].some((ranges) => ranges !== undefined && ranges.length === 1 && ranges[0]?.first === ranges[0]?.last);
}

/** The rule that lets an escape pass: the last that matched its example; undefined where none did. */
export function passedBy(podNetwork: PodNetwork, { example }: Pick<Escape, 'example'>): RulePlace | undefined {
  return traceIn(podNetwork, example).steps.findLast(
    (step) => step.kind === 'rule' && step.answer === 'matched' && step.rule.target.kind === 'verdict',
  ) as RulePlace | undefined;
}
