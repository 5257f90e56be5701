/** The escapes of one workload, each split by what allowances cover of it. */

import type { Allowance } from '../../istio/packets/escape-allowance.ts';
import { divide } from '../../istio/packets/escape-allowance.ts';
import type { Escape } from '../../istio/packets/escapes.ts';
import { escapesOf, escapeWords, passedBy } from '../../istio/packets/escapes.ts';
import type { PodNetwork } from '../../istio/packets/pod-network.ts';
import { conditionsOf, natNotListed, traceIn, whereConditionsHold } from '../../istio/packets/pod-network.ts';
import { verdictOf } from '../../istio/packets/verdict.ts';
import { addressValue, printAddress } from '../../netfilter/address/address.ts';
import { contains } from '../../netfilter/address/ranges.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES, otherFamily } from '../../netfilter/family.ts';
import type { Packet } from '../../netfilter/packet.ts';
import { namedAddress } from '../../netfilter/rule/match.ts';
import type { RulePlace } from '../../netfilter/trace/result.ts';
import { fingerprintOf } from './baseline.ts';
import type { ReportedEscape, WorkloadEscapes } from './report.ts';

/** `names` are the workloads'; `why` is asked for the reason of the rule that lets packets pass. */
export function escapesIn(
  pod: PodNetwork,
  names: readonly string[],
  allowances: readonly Allowance[],
  baseline: ReadonlySet<string>,
  why: (place: RulePlace) => string,
): Pick<WorkloadEscapes, 'escapes' | 'unknown' | 'conditions' | 'isUnread'> {
  const families = FAMILIES.filter((family) => counts(pod, family) || isLost(pod, family));
  const conditions = families.flatMap((family) => conditionsOf(pod, family));
  const podNetwork = whereConditionsHold(pod);
  const found = FAMILIES.filter((family) => counts(podNetwork, family)).map((family) => escapesOf(podNetwork, family));
  if (found.includes(null)) return { escapes: [], unknown: 'these rules distinguish more packets than can be followed' };
  const escapes = found
    .flatMap((of) => of ?? [])
    .flatMap((region): readonly ReportedEscape[] => {
      return split(region, allowances).map(({ fields, allowedBy }) => {
        const { direction, family, verdict: byRead } = region;
        const example = inside(region.example, fields);
        const read = byRead === 'unknown' ? unknownText(podNetwork, example) : passedText(passedBy(podNetwork, { example }), why);
        // Whatever was not read may catch them.
        const unread = pod.unseen[family][0] ?? natNotListed(pod, family);
        const verdict = unread === undefined ? byRead : 'unknown';
        const reason = unread === undefined || byRead === 'unknown' ? read : `by what could be read: ${read}; but there is more: ${unread}`;
        const words = escapeWords({ direction, family, fields }, podNetwork);
        const known = names.every((name) => baseline.has(fingerprintOf(name, { direction, family, words })));
        return { direction, family, words, verdict, example, why: reason, known, ...(allowedBy === undefined ? {} : { allowedBy }) };
      });
    });
  const isUnread = families.some((family) => pod.unseen[family].length > 0 || natNotListed(pod, family) !== undefined);
  return { escapes, ...(conditions.length === 0 ? {} : { conditions: [...new Set(conditions)] }), ...(isUnread && { isUnread }) };
}

function passedText(place: RulePlace | undefined, why: (place: RulePlace) => string): string {
  return place === undefined ? 'no rule captures it' : why(place);
}

const SERVERS_UNKNOWN =
  "the agent captures what goes to the pod's nameservers, which are not known: name them with --nameserver, or read the pod's own rules with --live";

/** Why nobody can tell of a packet whether it is caught, and how to learn it. */
function unknownText(podNetwork: PodNetwork, example: Packet): string {
  const { end, split } = traceIn(podNetwork, example);
  const address = split?.question.kind === 'match' ? namedAddress(split.question.match) : undefined;
  if (podNetwork.plan.missing !== undefined && address !== undefined) return SERVERS_UNKNOWN;
  return verdictOf(end, podNetwork.ports).words;
}

/** Whether a look at this family alone failed: that nothing of it is here says nothing. */
function isLost({ unseen }: PodNetwork, family: Family): boolean {
  return unseen[family].some((reason) => !unseen[otherFamily(family)].includes(reason));
}

/** Families of which the pod has an address, or rules. */
function counts({ pod, plan }: PodNetwork, family: Family): boolean {
  return (
    family === 'ip' || pod.known[family] || plan[family].tables.some(({ chains }) => chains.some(({ name }) => name.startsWith('ISTIO_')))
  );
}

interface Piece {
  readonly fields: Escape['fields'];
  readonly allowedBy?: Allowance;
}

/** The escape as it is left beside each allowance, and the parts that were taken out, whole. */
function split(region: Escape, allowances: readonly Allowance[]): readonly Piece[] {
  let open: readonly Piece[] = [{ fields: region.fields }];
  const allowed: Piece[] = [];
  for (const allowance of allowances) {
    open = open.flatMap(({ fields }) => {
      const { covered, rest } = divide({ ...region, fields }, allowance);
      if (covered !== undefined) allowed.push({ fields: covered, allowedBy: allowance });
      return rest.map((left) => ({ fields: left }));
    });
  }
  return [...open, ...allowed];
}

/** A packet that is in the fields, as much like the example as can be. */
function inside(example: Packet, { destinationPort, destination }: Escape['fields']): Packet {
  const [ports] = destinationPort ?? [];
  const [addresses] = destination ?? [];
  return {
    ...example,
    ...(destinationPort === undefined || contains(destinationPort, example.destinationPort ?? -1) || ports === undefined
      ? {}
      : { destinationPort: Number(ports.first) }),
    ...(destination === undefined ||
    example.destination === undefined ||
    addresses === undefined ||
    contains(destination, addressValue(example.destination, example.family))
      ? {}
      : { destination: printAddress(addresses.first) }),
  };
}
