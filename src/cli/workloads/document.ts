/** Groups of workloads as data with a stable shape, described in docs/clusters.md. */

import type { Outcome } from '../../istio/kubernetes/rule-groups/outcome.ts';
import type { Tally } from '../../istio/kubernetes/rule-groups/tally.ts';
import { MOST_OWNERS } from '../../istio/kubernetes/rule-groups/tally.ts';
import { printSource } from '../../istio/origin.ts';
import { withProblems } from '../../istio/plan/plan.ts';
import { planDocument, problemDocument } from '../../istio/plan/plan-document.ts';
import type { SelectedWorkloads } from '../../sources/rule-groups/selected.ts';
import { noRulesText } from '../../sources/workloads/group-names.ts';
import { problemsText } from './words.ts';

/** Who is in a group. */
export function tallyDocument({ count, owners, names, examples, releases, details }: Tally): object {
  return {
    count,
    releases: Object.fromEntries(releases),
    owners,
    names,
    ...(owners === MOST_OWNERS ? { moreOwners: true } : {}),
    examples: examples.map(({ name, source, count: own }) => ({ name, source: printSource(source), count: own })),
    ...(details.length === 0 ? {} : { details }),
  };
}

/** What becomes of a group: its plan, or why there is none. */
export function outcomeDocument(outcome: Outcome, tally: Tally): object {
  switch (outcome.kind) {
    case 'rules':
      return { outcome: 'rules', plan: planDocument(withProblems(outcome.plan, outcome.plan.missing ?? [])) };
    case 'none':
      return { outcome: 'none', reason: noRulesText(outcome.reason) };
    case 'trouble':
      return { outcome: 'trouble', reason: problemsText(outcome.problems, tally), problems: outcome.problems.map(problemDocument) };
    default:
      return outcome satisfies never;
  }
}

/** What was read, and what was not. */
export function selectedDocument({ count, skipped, problems }: SelectedWorkloads): object {
  return { workloads: count, skipped: Object.fromEntries(skipped), problems: problems.map(problemDocument) };
}
