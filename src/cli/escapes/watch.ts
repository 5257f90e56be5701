/** `escapes --watch`: a line for each escape that comes to a cluster or goes from it. */

import { clusterIn } from '../../host/cluster/cluster-in.ts';
import { ClusterFailure } from '../../host/cluster/failure.ts';
import { selectionOf } from '../../host/cluster/named-pods.ts';
import { labelOf, printedObject } from '../../host/cluster/object.ts';
import { watchPods } from '../../host/cluster/watch.ts';
import { API_VERSION } from '../../istio/api-version.ts';
import { badOption, oneOf } from '../../istio/bad-option.ts';
import { runOfStatus } from '../../istio/found/runs/pod-status.ts';
import { fingerprintOf } from '../../istio/kubernetes/fingerprint.ts';
import { meshOf } from '../../istio/kubernetes/mesh/injector-of.ts';
import { numbering } from '../../istio/kubernetes/rule-groups/planner.ts';
import { recent } from '../../istio/kubernetes/rule-groups/recent.ts';
import { factsOfWorkload } from '../../istio/kubernetes/workload-plan.ts';
import { onOneLine } from '../../istio/origin.ts';
import { concerns } from '../../istio/packets/escape-allowance.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { factsOf } from '../../sources/plan-input.ts';
import { workloadsInText } from '../../sources/workloads/in-text.ts';
import { injectionRequest } from '../../sources/workloads/injection-request.ts';
import type { Subject } from '../../sources/workloads/subject.ts';
import { memberOf, subjectPlanner } from '../../sources/workloads/subject.ts';
import type { Result } from '../result.ts';
import { printNote, write } from '../result.ts';
import { handleSignals } from '../signals.ts';
import { readAllowances } from './allow-file.ts';
import { ofGroup } from './escapes.ts';
import type { OpenEscape, OpenEscapes } from './open-escapes.ts';
import { openEscapesOf } from './open-escapes.ts';
import { openEscapes } from './report.ts';

export interface WatchRequest {
  readonly source: string | undefined;
  readonly given: PlanOptions;
  readonly allow?: string;
  readonly output: string;
  /** Ends the watch; the signals of the process without it. */
  readonly signal?: AbortSignal;
  /** Where lines go; standard output without it. */
  readonly print?: (line: string) => Promise<void>;
}

const FORMS = ['text', 'json'] as const;
const KEPT = 1024;

/** Runs until it is stopped. Throws a ProblemError for a source that is no cluster, and where the cluster can't be listed. */
export async function watchEscapes({ source, given, allow, output, signal, print = write }: WatchRequest): Promise<Result> {
  const form = oneOf('--output', output, FORMS);
  const name = source === undefined ? undefined : clusterIn(source);
  if (source === undefined || name === undefined || 'refused' in name || name.kind === 'object')
    throw badOption('--watch', 'goes with the pods of a cluster: cluster, -A, ns/NAME or -n NAME');
  const access = { ...given.cluster, signal: signal ?? handleSignals().signal };
  const allowances = allow === undefined ? [] : readAllowances(allow);
  const request = await injectionRequest(given, undefined, [source]);
  const facts = await factsOf(given);
  const planner = subjectPlanner(request, { facts, sets: given.sets, numbering: numbering(), unknownServers: true });
  const known = recent<readonly OpenEscape[]>(KEPT);
  const escapesOf = (subject: Subject): readonly OpenEscape[] => {
    const { owner } = memberOf(subject, NO_OUTCOME);
    const run = subject.kind === 'workload' ? runOfStatus(subject.workload.pod) : undefined;
    const concerned = allowances.filter((one) => concerns(one, owner));
    const find = (): readonly OpenEscape[] => {
      const own = subject.kind === 'workload' ? factsOfWorkload(subject.workload, facts) : facts;
      const { outcome } = planner(subject);
      const found = ofGroup({ outcome, names: new Set([owner]), allowances: concerned, facts: own, ...(run && { run }) }, new Set());
      const open = openEscapes({ ...found, count: 1, owners: 1, examples: [] });
      const unknown = found.unknown === undefined ? [] : [{ direction: 'unknown', family: '', words: found.unknown, why: '' }];
      return [...open.map(({ direction, family, words, why }) => ({ direction, family: FAMILY_NAMES[family], words, why })), ...unknown];
    };
    if (subject.kind !== 'workload') return find();
    const key = JSON.stringify([fingerprintOf(subject.workload, subject.mesh), run?.why, concerned.map((one) => allowances.indexOf(one))]);
    return known(key, find);
  };
  const open: OpenEscapes = openEscapesOf();
  try {
    for await (const event of watchPods(await selectionOf(name, access), access)) {
      if (event.kind === 'listed') continue;
      if (event.kind === 'unseen') {
        printNote(`note: ${event.reason}; what changes meanwhile is reported when the cluster answers again`);
        continue;
      }
      const uid = event.kind === 'gone' ? event.uid : (event.object.metadata?.uid ?? '');
      const found = event.kind === 'gone' ? [] : subjectsOf(event.object, request.mesh);
      const changes = open.change(
        uid,
        found.flatMap((subject) => escapesOf(subject).map((one) => ({ ...one, owner: memberOf(subject, NO_OUTCOME).owner }))),
      );
      for (const change of changes) await print(lineOf(change, form));
    }
  } catch (error) {
    if (!(error instanceof ClusterFailure)) throw error;
    if (error.failure !== 'stopped') throw badOption(source, error.message);
  }
  return { output: '', problems: [], notes: [], exitCode: 0 };
}

const NO_OUTCOME = { outcome: { kind: 'none', reason: 'no sidecar' } } as const;

function subjectsOf(object: Parameters<typeof printedObject>[0], mesh: Parameters<typeof meshOf>[1]): readonly Subject[] {
  const found: Subject[] = [];
  workloadsInText({ file: labelOf(object), text: printedObject(object) }, mesh, { skipped: new Map(), problems: [] }, (one) =>
    found.push(one.kind === 'workload' ? { ...one, mesh: meshOf(one.workload, one.mesh) } : one),
  );
  return found;
}

/** Within one apiVersion keys are added, never renamed or removed. */
function lineOf({ what, owner, direction, family, words, why }: ReturnType<OpenEscapes['change']>[number], form: 'text' | 'json'): string {
  const at = new Date().toISOString();
  if (form === 'json')
    return `${JSON.stringify({ apiVersion: API_VERSION, kind: 'EscapeChange', at, change: what, owner, direction, family, words, why })}\n`;
  const where = family === '' ? '' : `${family}: `;
  return `${onOneLine(`${at} ${what} ${owner}: ${direction} ${where}${words}${why === '' ? '' : ` (${why})`}`)}\n`;
}
