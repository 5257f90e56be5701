/** What becomes of all packets: disjoint sets, one for each end that a comparison tells apart. */

import { printAddress } from '../address/address.ts';
import type { Value } from '../address/ranges.ts';
import type { Family } from '../family.ts';
import { ABSENT } from '../trace/fields.ts';
import type { End } from '../trace/result.ts';
import type { Walk } from '../trace/walk.ts';
import type { Arena } from './arena.ts';
import { FIRST_QUESTION } from './arena.ts';
import type { SetId } from './diagram.ts';
import { NONE } from './diagram.ts';
import type { State } from './state.ts';
import { isAsSent } from './state.ts';

/** Ends that count as one. */
export interface EndClass {
  /** Equal exactly for ends that are alike. */
  readonly key: string;
  /** The kind of end, for programs. */
  readonly id: string;
  /** `envoy-inbound`, `direct`, ... */
  readonly words: string;
  /** False where nobody can tell what becomes of the packet: a program decides, or the rules make no sense. */
  readonly known: boolean;
}

/** An end, and what of it holds of one packet only. */
export interface FinalEnd {
  readonly end: End;
  /** Where a packet that leaves was sent instead of its own destination, if it was. */
  readonly sentTo?: string | undefined;
  /** The end's port is one of several that its packets were sent to. */
  readonly portAsSent?: boolean | undefined;
}

export type Classify = (end: FinalEnd) => EndClass;

export interface ClassSet {
  readonly end: EndClass;
  readonly set: SetId;
}

/** What nobody can tell: the packets come to one end or another, as questions are answered. */
export const OPEN: EndClass = { key: 'unknown', id: 'unknown', words: 'unknown', known: false };

/** The packets of each class; sets that say how questions are answered. */
export function classify(arena: Arena, ended: readonly State[], classOf: Classify): readonly ClassSet[] {
  const found = new Map<string, ClassSet>();
  for (const state of ended) {
    for (const { end, set } of classesOf(arena, state, classOf)) {
      found.set(end.key, { end, set: arena.diagrams.or(found.get(end.key)?.set ?? NONE, set) });
    }
  }
  return [...found.values()];
}

function classesOf(arena: Arena, state: State, classOf: Classify): readonly ClassSet[] {
  const { walk, set } = state;
  const { end } = walk;
  if (end === undefined) throw new Error('a packet has to end somewhere');
  if (end.kind !== 'local') {
    const sentTo = walk.translated.destination ? sentToText(walk.destination, walk.destinationPort, arena.family) : undefined;
    return [{ end: classOf({ end, sentTo }), set }];
  }
  // Sent to another machine's address or to another socket, with the port that it had.
  if (end.how === 'plain' || end.how === 'mark' || end.port !== undefined || !isAsSent(state, 'destinationPort'))
    return [{ end: classOf({ end }), set }];
  return arena.space.destinationPort.flatMap(({ first }, index) => {
    const some = arena.diagrams.and(set, arena.at('destinationPort', index));
    return some === NONE ? [] : [{ end: classOf({ end: { ...end, port: Number(first) }, portAsSent: true }), set: some }];
  });
}

/** `172.17.0.2:8080`; of several addresses or ports that the kernel may choose, the first and the last. */
function sentToText(destination: Walk['destination'], port: Walk['destinationPort'], family: Family): string {
  const span = (value: Walk['destination'], print: (one: Value) => string): string =>
    typeof value === 'object' ? value.map(({ first, last }) => `${print(first)}-${print(last)}`).join(',') : print(value);
  const address = span(destination, printAddress);
  if (port === ABSENT) return address;
  return `${family === 'ip6' ? `[${address}]` : address}:${span(port, String)}`;
}

/** The packets of each class whatever the questions' answers are; those whose end hangs on an answer are `OPEN`. */
export function certain(arena: Arena, classes: readonly ClassSet[]): readonly ClassSet[] {
  const { diagrams } = arena;
  const possible = classes.map(({ end, set }) => ({ end, set: diagrams.forget(set, FIRST_QUESTION) }));
  const [, several] = possible.reduce<readonly [SetId, SetId]>(
    ([once, twice], { set }) => [diagrams.or(once, set), diagrams.or(twice, diagrams.and(once, set))],
    [NONE, NONE],
  );
  return [...possible.map(({ end, set }) => ({ end, set: diagrams.minus(set, several) })), { end: OPEN, set: several }].filter(
    ({ set }) => set !== NONE,
  );
}

/** Packets that end differently on two sides. */
export interface Differing {
  readonly left: EndClass;
  readonly right: EndClass;
  readonly set: SetId;
}

export interface Compared {
  readonly different: readonly Differing[];
  /** Packets of which nobody can tell whether they end alike. */
  readonly unclear: readonly Differing[];
}

/** Puts the classes of two sides side by side. A question that both sides ask has the same answer on both. */
export function compareClasses(arena: Arena, left: readonly ClassSet[], right: readonly ClassSet[]): Compared {
  const { diagrams } = arena;
  const pairs = pairsOf(arena, left, right);
  const union = (some: readonly Differing[]): SetId => diagrams.forget(diagrams.union(some.map(({ set }) => set)), FIRST_QUESTION);
  const maybeSame = union(pairs.filter((pair) => pair.left.key === pair.right.key));
  const maybeNot = union(pairs.filter((pair) => pair.left.key !== pair.right.key));
  const unknown = union(pairs.filter((pair) => pair.left.key !== pair.right.key && !(pair.left.known && pair.right.known)));
  const surely = diagrams.minus(diagrams.minus(maybeNot, maybeSame), unknown);
  const operands = pairsOf(arena, certain(arena, left), certain(arena, right));
  const within = (set: SetId): readonly Differing[] =>
    operands.map((pair) => ({ ...pair, set: diagrams.and(pair.set, set) })).filter((pair) => pair.set !== NONE);
  return { different: within(surely), unclear: within(diagrams.minus(maybeNot, surely)) };
}

function pairsOf({ diagrams }: Arena, left: readonly ClassSet[], right: readonly ClassSet[]): readonly Differing[] {
  return left.flatMap((a) =>
    right.map((b) => ({ left: a.end, right: b.end, set: diagrams.and(a.set, b.set) })).filter(({ set }) => set !== NONE),
  );
}
