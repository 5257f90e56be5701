/** All that happens to a port, and all packets that a rule matches. */

import type { Ranges } from '../../netfilter/address/ranges.ts';
import { intersect, union } from '../../netfilter/address/ranges.ts';
import { TooLarge } from '../../netfilter/behavior/diagram.ts';
import { endsOfPort, reachOf } from '../../netfilter/behavior/reach.ts';
import type { Fields } from '../../netfilter/behavior/region.ts';
import { regionWords } from '../../netfilter/behavior/words.ts';
import type { Family } from '../../netfilter/family.ts';
import type { Packet } from '../../netfilter/packet.ts';
import { WITH_PORTS } from '../../netfilter/trace/fields.ts';
import type { RulePlace } from '../../netfilter/trace/result.ts';
import { classesFor, verdictClass } from './behavior/classes.ts';
import { namesFor } from './behavior/names.ts';
import { operandOf } from './behavior/operand.ts';
import type { PodNetwork } from './pod-network.ts';
import type { VerdictId } from './verdict.ts';

/** Packets in words, and one of them. */
export interface Packets {
  /** `TCP to port 22 from outside`. */
  readonly words: string;
  readonly example: Packet;
}

/** Packets to a port that come to one end. */
export interface PortEnd extends Packets {
  readonly verdict: VerdictId;
  /** `envoy-inbound (15006)`. */
  readonly end: string;
}

/**
 * What becomes of all first packets to a port: those from outside, then those of the pod, the most ordinary first of
 * each. Null where the rules ask for more than can be followed.
 */
export function endsAtPort(podNetwork: PodNetwork, family: Family, port: number): readonly PortEnd[] | null {
  const names = namesFor([podNetwork], family);
  const found = unlessTooLarge(() => endsOfPort(operandOf(podNetwork, family), port, classesFor(podNetwork.ports, 'delivery')));
  const inOrder = found?.toSorted((a, b) => Number(isFromOutside(b.fields)) - Number(isFromOutside(a.fields)));
  return (
    inOrder?.map(({ end, example, family: own, fields }) => {
      const { verdict, words } = verdictClass(end);
      return { words: regionWords({ family: own, fields: ofPorts(fields) }, names), example, verdict, end: words };
    }) ?? null
  );
}

function isFromOutside({ origin }: Fields): boolean {
  return origin?.length === 1 && origin[0] === 'remote';
}

const PORTED: Ranges = union(WITH_PORTS.map((number) => ({ first: number, last: number })));

/** Of protocols without ports there is nothing to say here. */
function ofPorts(fields: Fields): Fields {
  return fields.protocol === undefined ? fields : { ...fields, protocol: intersect(fields.protocol, PORTED) };
}

/** A rule, and the packets that it matches; none where no packet can. */
export interface RulePackets {
  readonly place: RulePlace;
  readonly packets: readonly Packets[];
}

/** The packets that rules match, first packets of flows and later ones. Null where the rules ask for more than can be followed. */
export function packetsAtRules(
  podNetwork: PodNetwork,
  family: Family,
  isCounted: (place: RulePlace) => boolean,
): readonly RulePackets[] | null {
  const names = namesFor([podNetwork], family);
  const found = unlessTooLarge(() => reachOf(operandOf(podNetwork, family), isCounted));
  return (
    found?.map(({ place, regions }) => ({
      place,
      packets: regions.map(({ example, ...region }) => ({ words: regionWords(region, names), example })),
    })) ?? null
  );
}

function unlessTooLarge<R>(walk: () => R): R | null {
  try {
    return walk();
  } catch (error) {
    if (error instanceof TooLarge) return null;
    throw error;
  }
}
