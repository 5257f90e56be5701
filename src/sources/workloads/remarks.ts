/** What there is to say of single workloads, said once for all of them. */

import type { Outcome } from '../../istio/kubernetes/rule-groups/outcome.ts';
import { onOneLine, printSource } from '../../istio/origin.ts';
import type { Problem } from '../../istio/problems.ts';
import { problemText } from '../../istio/problems.ts';
import { grouped, workloadsText } from './counts.ts';

export interface Remarks {
  /** Of one workload, or of so many that are alike. */
  readonly add: (times: number, ...problems: readonly (readonly Problem[])[]) => void;
  /** A line for each sentence, with the number of workloads: errors first, then the most frequent; none for what an output shows. */
  readonly notes: (output?: string) => readonly string[];
}

interface Counted {
  readonly first: Problem;
  count: number;
}

// A name in a sentence makes it another one: of a cluster there may be any number.
const KEPT = 200;
const MAX_LISTED = 10;

export function remarksOf(): Remarks {
  const kept = new Map<string, Counted>();
  let others = false;
  return {
    add: (times, ...problems) => {
      for (const [text, first] of new Map(problems.flat().map((one) => [problemText(one), one]))) {
        const known = kept.get(text);
        if (known !== undefined) known.count += times;
        else if (kept.size < KEPT) kept.set(text, { first, count: times });
        else others = true;
      }
    },
    notes: (output = '') => {
      const missing = [...kept].filter(([text]) => !output.includes(onOneLine(text)));
      const sorted = missing.sort(([, a], [, b]) => Number(isError(b)) - Number(isError(a)) || b.count - a.count);
      const more = sorted.length - MAX_LISTED;
      const rest = more <= 0 ? [] : [`note: ${others ? 'at least ' : ''}${grouped(more)} more of such lines`];
      return [...sorted.slice(0, MAX_LISTED).map(lineOf), ...rest];
    },
  };
}

/** The errors that keep a workload from having rules, or some of them from being known; that one is not injected yet is none. */
export function outcomeProblems(outcome: Outcome): readonly Problem[] {
  if (outcome.kind === 'rules') return outcome.plan.missing ?? [];
  return outcome.kind === 'trouble' ? outcome.problems.filter(({ code }) => code !== 'not-injected') : [];
}

function isError({ first }: Counted): boolean {
  return first.severity === 'error';
}

/** `warning: 12 workloads: ... (pod.yaml:3:5)`, the place being that of the first of them. */
function lineOf([text, { first, count }]: readonly [string, Counted]): string {
  const place = `${count === 1 ? '' : 'the first at '}${printSource(first.source)}`;
  return onOneLine(`${first.severity}: ${workloadsText(count)}: ${text} (${place})`);
}
