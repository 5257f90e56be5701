/** The observed way of a packet beside the predicted one, rule by rule. */

import { diffArrays } from 'diff';
import { printRule } from '../print.ts';
import type { RuleStep, Trace } from '../trace/result.ts';
import type { RuleKey } from './handles.ts';
import { keyOfPlace } from './handles.ts';
import type { ObservedEnd, ObservedPath, ObservedRule } from './observed-path.ts';

/** One rule of either way. */
export interface ComparedRule {
  readonly by: 'both' | 'predicted' | 'observed';
  readonly place: string;
  readonly text: string;
  /** The rule as the simulator met it. */
  readonly step?: RuleStep;
}

export interface ComparedPaths {
  readonly rules: readonly ComparedRule[];
  readonly end: ObservedEnd;
  /** Whether it ended where it was expected to; undefined where that was not known. */
  readonly sameEnd: boolean | undefined;
  readonly agrees: boolean;
  /** Of what was not known beforehand, how many ways there were. */
  readonly possible: number;
}

/** Which tables the kernel does not tell of: rules there are predicted and can't be seen. */
export type IsHidden = (table: string) => boolean;

/** Compares with the one of the predicted ways that is nearest to the observed one. */
export function comparePaths(trace: Trace, observed: ObservedPath, keys: ReadonlyMap<string, RuleKey>, hidden: IsHidden): ComparedPaths {
  const leaves = leavesOf(trace);
  const seen = observed.rules.map(
    (rule): Met => ({ key: keys.get(`${rule.family} ${rule.table} ${rule.handle}`) ?? `? ${rule.handle}`, rule }),
  );
  const compared = leaves.map((leaf) => {
    const rules = aligned(predictedOf(leaf, hidden), seen);
    return { rules, leaf, differing: rules.filter(({ by }) => by !== 'both').length };
  });
  const [nearest] = compared.sort((one, other) => one.differing - other.differing);
  const leaf = nearest?.leaf ?? trace;
  const rules = nearest?.rules ?? [];
  const sameEnd = trace.end.kind === 'unknown' && leaf.end.kind === 'unknown' ? undefined : isSameEnd(leaf, observed.end);
  return {
    rules,
    end: observed.end,
    sameEnd,
    agrees: sameEnd !== false && rules.every(({ by }) => by === 'both'),
    possible: leaves.length,
  };
}

interface Met {
  readonly key: RuleKey;
  readonly step?: RuleStep;
  readonly rule?: ObservedRule;
  /** Nobody can tell whether it matches, and it changes nothing. */
  readonly perhaps?: boolean;
}

function leavesOf({ split, steps, ...trace }: Trace): readonly Trace[] {
  if (split === undefined) return [{ ...trace, steps }];
  return split.branches.flatMap((branch) => leavesOf(branch.trace).map((leaf) => ({ ...leaf, steps: [...steps, ...leaf.steps] })));
}

function predictedOf({ steps }: Trace, hidden: IsHidden): readonly Met[] {
  return steps.flatMap((step): readonly Met[] => {
    if (step.kind !== 'rule' || step.answer === 'failed' || hidden(step.table)) return [];
    return [{ key: keyOfPlace(step), step, perhaps: step.answer === 'unknown' }];
  });
}

function aligned(predicted: readonly Met[], seen: readonly Met[]): readonly ComparedRule[] {
  const parts = diffArrays([...predicted], [...seen], { comparator: (one, other) => one.key === other.key });
  let [before, after] = [0, 0];
  return parts.flatMap(({ added = false, removed = false, value }) =>
    value.flatMap((): readonly ComparedRule[] => {
      const ours = added ? undefined : predicted[before++];
      const theirs = removed ? undefined : seen[after++];
      if (theirs === undefined && ours?.perhaps === true) return [];
      return [comparedRule(ours, theirs)];
    }),
  );
}

function comparedRule(ours: Met | undefined, theirs: Met | undefined): ComparedRule {
  const by = ours === undefined ? 'observed' : theirs === undefined ? 'predicted' : 'both';
  const { step } = ours ?? {};
  const rule = theirs?.rule;
  if (step !== undefined) return { by, place: `${step.table} ${step.chain} ${step.position}`, text: printRule(step.rule), step };
  return { by, place: (theirs?.key ?? '').replace(/^\? .*/, `${rule?.family} ${rule?.table} ${rule?.chain}`), text: rule?.text ?? '' };
}

function isSameEnd({ end, final }: Trace, observed: ObservedEnd): boolean {
  switch (observed.kind) {
    case 'local':
      return end.kind === 'local' && final?.destination === observed.address && final?.destinationPort === observed.port;
    case 'left':
      return (end.kind === 'sent' || end.kind === 'forwarded') && end.outInterface === observed.device;
    case 'dropped':
      return end.kind === 'rejected' || (end.kind === 'dropped' && (end.by.kind === 'rule' || end.by.kind === 'policy'));
    case 'not-told':
      return end.kind === 'dropped' && end.by.kind !== 'rule' && end.by.kind !== 'policy';
    default:
      return observed satisfies never;
  }
}
