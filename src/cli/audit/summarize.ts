/** Lines of many nodes merged: workloads with what is said of their pods, the worst first. */

import type { TextFile } from '../../host/files.ts';
import { API_VERSION } from '../../istio/api-version.ts';
import { grouped } from '../../netfilter/grouped.ts';
import type { AuditedPod, Counts, PodVerdict } from './line.ts';
import { countsOf, POD_KIND, POD_VERDICTS, SUMMARY_KIND } from './line.ts';

export interface AuditedWorkload {
  readonly namespace: string;
  readonly workload: string;
  readonly pods: number;
  readonly verdicts: Counts;
  /** What was different, with how many pods have it, the commonest first. */
  readonly reasons: readonly { readonly reason: string; readonly pods: number }[];
  /** Some of the pods that are not as they should be. */
  readonly examples: readonly string[];
}

export interface Merged {
  readonly nodes: number;
  readonly pods: number;
  readonly verdicts: Counts;
  readonly workloads: readonly AuditedWorkload[];
  /** Pods of which the node's last line tells, and whose own lines are not here: the log was cut off. */
  readonly lacking: number;
  /** Nodes of which no round comes to its end: what other pods they have is not known. */
  readonly unended: readonly string[];
  /** Lines of audits that are cut in two. */
  readonly cutLines: number;
  /** Lines of audits. */
  readonly lines: number;
  /** Lines of anything else: logs of other programs. */
  readonly otherLines: number;
}

const MOST_EXAMPLES = 3;

/**
 * Merges lines; of a pod that stands there several times the last is believed, and of a node that was audited several
 * times the last round: what it no longer names has gone. Never throws.
 */
export function mergeLines(texts: readonly TextFile[]): Merged {
  const nodes = new Map<string, Rounds>();
  let lines = 0;
  let otherLines = 0;
  let cutLines = 0;
  for (const { text } of texts) {
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      const read = lineIn(line);
      if (read === undefined) {
        if (isCut(line)) cutLines += 1;
        else otherLines += 1;
        continue;
      }
      lines += 1;
      const rounds = nodes.get(read.node) ?? { whole: new Map(), begun: new Map(), lacking: 0, ended: false };
      nodes.set(read.node, rounds);
      if (read.kind === 'pod') rounds.begun.set(keyOf(read.pod), read.pod);
      // Without a name these may be rounds of several nodes.
      else if (read.node === '') nodes.set('', { ...rounds, ended: true });
      else
        nodes.set(read.node, { whole: rounds.begun, begun: new Map(), lacking: Math.max(0, read.pods - rounds.begun.size), ended: true });
    }
  }
  const all = [...nodes.values()].flatMap(({ whole, begun }) => [...new Map([...whole, ...begun]).values()]);
  return {
    nodes: [...nodes.keys()].filter((name) => name !== '').length,
    pods: all.length,
    verdicts: countsOf(all),
    workloads: workloadsOf(all).sort((a, b) => failingCount(b) - failingCount(a) || compareNames(a, b)),
    lacking: [...nodes.values()].reduce((sum, { lacking }) => sum + lacking, 0),
    unended: [...nodes].flatMap(([name, { ended }]) => (ended ? [] : [name])),
    ...{ lines, otherLines, cutLines },
  };
}

// By its process as well: of two network namespaces in one pod the worse one must not be hidden by the other.
function keyOf({ namespace, pod, uid, pid }: AuditedPod): string {
  return `${namespace} ${pod} ${uid} ${pid}`;
}

/** The pods of a node: those of the last round that came to its end, and of the one that did not. */
interface Rounds {
  readonly whole: Map<string, AuditedPod>;
  readonly begun: Map<string, AuditedPod>;
  readonly lacking: number;
  readonly ended: boolean;
}

const BEGIN = `{"apiVersion":"${API_VERSION}","kind":"Audit`;

/** A line that begins, or ends, as one of an audit, and is none. */
function isCut(line: string): boolean {
  const begun = line.indexOf('{');
  const own = line.slice(line.indexOf('{"apiVersion":'));
  if (line.includes('{"apiVersion":"')) return own.startsWith(BEGIN) ? !own.startsWith(`${BEGIN}Report`) : BEGIN.startsWith(own);
  return (begun >= 0 && BEGIN.startsWith(line.slice(begun))) || /"verdictId":"\w+"\}$|"seconds":[\d.]+\}$|^[^{]*[\d"]\}$/.test(line);
}

function workloadsOf(pods: readonly AuditedPod[]): AuditedWorkload[] {
  const groups = grouped(pods, (pod) => `${pod.namespace} ${workloadName(pod)}`);
  return [...groups.values()].map((group) => {
    const [first] = group as [AuditedPod, ...AuditedPod[]];
    const failing = group.filter(({ verdict }) => !POD_VERDICTS[verdict]);
    return {
      namespace: first.namespace,
      workload: workloadName(first),
      pods: group.length,
      verdicts: countsOf(group),
      reasons: reasonsOf(failing),
      examples: failing.slice(0, MOST_EXAMPLES).map(({ node, pod }) => (node === '' ? pod : `${pod} on ${node}`)),
    };
  });
}

// A pod whose proxy does not tell its workload, or that has none, is known by the name that its controller gave it.
function workloadName({ workload, pod }: AuditedPod): string {
  return workload === '' ? pod.replace(/(-[0-9a-f]{6,10})?-[0-9a-z]{5}$/, '') : workload;
}

function reasonsOf(pods: readonly AuditedPod[]): AuditedWorkload['reasons'] {
  const counts = new Map<string, number>();
  for (const { verdict, drift, findings = [], reason } of pods) {
    const texts = [...(drift === undefined ? [] : [drift]), ...findings.map(({ code }) => code), ...(reason === undefined ? [] : [reason])];
    for (const text of texts.length === 0 ? [verdict] : texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => ({ reason, pods: count })).sort((a, b) => b.pods - a.pods);
}

function failingCount({ verdicts }: AuditedWorkload): number {
  return (Object.keys(verdicts) as PodVerdict[]).reduce((sum, verdict) => sum + (POD_VERDICTS[verdict] ? 0 : (verdicts[verdict] ?? 0)), 0);
}

function compareNames(a: AuditedWorkload, b: AuditedWorkload): number {
  return `${a.namespace} ${a.workload}` < `${b.namespace} ${b.workload}` ? -1 : 1;
}

type Line =
  | { readonly kind: 'pod'; readonly node: string; readonly pod: AuditedPod }
  | { readonly kind: 'summary'; readonly node: string; readonly pods: number };

/** What a line holds; `kubectl logs --prefix`, container runtimes and log collectors put words in front of it. */
export function lineIn(line: string): Line | undefined {
  const at = line.indexOf('{"apiVersion":');
  if (at < 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line.slice(at));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined;
  const pod = value as AuditedPod & { readonly apiVersion: unknown; readonly kind: unknown; readonly pods: unknown };
  if (typeof pod.node !== 'string' || pod.apiVersion !== API_VERSION) return undefined;
  if (pod.kind === SUMMARY_KIND) return { kind: 'summary', node: pod.node, pods: Number(pod.pods) || 0 };
  const texts = [pod.namespace, pod.pod, pod.workload, pod.uid];
  const isPod = pod.kind === POD_KIND && texts.every((text) => typeof text === 'string') && isReturn(pod.verdict);
  return isPod ? { kind: 'pod', node: pod.node, pod: known(pod) } : undefined;
}

function isReturn(text: unknown): text is PodVerdict {
  return typeof text === 'string' && Object.hasOwn(POD_VERDICTS, text);
}

/** What is used of a line, of the types that it must have. */
function known({ drift, findings, reason, ...pod }: AuditedPod): AuditedPod {
  return {
    ...pod,
    ...(typeof drift === 'string' ? { drift } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(Array.isArray(findings) ? { findings: findings.filter((finding) => typeof finding?.code === 'string') } : {}),
  };
}
