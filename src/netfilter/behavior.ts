/** What rules do to every packet: two rulesets compared by it. */

import { allPaths } from './behavior/all-paths.ts';
import { FIRST_QUESTION } from './behavior/arena.ts';
import { NONE, TooLarge } from './behavior/diagram.ts';
import type { Classify, ClassSet, EndClass } from './behavior/outcomes.ts';
import { classify, compareClasses } from './behavior/outcomes.ts';
import type { Operand } from './behavior/prepared.ts';
import { prepareOperands } from './behavior/prepared.ts';
import type { Region } from './behavior/region.ts';
import { questionsOf, regionsOf } from './behavior/regions.ts';
import { firstPackets } from './behavior/scope.ts';
import type { Question } from './trace/result.ts';

export { deadRules, endsOfPort, reachOf } from './behavior/reach.ts';

/** Packets that end differently, or of which nobody can tell. */
export interface DifferingRegion extends Region {
  readonly left: EndClass;
  readonly right: EndClass;
  /** What would have to be known; empty where the difference is sure. */
  readonly because: readonly Question[];
}

export interface OperandComparison {
  /** `equal` and `different` are said of all packets of the scope; `unknown` where it hangs on what nobody can tell. */
  readonly answer: 'equal' | 'different' | 'unknown';
  /** Where the sides surely differ, the most ordinary traffic first. They may overlap. */
  readonly different: readonly DifferingRegion[];
  /** Where it can't be told. */
  readonly unclear: readonly DifferingRegion[];
  /** More would have to be told apart than can be: nothing is known. */
  readonly tooLarge: boolean;
}

export interface CompareOptions {
  /** Which ends count as one, on each side. */
  readonly left: Classify;
  readonly right: Classify;
  /** The most regions that are looked for in each pair of ends; 50 without it. */
  readonly most?: number;
  /** How many sets are told apart before the answer is given up as unknown; some seconds' worth without it. */
  readonly effort?: number;
}

/**
 * Compares what becomes of all packets of a family: first packets of flows, and packets that conntrack finds invalid; from
 * any owner on the machine, or from outside by any interface. Throws a RangeError where the sides are of two families.
 */
export function compareOperands(left: Operand, right: Operand, options: CompareOptions): OperandComparison {
  try {
    return compared(left, right, options);
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    return { answer: 'unknown', different: [], unclear: [], tooLarge: true };
  }
}

function compared(
  left: Operand,
  right: Operand,
  { left: leftClass, right: rightClass, most = 50, effort }: CompareOptions,
): OperandComparison {
  const prepared = prepareOperands([left, right], [], effort);
  const { arena, operands } = prepared;
  const [a, b] = operands.map((operand, index) => {
    const { ended } = allPaths(arena, operand, firstPackets(prepared, operand.host));
    return classify(arena, ended, index === 0 ? leftClass : rightClass);
  }) as [readonly ClassSet[], readonly ClassSet[]];
  const { different, unclear } = compareClasses(arena, a, b);
  const [ofLeft = NONE, ofRight = NONE] = [a, b].map((classes) => arena.diagrams.union(classes.map(({ set }) => set)));
  // What one side's routes let nobody send is no packet to compare.
  const scope = arena.diagrams.forget(arena.diagrams.and(ofLeft, ofRight), FIRST_QUESTION);
  const [sure, unsure] = [different, unclear].map((pairs) =>
    pairs.map(({ left: one, right: other, set }) => ({ set, about: { left: one, right: other } })),
  );
  const sureRegions = regionsOf(prepared, sure ?? [], scope, most);
  const unsureRegions = regionsOf(prepared, unsure ?? [], scope, most);
  return {
    answer: different.length > 0 ? 'different' : unclear.length > 0 ? 'unknown' : 'equal',
    different: sureRegions.map(({ region, about }) => ({ ...region, ...about, because: [] })),
    unclear: unsureRegions.map(({ region, about, set }) => ({ ...region, ...about, because: questionsOf(arena, [...a, ...b], set) })),
    tooLarge: false,
  };
}
