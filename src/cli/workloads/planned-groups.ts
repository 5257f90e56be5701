/** The workloads that `-f` names, in groups of equal rules. */

import type { Problem } from '../../istio/problems.ts';
import { problemText } from '../../istio/problems.ts';
import type { Outcome } from '../../istio/rule-groups/outcome.ts';
import { numbering } from '../../istio/rule-groups/planner.ts';
import type { Group } from '../../istio/rule-groups.ts';
import { groupsOf } from '../../istio/rule-groups.ts';
import type { SettingsGiven } from '../options.ts';
import { factsOf } from '../plan-input.ts';
import { BAD_INPUT } from '../talk.ts';
import type { WorkloadGiven } from './choose.ts';
import type { Gathered } from './gather.ts';
import { gather } from './gather.ts';
import { injectionRequest } from './given.ts';
import { grouped, workloadsText } from './numbers.ts';
import { memberOf, subjectPlanner } from './subject.ts';
import { skippedText } from './words.ts';

export interface PlannedGroups extends Gathered {
  readonly groups: readonly Group<Outcome>[];
  /** Sentences for standard error. */
  readonly notes: readonly string[];
}

/** Plans each workload as it was injected, or as the options ask, and groups them by what they get. Throws a ProblemError. */
export async function plannedGroups(given: SettingsGiven & WorkloadGiven): Promise<PlannedGroups> {
  const request = await injectionRequest(given);
  const planner = subjectPlanner(request, { facts: await factsOf(given), sets: given.sets, numbering: numbering() });
  const groups = groupsOf<Outcome>();
  const remarks = remarksOf();
  let anew = 0;
  const gathered = await gather(given, request.mesh, (subject) => {
    const planned = planner(subject);
    groups.add(String(planned.number), planned.outcome, memberOf(subject, planned));
    remarks.add(planned.problems);
    if (!planned.found && planned.outcome.kind !== 'trouble' && subject.kind === 'workload') anew += 1;
  });
  const sorted = groups.sorted();
  const sets = sorted.filter(({ what }) => what.kind === 'rules').length;
  const total = `${workloadsText(gathered.count)}, ${grouped(sets)} rule set${sets === 1 ? '' : 's'}`;
  const injected = anew === 0 ? [] : [`note: ${workloadsText(anew)}: shown as they would be injected`];
  return { ...gathered, groups: sorted, notes: [`note: ${total}`, ...injected, ...skippedNotes(gathered), ...remarks.notes()] };
}

/** What was passed over. */
export function skippedNotes({ skipped }: Gathered): readonly string[] {
  return skipped.size === 0 ? [] : [`note: without pods, so passed over: ${skippedText(skipped)}`];
}

/** A part that could not be read is trouble, whatever the rest says. */
export function hasErrors({ problems }: Gathered): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/** The exit code of a command that shows what it read. */
export function exitCodeOf(gathered: Gathered): number {
  return hasErrors(gathered) ? BAD_INPUT : 0;
}

interface Remarks {
  readonly add: (problems: readonly Problem[]) => void;
  readonly notes: () => readonly string[];
}

const MOST_REMARKS = 20;

/** What there is to say of single workloads, each sentence once, with their number. */
export function remarksOf(): Remarks {
  const counts = new Map<string, number>();
  return {
    add: (problems) => {
      for (const one of problems) {
        const text = problemText(one);
        const known = counts.get(text);
        if (known !== undefined || counts.size < MOST_REMARKS) counts.set(text, (known ?? 0) + 1);
      }
    },
    notes: () => [...counts].map(([text, count]) => `warning: ${workloadsText(count)}: ${text}`),
  };
}
