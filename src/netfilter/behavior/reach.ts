/** Which packets come to rules, and which rules no packet comes to. */

import type { Range } from '../address/ranges.ts';
import type { Origin } from '../packet.ts';
import type { RulePlace } from '../trace/result.ts';
import { allPaths } from './all-paths.ts';
import { FIRST_QUESTION } from './arena.ts';
import type { Decision } from './chain.ts';
import type { SetId } from './diagram.ts';
import { ALL, NONE } from './diagram.ts';
import type { Classify, EndClass } from './outcomes.ts';
import { certain, classify } from './outcomes.ts';
import type { Operand, Prepared, PreparedOperand } from './prepared.ts';
import { prepareOperands } from './prepared.ts';
import type { Fields, Region } from './region.ts';
import { regionsOf } from './regions.ts';
import { firstPackets, laterPackets } from './scope.ts';
import type { NumberName } from './space.ts';
import { LOOPBACK_INTERFACE } from './space.ts';
import type { State } from './state.ts';

interface Walked {
  readonly prepared: Prepared;
  readonly operand: PreparedOperand;
  readonly scope: SetId;
  readonly met: readonly Decision[];
}

/** First and later packets alike: a rule may be there for either. */
function walkAll(operand: Operand): Walked {
  const prepared = prepareOperands([operand]);
  const { arena, operands } = prepared;
  const [only] = operands as readonly [PreparedOperand];
  const starts: readonly State[] = [...firstPackets(prepared, only.host), ...laterPackets(prepared, only.host)];
  const { ended, met } = allPaths(arena, only, starts);
  const scope = arena.diagrams.forget(arena.diagrams.union(ended.map(({ set }) => set)), FIRST_QUESTION);
  return { prepared, operand: only, scope, met };
}

/** A rule, and packets that it matches. */
export interface RuleReach {
  readonly place: RulePlace;
  /** The packets as they were sent, the most ordinary first; for some of them it may hang on what nobody can tell. */
  readonly regions: readonly Region[];
}

/** The packets that rules match, in the order in which packets come to the rules. At most `most` regions each. */
export function reachOf(operand: Operand, isCounted: (place: RulePlace) => boolean, most = 10): readonly RuleReach[] {
  const { prepared, scope, met } = walkAll(operand);
  const { diagrams } = prepared.arena;
  return met
    .filter(({ place }) => isCounted(place))
    .map(({ place, matched }) => ({
      place,
      regions: regionsOf(prepared, [{ set: diagrams.and(diagrams.forget(matched, FIRST_QUESTION), scope), about: place }], scope, most).map(
        ({ region }) => region,
      ),
    }));
}

/** A rule that no packet of any kind can match: `unreached` if none even comes to it. */
export interface DeadRule {
  readonly place: RulePlace;
  readonly kind: 'unreached' | 'unmatched';
}

/** The rules that can never match, in their order. What nobody can tell counts as possible. */
export function deadRules(operand: Operand): readonly DeadRule[] {
  const { operand: prepared, met } = walkAll(operand);
  const found = new Map(met.map((one) => [one.place, one]));
  const places = [...prepared.rules.tables.values()].flatMap(({ chains }) =>
    [...chains.values()].flatMap(({ rules }) => rules.map(({ place }) => place)),
  );
  return places.flatMap((place): readonly DeadRule[] => {
    const one = found.get(place);
    if (one === undefined || one.reached === NONE) return [{ place, kind: 'unreached' }];
    return one.matched === NONE ? [{ place, kind: 'unmatched' }] : [];
  });
}

/** Packets, and what becomes of them. */
export interface EndRegion extends Region {
  readonly end: EndClass;
}

/** Packets by their fields, each a box; what a box does not say is any. */
export type Scope = readonly (Partial<Pick<Fields, 'protocol' | 'uid' | 'gid' | 'mark' | 'destinationPort'>> & {
  readonly origin: Origin;
  /** Whether they leave the machine rather than come to it by lo. */
  readonly leaving?: boolean;
})[];

/** What becomes of the first packets of a scope, box by box, the most ordinary first; what a box says of all its packets no region repeats. */
export function endsWithin(operand: Operand, scope: Scope, classOf: Classify, most = 10): readonly EndRegion[] {
  const named = (field: 'protocol' | 'uid' | 'gid' | 'destinationPort'): Range[] => scope.flatMap((box) => box[field] ?? []);
  const fields = { protocol: named('protocol'), uid: named('uid'), gid: named('gid'), destinationPort: named('destinationPort') };
  const prepared = prepareOperands([operand], [], undefined, fields);
  const { arena, operands } = prepared;
  const { diagrams } = arena;
  const [only] = operands as readonly [PreparedOperand];
  const boxes = scope.map(({ origin, leaving, ...numbers }) =>
    Object.entries(numbers)
      .map(([field, ranges]) => arena.inRanges(field as NumberName, ranges))
      .concat(leaving === true ? [diagrams.minus(ALL, arena.ofWord('outInterface', LOOPBACK_INTERFACE))] : [])
      .concat(arena.ofWord('state', 'NEW'))
      .reduce((one, other) => diagrams.and(one, other), arena.ofWord('origin', origin)),
  );
  const classes = certain(arena, classify(arena, allPaths(arena, only, firstPackets(prepared, only.host)).ended, classOf));
  return boxes.flatMap((box) => {
    const inside = diagrams.and(diagrams.union(classes.map(({ set }) => set)), box);
    const sets = classes.map(({ end, set }) => ({ set: diagrams.and(set, box), about: end })).filter(({ set }) => set !== NONE);
    return regionsOf(prepared, sets, inside, most).map(({ region, about }) => ({ ...region, end: about }));
  });
}

/** What becomes of all first packets to a port, from anywhere to anywhere; the most ordinary first. */
export function endsOfPort(operand: Operand, port: number, classOf: Classify, most = 10): readonly EndRegion[] {
  const prepared = prepareOperands([operand], [port]);
  const { arena, operands } = prepared;
  const [only] = operands as readonly [PreparedOperand];
  const classes = certain(arena, classify(arena, allPaths(arena, only, firstPackets(prepared, only.host)).ended, classOf));
  const toPort = arena.inRange('destinationPort', port);
  const scope = arena.diagrams.and(arena.diagrams.union(classes.map(({ set }) => set)), toPort);
  const sets = classes.map(({ end, set }) => ({ set: arena.diagrams.and(set, toPort), about: end })).filter(({ set }) => set !== NONE);
  return regionsOf(prepared, sets, scope, most).map(({ region, about }) => ({ ...region, end: about }));
}
