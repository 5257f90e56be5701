/** Two plans, or rules that were found, compared by what happens to packets: to all of them. */

import type { Region } from '../../netfilter/behavior/region.ts';
import { regionWords } from '../../netfilter/behavior/words.ts';
import type { DifferingRegion } from '../../netfilter/behavior.ts';
import { compareOperands } from '../../netfilter/behavior.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Packet } from '../../netfilter/packet.ts';
import type { Question } from '../../netfilter/trace/result.ts';
import type { CapturePlan } from '../plan/plan.ts';
import type { Facts } from '../settings/facts.ts';
import type { Detail, VerdictClass } from './behavior/classes.ts';
import { classesFor, verdictClass } from './behavior/classes.ts';
import { namesFor } from './behavior/names.ts';
import { operandOf } from './behavior/operand.ts';
import type { PodNetwork } from './pod-network.ts';
import { podNetworkOfPlan } from './pod-network.ts';

/** Packets that the two sides treat differently, or of which nobody can tell whether they do. */
export interface BehaviorRegion {
  /** `TCP to port 22 from outside`. */
  readonly words: string;
  readonly left: VerdictClass;
  readonly right: VerdictClass;
  /** One packet of it: traced on both sides, it ends as they say. */
  readonly example: Packet;
  /** The same of each family, by fields. */
  readonly regions: readonly Region[];
  /** What would have to be known; empty for a sure difference. */
  readonly because: readonly Question[];
}

export interface BehaviorComparison {
  /** `equal` is said of all packets of the scope; `unknown` where it hangs on what nobody can tell. */
  readonly answer: 'equal' | 'different' | 'unknown';
  /** Sure differences, those that most traffic meets first. */
  readonly different: readonly BehaviorRegion[];
  /** How many more there are. */
  readonly more: number;
  readonly unclear: readonly BehaviorRegion[];
  /** What of the sides can't be seen, in words that end a sentence. */
  readonly unseen: readonly string[];
  /** More would have to be told apart than can be, of one family at least: of that, nothing is known. */
  readonly tooLarge: boolean;
}

export interface BehaviorOptions {
  /** What the pod is, where a side does not say. */
  readonly facts?: Facts;
  readonly detail?: Detail;
  /** The only family to compare. */
  readonly family?: Family;
  /** How many regions are listed; 10 without it. */
  readonly most?: number;
}

/**
 * Compares what two plans do to all first packets of flows, and to all packets that conntrack finds invalid: from any
 * owner in the pod, with any mark, or from outside by any interface, IPv4 and IPv6. Later packets of a flow are not
 * compared. What is for other machines is taken to be passed on, applications to listen on all addresses, and the
 * proxy to listen. Rules of two families are compared each with its own.
 */
export function compareBehavior(
  left: CapturePlan | PodNetwork,
  right: CapturePlan | PodNetwork,
  options: BehaviorOptions = {},
): BehaviorComparison {
  const { facts = {}, detail = 'delivery', most = 10 } = options;
  const podNetworks = [left, right].map((one) => ('plan' in one ? one : podNetworkOfPlan(one, { facts }))) as [PodNetwork, PodNetwork];
  const families = options.family === undefined ? FAMILIES : [options.family];
  const found = families.map((family) => {
    const [a, b] = podNetworks.map((podNetwork) => operandOf(podNetwork, family)) as [
      ReturnType<typeof operandOf>,
      ReturnType<typeof operandOf>,
    ];
    const [classOfLeft, classOfRight] = [classesFor(podNetworks[0].ports, detail), classesFor(podNetworks[1].ports, detail)];
    return { family, compared: compareOperands(a, b, { left: classOfLeft, right: classOfRight }) };
  });
  const different = regionsOf(
    podNetworks,
    found.map(({ family, compared }) => [family, compared.different]),
  );
  const unseen = [...new Set(families.flatMap((family) => podNetworks.flatMap((podNetwork) => podNetwork.unseen[family])))];
  // Where rules may be that nobody could see, no difference is sure either.
  const sure = unseen.length === 0 ? different : [];
  const doubted = unseen.length === 0 ? [] : different;
  return {
    answer: answerOf(
      found.map(({ compared }) => compared.answer),
      unseen,
    ),
    different: sure.slice(0, most),
    more: Math.max(0, sure.length - most),
    unclear: [
      ...doubted,
      ...regionsOf(
        podNetworks,
        found.map(({ family, compared }) => [family, compared.unclear]),
      ),
    ].slice(0, most),
    unseen,
    tooLarge: found.some(({ compared }) => compared.tooLarge),
  };
}

type AnswerWord = BehaviorComparison['answer'];

/** What can't be seen may make a difference of what is equal, and the other way round. */
function answerOf(answers: readonly AnswerWord[], unseen: readonly string[]): AnswerWord {
  if (unseen.length > 0) return 'unknown';
  if (answers.includes('different')) return 'different';
  return answers.includes('unknown') ? 'unknown' : 'equal';
}

type ByFamily = readonly (readonly [Family, readonly DifferingRegion[]])[];

/** Regions with the same words and ends are one; the most ordinary first. IPv6 is named where it is not IPv4 alone. */
function regionsOf(podNetworks: readonly PodNetwork[], byFamily: ByFamily): readonly BehaviorRegion[] {
  const found = new Map<string, BehaviorRegion & { readonly weight: number }>();
  for (const [family, regions] of byFamily) {
    const names = namesFor(podNetworks, family);
    for (const { left, right, because, ...region } of regions) {
      const words = regionWords(region, names);
      const key = [words, left.words, right.words].join('\n');
      const before = found.get(key);
      const one = before ?? {
        words,
        left: verdictClass(left),
        right: verdictClass(right),
        example: region.example,
        regions: [],
        because,
        weight: 0,
      };
      found.set(key, { ...one, regions: [...one.regions, region], weight: Math.max(one.weight, region.weight) });
    }
  }
  return [...found.values()]
    .sort((a, b) => b.weight - a.weight)
    .map(({ weight: _, words, ...region }) => ({ ...region, words: `${words}${FAMILY_WORDS[familiesOf(region.regions)]}` }));
}

const FAMILY_WORDS = { ip: '', ip6: ' (IPv6)', both: ' (IPv4 and IPv6)' } as const;

function familiesOf(regions: readonly Region[]): keyof typeof FAMILY_WORDS {
  const [first, ...others] = FAMILIES.filter((family) => regions.some((region) => region.family === family));
  return others.length > 0 ? 'both' : (first ?? 'ip');
}

/** `TCP to port 22 from outside: direct in 1.12, envoy-inbound in 1.13`. The names say which side is which. */
export function behaviorText({ words, left, right }: BehaviorRegion, leftName: string, rightName: string): string {
  const same = left.verdict === right.verdict;
  const text = ({ verdict, words: all }: VerdictClass): string => (same || all.startsWith(`${verdict},`) ? all : verdict);
  return `${words}: ${text(left)} in ${leftName}, ${text(right)} in ${rightName}`;
}
