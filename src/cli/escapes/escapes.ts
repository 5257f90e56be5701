/** `escapes`: what leaves and arrives without passing the proxy, and who answers for it. */

import type { Outcome } from '../../istio/kubernetes/rule-groups/outcome.ts';
import { numbering } from '../../istio/kubernetes/rule-groups/planner.ts';
import type { Group } from '../../istio/kubernetes/rule-groups.ts';
import { groupsOf } from '../../istio/kubernetes/rule-groups.ts';
import type { Allowance } from '../../istio/packets/escape-allowance.ts';
import { concerns } from '../../istio/packets/escape-allowance.ts';
import type { PodNetwork } from '../../istio/packets/pod-network.ts';
import { podNetworkOfPlan } from '../../istio/packets/pod-network.ts';
import { problemText } from '../../istio/problems.ts';
import type { RulePlace } from '../../netfilter/trace/result.ts';
import { oneOf } from '../../sources/bad-option.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { factsOf } from '../../sources/plan-input.ts';
import { manifestsIn } from '../../sources/workloads/detect.ts';
import { noRulesText } from '../../sources/workloads/group-names.ts';
import { injectionRequest } from '../../sources/workloads/injection-request.ts';
import { readSelected } from '../../sources/workloads/selected.ts';
import { skippedNotes } from '../../sources/workloads/skipped.ts';
import { memberOf, oncePerFingerprint, subjectPlanner } from '../../sources/workloads/subject.ts';
import { reasonOf } from '../diff/words.ts';
import type { Paint } from '../terminal/color.ts';
import type { Result } from '../terminal/result.ts';
import { readTraceContext } from '../trace/context.ts';
import { readAllowances } from './allow-file.ts';
import { readBaseline } from './baseline.ts';
import type { EscapesFormName } from './forms.ts';
import { ESCAPES_FORM_NAMES, ESCAPES_FORMS } from './forms.ts';
import type { EscapesReport, WorkloadEscapes } from './report.ts';
import { exitCodeOf } from './report.ts';
import { escapesIn } from './workload-escapes.ts';

export interface EscapesRequest {
  readonly source?: string;
  readonly given: PlanOptions;
  /** A file of allowances. */
  readonly allow?: string;
  /** A file that `-o json` wrote. */
  readonly baseline?: string;
  readonly output: string;
  /** The day on which allowances must hold, as 2026-01-31. */
  readonly today: string;
  readonly paint: Paint;
}

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function escapes({ source, given, allow, baseline, output, today, paint }: EscapesRequest): Promise<Result> {
  const form: EscapesFormName = oneOf('--output', output, ESCAPES_FORM_NAMES);
  const all = allow === undefined ? [] : readAllowances(allow);
  const expired = all.filter(({ until }) => until < today);
  const valid = all.filter((one) => !expired.includes(one));
  const known = baseline === undefined ? new Set<string>() : readBaseline(baseline);
  const manifests = manifestsIn(source, given);
  const { workloads, notes, problems } =
    manifests === undefined ? await ofOneSource(source, given, valid, known) : await ofWorkloads(manifests, valid, known);
  const used = new Set(workloads.flatMap((one) => one.escapes.flatMap(({ allowedBy }) => allowedBy ?? [])));
  const report: EscapesReport = { workloads, expired, unused: valid.filter((one) => !used.has(one)) };
  const unread = problems.some(({ severity }) => severity === 'error');
  return { output: ESCAPES_FORMS[form].print(report, paint), problems, notes, exitCode: unread ? 2 : exitCodeOf(report) };
}

type Part = { readonly workloads: readonly WorkloadEscapes[] } & Pick<Result, 'notes' | 'problems'>;

async function ofOneSource(
  source: string | undefined,
  given: PlanOptions,
  allowances: readonly Allowance[],
  known: ReadonlySet<string>,
): Promise<Part> {
  const { podNetwork, name, reason, problems, notes } = await readTraceContext(source, given, { beforeProxy: false });
  const member = { name, count: 1, source: { kind: 'rules' } as const };
  const concerned = allowances.filter((one) => concerns(one, name));
  const found = escapesIn(podNetwork, [name], concerned, known, (place) => reason(place) ?? 'no reason is known');
  return { workloads: [{ count: 1, owners: 1, examples: [member], ...found }], problems, notes };
}

/** Workloads that are planned alike and concern the same allowances are one group. */
async function ofWorkloads(given: PlanOptions, allowances: readonly Allowance[], known: ReadonlySet<string>): Promise<Part> {
  const request = await injectionRequest(given);
  const facts = await factsOf(given);
  const planner = oncePerFingerprint(subjectPlanner(request, { facts, sets: given.sets, numbering: numbering() }));
  const groups = groupsOf<{ readonly outcome: Outcome; readonly allowances: readonly Allowance[] }>();
  const read = await readSelected(given, request.mesh, (subject) => {
    const planned = planner(subject);
    const member = memberOf(subject, planned);
    const concerned = allowances.filter((one) => concerns(one, member.owner));
    const key = `${planned.number} ${concerned.map((one) => allowances.indexOf(one)).join()}`;
    groups.add(key, { outcome: planned.outcome, allowances: concerned }, member);
  });
  const workloads = groups
    .sorted()
    .map((group) => ({ count: group.count, owners: group.owners, examples: group.examples, ...ofGroup(group, known) }));
  return { workloads, problems: read.problems, notes: skippedNotes(read) };

  function ofGroup(
    { what: { outcome, allowances: concerned }, examples }: Group<{ readonly outcome: Outcome; readonly allowances: readonly Allowance[] }>,
    before: ReadonlySet<string>,
  ): Pick<WorkloadEscapes, 'escapes' | 'untold' | 'conditions'> {
    if (outcome.kind === 'trouble') return { escapes: [], untold: outcome.problems.map(problemText).join('; ') };
    if (outcome.kind === 'none') return { escapes: [], untold: `everything, for there are ${noRulesText(outcome.reason)}` };
    const { plan } = outcome;
    const network: PodNetwork = podNetworkOfPlan(plan, { facts });
    const why = ({ rule }: RulePlace): string => reasonOf(rule, plan) ?? 'no reason is known';
    return escapesIn(
      network,
      examples.map(({ name }) => name),
      concerned,
      before,
      why,
    );
  }
}
