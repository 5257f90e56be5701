/** `audit --watch`: the audits of a cluster's nodes over time, a line for each pod that is amiss, is so in another way, or no longer. */

import { setTimeout as pause } from 'node:timers/promises';
import { bounded } from '../../host/bounded.ts';
import type { ClusterAccess } from '../../host/cluster/access.ts';
import { ClusterFailure } from '../../host/cluster/failure.ts';
import { kubectl } from '../../host/cluster/kubectl.ts';
import { AUDIT } from '../../host/cluster/live/audit-pods.ts';
import { watchPods } from '../../host/cluster/watch.ts';
import { API_VERSION } from '../../istio/api-version.ts';
import { badOption, oneOf } from '../../istio/bad-option.ts';
import { onOneLine } from '../../istio/origin.ts';
import type { Result } from '../result.ts';
import { printNote, write } from '../result.ts';
import { handleSignals } from '../signals.ts';
import type { AuditChange, FailingPods } from './failing-pods.ts';
import { failingPods } from './failing-pods.ts';
import { VERDICT_IDS } from './line.ts';
import type { NodeLog } from './node-log.ts';
import { nodeLog } from './node-log.ts';

export interface AuditWatchRequest {
  readonly access: ClusterAccess;
  /** Milliseconds between two looks at the logs. */
  readonly every: number;
  readonly output: string;
  /** Ends the watch; the signals of the process without it. */
  readonly signal?: AbortSignal;
  /** Where lines go; standard output without it. */
  readonly print?: (line: string) => Promise<void>;
}

interface Node {
  /** The pod that audits it now. */
  pod: string | undefined;
  log: NodeLog;
  readonly failing: FailingPods;
  /** Looks without such a pod. */
  missed: number;
  /** What was said last of a log that can't be read. */
  problem: string | undefined;
}

const AT_ONCE = 4;
// A node's pods, a few rounds of them; and what no log of an hour has.
const LINES = 2000;
const BYTES = 16_000_000;
/** Looks after which a node without an audit is forgotten. */
const PATIENCE = 10;

/** Runs until it is stopped. Throws a ProblemError where no DaemonSet is there, or it may not be seen. */
export async function watchAudits({ access: given, every, output, signal, print = write }: AuditWatchRequest): Promise<Result> {
  const form = oneOf('--output', output, ['text', 'json']);
  const { namespace, ...reached } = given;
  // Of our own as well: a watch that nobody follows any more would keep the process.
  const over = new AbortController();
  const access = { ...reached, signal: AbortSignal.any([over.signal, signal ?? handleSignals().signal]) } satisfies ClusterAccess;
  const nodes = new Map<string, Node>();
  const turn = bounded(AT_ONCE);
  const reportNode = async ([name, node]: readonly [string, Node]): Promise<void> => {
    for (const round of await roundsOf(name, node, access))
      for (const change of node.failing.round(round))
        if (namespace === undefined || change.pod.namespace === namespace) await print(lineOf(change, name, form));
  };
  try {
    const watched = watchNodes(nodes, access);
    await watched.listed;
    if (nodes.size === 0)
      throw new ClusterFailure(
        'no such object',
        `no pod of the audit DaemonSet is in ${AUDIT.namespace}: kubectl apply -f audit-daemonset.yaml (docs/audit.md)`,
      );
    while (!access.signal.aborted) {
      await Promise.all([...nodes].map((one) => turn(() => reportNode(one))));
      forgetUnaudited(nodes);
      await pause(every, undefined, { signal: access.signal }).catch(() => undefined);
    }
    await watched.ended;
  } catch (error) {
    if (!(error instanceof ClusterFailure)) throw error;
    if (error.failure !== 'stopped') throw badOption('--watch', error.message);
  } finally {
    over.abort();
  }
  return { output: '', problems: [], notes: [], exitCode: 0 };
}

/** Keeps who audits which node; `listed` resolves when all that is there is known. */
function watchNodes(nodes: Map<string, Node>, access: ClusterAccess): { readonly listed: Promise<void>; readonly ended: Promise<void> } {
  let resolve = (): void => undefined;
  const listed = new Promise<void>((done) => {
    resolve = done;
  });
  const byUid = new Map<string, string>();
  const follow = async (): Promise<void> => {
    for await (const event of watchPods(AUDIT, access)) {
      if (event.kind === 'listed') resolve();
      else if (event.kind === 'unseen')
        printNote(`note: ${event.reason}; audits of pods that come meanwhile are read when the cluster answers again`);
      else if (event.kind === 'gone') {
        const node = nodes.get(byUid.get(event.uid) ?? '');
        const isOther = [...byUid].some(([uid, name]) => uid !== event.uid && name === byUid.get(event.uid));
        if (node !== undefined && !isOther) node.pod = undefined;
        byUid.delete(event.uid);
      } else {
        const { metadata = {}, spec = {}, status } = event.object;
        const name = spec['nodeName'];
        if (typeof name !== 'string' || status?.['phase'] !== 'Running') continue;
        byUid.set(metadata.uid ?? '', name);
        const node = nodes.get(name) ?? { pod: undefined, log: nodeLog(), failing: failingPods(), missed: 0, problem: undefined };
        // Another pod has another log.
        if (node.pod !== metadata.name) node.log = nodeLog();
        node.pod = metadata.name;
        nodes.set(name, node);
      }
    }
  };
  const ended = follow();
  return { listed: Promise.race([listed, ended]), ended };
}

/** The rounds that ended since the last look; a log that can't be read is said once. */
async function roundsOf(name: string, node: Node, access: ClusterAccess): Promise<ReturnType<NodeLog['piece']>> {
  if (node.pod === undefined) return [];
  const since = node.log.since();
  const from = since === undefined ? `--tail=${LINES}` : `--since-time=${since}`;
  try {
    const words = ['logs', '-n', AUDIT.namespace, node.pod, '-c', AUDIT.container, '--timestamps', from, `--limit-bytes=${BYTES}`];
    const rounds = node.log.piece(await kubectl(words, access));
    node.problem = undefined;
    return rounds;
  } catch (error) {
    if (!(error instanceof ClusterFailure) || error.failure === 'stopped') throw error;
    if (node.problem !== error.message) printNote(`note: the audit of the node ${name} can not be read: ${error.message}`);
    node.problem = error.message;
    return [];
  }
}

function forgetUnaudited(nodes: Map<string, Node>): void {
  for (const [name, node] of nodes) {
    node.missed = node.pod === undefined ? node.missed + 1 : 0;
    if (node.missed < PATIENCE) continue;
    nodes.delete(name);
    printNote(`note: the node ${name} is no longer audited: its pods are left out from now on`);
  }
}

/** Within one apiVersion keys are added, never renamed or removed. */
function lineOf({ what, pod }: AuditChange, node: string, form: 'text' | 'json'): string {
  const at = new Date().toISOString();
  if (form === 'json')
    return `${onOneLine(JSON.stringify({ apiVersion: API_VERSION, kind: 'AuditChange', at, change: what, ...pod, node, verdictId: VERDICT_IDS[pod.verdict] }))}\n`;
  const why = [pod.drift, ...(pod.findings ?? []).map(({ code }) => code), pod.reason].filter((part) => part !== undefined);
  const name = pod.namespace === '' ? pod.pod : `${pod.namespace}/${pod.pod}`;
  return `${onOneLine(`${at} ${what} ${name} on ${node}: ${pod.verdict}${why.length === 0 ? '' : ` (${why.join('; ')})`}`)}\n`;
}
