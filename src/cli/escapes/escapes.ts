/** `escapes`: what leaves and arrives without passing the proxy, and who answers for it. */

import { badOption } from '../../istio/bad-option.ts';
import { runOfStatus } from '../../istio/found/runs/pod-status.ts';
import type { Run } from '../../istio/found/runs/run.ts';
import type { Outcome } from '../../istio/kubernetes/rule-groups/outcome.ts';
import { numbering } from '../../istio/kubernetes/rule-groups/planner.ts';
import { groupsOf } from '../../istio/kubernetes/rule-groups.ts';
import { factsOfWorkload } from '../../istio/kubernetes/workload-plan.ts';
import type { Allowance } from '../../istio/packets/escape-allowance.ts';
import { concerns } from '../../istio/packets/escape-allowance.ts';
import { podNetworkOfPlan } from '../../istio/packets/pod-network.ts';
import { problemText } from '../../istio/problems.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { RulePlace } from '../../netfilter/trace/result.ts';
import { refuseUnusedAccess } from '../../sources/cluster-options.ts';
import type { OpenedPod } from '../../sources/live-pods.ts';
import { NO_MANIFEST_OPTIONS } from '../../sources/options.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { factsOf } from '../../sources/plan-input.ts';
import { readSelected } from '../../sources/rule-groups/selected.ts';
import { notesOutside } from '../../sources/run-note.ts';
import { refuseStdinTwice } from '../../sources/stdin-once.ts';
import { isPlainManifests, manifestsIn, withFile } from '../../sources/workloads/detect.ts';
import { noRulesText } from '../../sources/workloads/group-names.ts';
import { injectionRequest } from '../../sources/workloads/injection-request.ts';
import { skippedNotes } from '../../sources/workloads/skipped.ts';
import { memberOf, oncePerFingerprint, subjectPlanner } from '../../sources/workloads/subject.ts';
import { reasonOf } from '../diff/words.ts';
import type { Result } from '../result.ts';
import type { Paint } from '../terminal/color.ts';
import { formNamed } from '../terminal/form-name.ts';
import { readTraceContext } from '../trace/context.ts';
import { readAllowances } from './allow-file.ts';
import { knownEscapes } from './baseline.ts';
import { ESCAPES_FORMS } from './forms.ts';
import type { EscapesReport, WorkloadEscapes } from './report.ts';
import { exitCodeOf } from './report.ts';
import { escapesIn } from './workload-escapes.ts';

export interface EscapesRequest {
  readonly source?: string;
  /** Several of them, in its place. */
  readonly sources?: readonly string[];
  /** Pods that were looked into, in its place. */
  readonly pods?: readonly OpenedPod[];
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
export async function escapes({
  source,
  sources = [],
  pods,
  given,
  allow,
  baseline,
  output,
  today,
  paint,
}: EscapesRequest): Promise<Result> {
  const form = formNamed(output, ESCAPES_FORMS);
  const all = allow === undefined ? [] : readAllowances(allow);
  const expired = all.filter(({ until }) => until < today);
  const valid = all.filter((one) => !expired.includes(one));
  const known = baseline === undefined ? new Set<string>() : knownEscapes(baseline);
  const manifests = pods === undefined && sources.length === 0 ? manifestsIn(source, given) : undefined;
  if (pods === undefined && source === undefined && sources.length === 0 && manifests === undefined && !hasInput(given))
    throw badOption('escapes', 'name what to look at: a SOURCE, manifests with -f, or settings');
  const find = (): Promise<Part> => {
    if (pods !== undefined) return ofPods(pods, given, valid, known);
    if (sources.length > 0) return ofSeveral(sources, given, valid, known);
    return manifests === undefined ? ofOneSource(source, given, valid, known) : ofWorkloads(manifests, valid, known);
  };
  const { workloads, notes, problems, charts = [] } = await find();
  const used = new Set(workloads.flatMap((one) => one.escapes.flatMap(({ allowedBy }) => allowedBy ?? [])));
  const report: EscapesReport = { workloads, expired, unused: valid.filter((one) => !used.has(one)), charts };
  const unread = problems.some(({ severity }) => severity === 'error');
  const printed = ESCAPES_FORMS[form].print(report, paint);
  return { output: printed, form, problems, notes: notesOutside(notes, printed), exitCode: unread ? 2 : exitCodeOf(report) };
}

/** Whether the options name settings: without any, the answer would be that of a pod that nobody has. */
function hasInput({ filename, args, release, sets, manifests }: PlanOptions): boolean {
  return [filename, args, release].some((one) => one !== undefined) || sets.length > 0 || (manifests?.values ?? []).length > 0;
}

type Part = Pick<EscapesReport, 'workloads'> & Partial<Pick<EscapesReport, 'charts'>> & Pick<Result, 'notes' | 'problems'>;

async function ofPods(
  pods: readonly OpenedPod[],
  given: PlanOptions,
  allowances: readonly Allowance[],
  known: ReadonlySet<string>,
): Promise<Part> {
  const parts: Part[] = [];
  for (const { live, manifest } of pods) parts.push(await ofOneSource(live, given, allowances, known, manifest.replace('/', ' ')));
  return allOf(parts);
}

/** Manifests are read as one, each other source by itself. */
async function ofSeveral(
  sources: readonly string[],
  given: PlanOptions,
  allowances: readonly Allowance[],
  known: ReadonlySet<string>,
): Promise<Part> {
  refuseStdinTwice(sources);
  refuseUnusedAccess(sources, given);
  const files = sources.filter(isPlainManifests);
  const [first] = files;
  const together = first === undefined ? undefined : withFile(given, first);
  const parts: Part[] = [];
  if (together !== undefined)
    parts.push(
      await ofWorkloads({ ...together, manifests: { ...NO_MANIFEST_OPTIONS, ...together.manifests, filenames: files } }, allowances, known),
    );
  for (const source of sources.filter((one) => !files.includes(one))) {
    const manifests = manifestsIn(source, given);
    parts.push(await (manifests === undefined ? ofOneSource(source, given, allowances, known) : ofWorkloads(manifests, allowances, known)));
  }
  return allOf(parts);
}

function allOf(parts: readonly Part[]): Part {
  return {
    workloads: parts.flatMap(({ workloads }) => workloads),
    charts: parts.flatMap(({ charts = [] }) => charts),
    problems: parts.flatMap(({ problems }) => problems),
    notes: parts.flatMap(({ notes }) => notes),
  };
}

async function ofOneSource(
  source: string | undefined,
  given: PlanOptions,
  allowances: readonly Allowance[],
  known: ReadonlySet<string>,
  called?: string,
): Promise<Part> {
  const { podNetwork, name: heading, reason, problems, notes } = await readTraceContext(source, given, { beforeProxy: false });
  const name = called ?? heading;
  const member = { name, count: 1, source: { kind: 'rules' } as const };
  const concerned = allowances.filter((one) => concerns(one, name));
  const found = escapesIn(podNetwork, [name], concerned, known, (place) => reason(place) ?? 'no reason is known');
  const failed = podNetwork.failed?.failures[0]?.text;
  const unknown = podNetwork.failed === undefined ? {} : { unknown: `these rules were not applied: ${failed ?? 'their run failed'}` };
  return { workloads: [{ count: 1, owners: 1, examples: [member], names: [name], ...found, ...unknown }], problems, notes };
}

/** What the workloads of a group have in common. */
interface SameEscapes {
  readonly outcome: Outcome;
  readonly allowances: readonly Allowance[];
  readonly facts: Facts;
  /** The run that was to make the rules and failed. */
  readonly run?: Run;
  /** All owners: a baseline knows a group only where it knows each of them. */
  readonly names: Set<string>;
}

/** Workloads that are planned alike, have addresses of the same families, and concern the same allowances are one group. */
async function ofWorkloads(given: PlanOptions, allowances: readonly Allowance[], known: ReadonlySet<string>): Promise<Part> {
  const request = await injectionRequest(given);
  const givenFacts = await factsOf(given);
  const planner = subjectPlanner(request, { facts: givenFacts, sets: given.sets, numbering: numbering(), unknownServers: true });
  // No pod is looked into but for this: of addresses only the families count, and pods that are alike ended alike.
  const escapesOnce = oncePerFingerprint((subject) => {
    const facts = subject.kind === 'workload' ? factsOfWorkload(subject.workload, givenFacts) : givenFacts;
    const run = subject.kind === 'workload' ? runOfStatus(subject.workload.pod) : undefined;
    const families = FAMILIES.filter((family) => facts.addresses?.some((address) => address.includes(':') === (family === 'ip6')));
    return { planned: planner(subject), facts, run, families };
  });
  const groups = groupsOf<SameEscapes>();
  const same = new Map<string, SameEscapes>();
  const read = await readSelected(
    given,
    request.mesh,
    (subject) => {
      const { planned, facts, run, families } = escapesOnce(subject);
      const member = memberOf(subject, planned);
      const concerned = allowances.filter((one) => concerns(one, member.owner));
      const key = JSON.stringify([planned.number, families, run?.why, concerned.map((one) => allowances.indexOf(one))]);
      const group = same.get(key) ?? { outcome: planned.outcome, allowances: concerned, facts, ...(run && { run }), names: new Set() };
      same.set(key, group);
      group.names.add(member.owner);
      groups.add(key, () => group, member);
    },
    { folds: true },
  );
  const workloads = groups.sorted().map(({ what, count, owners, examples }) => ({ count, owners, examples, ...ofGroup(what, known) }));
  const charts = (read.folders ?? []).flatMap((one) => one.charts);
  return { workloads, problems: read.problems, notes: skippedNotes(read), charts };
}

/** What holds for all of a group. */
export function ofGroup(
  { outcome, allowances, facts, run, names: owners }: SameEscapes,
  known: ReadonlySet<string>,
): Pick<WorkloadEscapes, 'names' | 'escapes' | 'unknown' | 'conditions'> {
  const names = [...owners];
  const unknown = (reason: string): Pick<WorkloadEscapes, 'names' | 'escapes' | 'unknown'> => ({ names, escapes: [], unknown: reason });
  if (outcome.kind === 'trouble') return unknown(outcome.problems.map(problemText).join('; '));
  if (outcome.kind === 'none') return unknown(`the proxy sees nothing of it: ${noRulesText(outcome.reason)}`);
  if (run !== undefined)
    return unknown(
      `these rules ${run.outcome === 'failed' ? 'were' : 'may'} not ${run.outcome === 'failed' ? 'applied' : 'be there'}: ${run.why}`,
    );
  const { plan } = outcome;
  const why = ({ rule }: RulePlace): string => reasonOf(rule, plan) ?? 'no reason is known';
  return { names, ...escapesIn(podNetworkOfPlan(plan, { facts }), names, allowances, known, why) };
}
