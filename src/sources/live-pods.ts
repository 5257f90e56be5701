/** `--live`: pods of a cluster, looked into and opened as SOURCES of their own. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterAccess } from '../host/cluster/access.ts';
import { accessWords } from '../host/cluster/access.ts';
import { clusterIn } from '../host/cluster/cluster-in.ts';
import { ClusterFailure } from '../host/cluster/failure.ts';
import { kubectl } from '../host/cluster/kubectl.ts';
import { callText } from '../host/cluster/live/access-method.ts';
import { auditPods } from '../host/cluster/live/audit-pods.ts';
import type { AccessMethods } from '../host/cluster/live/choose.ts';
import { accessMethods } from '../host/cluster/live/choose.ts';
import { openNamespace } from '../host/cluster/live/open.ts';
import type { LivePod } from '../host/cluster/live/pods.ts';
import { livePods } from '../host/cluster/live/pods.ts';
import { execWords } from '../host/cluster/live/remote-namespace.ts';
import { badOption } from '../istio/bad-option.ts';
import { forgetOpened, nameOpened } from './source-name.ts';

export interface LiveRequest {
  readonly access: ClusterAccess;
  /** What containers are made of. */
  readonly image?: string;
  /** Whether what would be created may be; asked once, with a sentence for each. */
  readonly consent: (creations: readonly string[]) => Promise<boolean>;
  readonly note: (line: string) => void;
}

/** A pod that was looked into, as words for SOURCES. */
export interface OpenedPod {
  /** Its rules. */
  readonly live: string;
  /** Its manifest. */
  readonly manifest: string;
}

/** So many pods are looked into at once at most: of more the DaemonSet tells. */
const MOST = 50;

interface Found {
  readonly pod: LivePod;
  readonly access: AccessMethods;
}

/** The pods that a SOURCE names, and the ways into each. Throws a ProblemError where there are none. */
export async function accessibleNamespaces(
  word: string,
  several: boolean,
  { access, image, note }: LiveRequest,
): Promise<readonly Found[]> {
  const name = clusterIn(word);
  if (name === undefined) throw badOption('--live', `${word} is in no cluster; it goes with pod/NAME, deploy/NAME or ns/NAME`);
  if ('refused' in name) throw badOption(word, name.refused);
  if (name.kind === 'cluster')
    throw badOption(
      '--live',
      'takes no whole cluster, which its audit DaemonSet looks at: kubectl apply -f audit-daemonset.yaml (docs/audit.md)',
    );
  if (name.kind === 'namespace' && !several) throw badOption('--live', `this command looks at one pod; name it, in place of ${word}`);
  return orProblem(word, async () => {
    const [{ pods, others }, audit] = await Promise.all([livePods(name, access), auditPods(access)]);
    const [first] = pods;
    if (first === undefined) throw new ClusterFailure('no such object', others[0] ?? 'has no pod that runs: there are no rules to see');
    if (pods.length > MOST)
      throw new ClusterFailure(
        'other',
        `has ${pods.length} pods that run; of more than ${MOST} the audit DaemonSet looks at all (docs/audit.md)`,
      );
    const chosen = several ? pods : [first];
    for (const other of name.kind === 'object' ? [] : others) note(`note: ${other}`);
    if (chosen.length < pods.length) note(`note: ${word} has ${pods.length} pods; this is ${first.namespace}/${first.name}`);
    return Promise.all(chosen.map(async (pod) => ({ pod, access: await accessMethods(pod, audit, image, access) })));
  });
}

async function orProblem<R>(word: string, act: () => Promise<R>): Promise<R> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ClusterFailure)) throw error;
    throw badOption(word, error.message);
  }
}

/** The calls of kubectl that would be made for it, as text. Makes none that changes anything. */
export function dryRun(found: readonly Found[], { access }: LiveRequest): string {
  const own = accessWords(access);
  const lines = found.flatMap(({ pod, access: { method, closed } }) => {
    const of = `${pod.namespace}/${pod.name}`;
    const why = closed.map((line) => `# ${line}`);
    if (method === undefined) return [`# the pod ${of}: no way leads into it`, ...why, callText({ words: logWords(pod) }, own)];
    const call = `${callText({ words: execWords(method.place) }, own)} <COMMANDS`;
    const creates = method.creates === undefined ? [] : [callText(method.creates.create, own)];
    const ends = method.creates === undefined ? [] : [callText(method.creates.end, own)];
    return [
      `# the pod ${of}: ${method.creates === undefined ? 'nothing is created' : method.creates.what}`,
      ...why,
      ...creates,
      call,
      ...ends,
    ];
  });
  return `${lines.join('\n')}\n`;
}

function logWords({ namespace, name, initContainer = 'istio-init' }: LivePod): readonly string[] {
  return ['logs', '-n', namespace, name, '-c', initContainer];
}

/** Opens them all, hands them to `use`, and clears up whatever happens. Throws a ProblemError where nothing can be seen of a pod. */
export async function withLivePods<R>(
  found: readonly Found[],
  request: LiveRequest,
  use: (opened: readonly OpenedPod[]) => Promise<R>,
): Promise<R> {
  const closing: (() => Promise<void>)[] = [];
  try {
    const creations = found.flatMap(({ access: { method } }) => method?.creates?.what ?? []);
    if (creations.length > 0 && !(await request.consent(creations)))
      throw badOption('--live', 'nothing was created, and nothing was looked at');
    const opened: OpenedPod[] = [];
    for (const one of found) {
      const { word, close } = await openPod(one, request);
      closing.push(close);
      opened.push({ live: word, manifest: manifestOf(one.pod) });
    }
    return await use(opened);
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

function manifestOf({ namespace, name }: LivePod): string {
  return `Pod/${namespace}/${name}`;
}

interface OneOpened {
  readonly word: string;
  readonly close: () => Promise<void>;
}

/** By the first way that leads there; where none does, by the log of what made its rules. */
async function openPod({ pod, access: found }: Found, request: LiveRequest): Promise<OneOpened> {
  const { access, note } = request;
  const reasons: string[] = [];
  for (let next = found; ; next = await othersOf(next)) {
    const { method, closed } = next;
    reasons.push(...closed);
    if (method === undefined) return openLog(pod, reasons, request);
    // For the first the question was asked.
    if (next !== found && method.creates !== undefined && !(await request.consent([method.creates.what]))) continue;
    try {
      const opened = await openNamespace(pod, method, access, note);
      const word = `live:${pod.namespace}/${pod.name}`;
      nameOpened(word, { typed: [manifestOf(pod), '--live'], target: opened.target });
      const close = async (): Promise<void> => {
        forgetOpened(word);
        for (const line of await opened.end()) note(line);
      };
      return { word, close };
    } catch (error) {
      if (!(error instanceof ClusterFailure)) throw error;
      if (error.failure === 'stopped') throw badOption('--live', 'stopped');
      reasons.push(`${method.kind}: ${error.message}`);
      note(`warning: the ${method.kind} leads nowhere: ${error.message}`);
    }
  }
}

/** The other ways into a pod; none where the cluster does not say which are open any more. */
async function othersOf({ others }: AccessMethods): Promise<AccessMethods> {
  try {
    return await others();
  } catch (error) {
    if (!(error instanceof ClusterFailure)) throw error;
    if (error.failure === 'stopped') throw badOption('--live', 'stopped');
    return { closed: [error.message], others };
  }
}

/** What made the rules once, for nobody may see what they are now. */
async function openLog(pod: LivePod, reasons: readonly string[], { access, note }: LiveRequest): Promise<OneOpened> {
  const of = manifestOf(pod);
  const why = reasons.join('; ');
  if (pod.initContainer === undefined)
    throw badOption(of, `its rules can not be seen: ${why}; and it has no init container whose log would show them`);
  const log = await kubectl(logWords(pod), access).catch((error: unknown) => {
    if (!(error instanceof ClusterFailure)) throw error;
    throw badOption(of, `its rules can not be seen: ${why}; nor can the log of its init container: ${error.message}`);
  });
  note(
    `warning: ${of}: its rules can not be seen (${why}); this is the log of ${pod.initContainer}: the rules that it made when the pod started, and nothing of what was changed since, of other programs' rules, of routing, or of what listens`,
  );
  const folder = mkdtempSync(join(tmpdir(), 'istio-init-'));
  const word = join(folder, `${pod.namespace}-${pod.name}-${pod.initContainer}.log`);
  writeFileSync(word, log);
  nameOpened(word, { typed: [of, '--live'], called: `the log of ${pod.initContainer} in Pod ${pod.namespace}/${pod.name}` });
  return {
    word,
    close: async () => {
      forgetOpened(word);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
