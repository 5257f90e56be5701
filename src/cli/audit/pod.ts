/** One pod of a node: who it is, and what is said of its rules. */

import { openNamespace } from '../../host/namespace/namespace.ts';
import type { PodNamespace, PodProcess } from '../../host/pods/namespaces.ts';
import { namespaceOf } from '../../host/pods/namespaces.ts';
import { readPodProcess } from '../../host/pods/pod-process.ts';
import type { Programs } from '../../host/run.ts';
import type { ProxyProcess } from '../../istio/found/audit/proxy-process.ts';
import { isSidecar, nameOf } from '../../istio/found/audit/proxy-process.ts';
import { messageOf, ProblemError, problemText } from '../../istio/problems.ts';
import type { Desired } from './desired.ts';
import type { Judged } from './judge.ts';
import { judge } from './judge.ts';
import type { AuditedPod } from './line.ts';

const UNREAD = "its proxy's environment can not be read: the audit needs the capabilities DAC_READ_SEARCH and SYS_PTRACE";

/** Characters of a reason: there may be a problem with each word of a list. */
const MOST_OF_A_REASON = 500;

/** Characters that a program may say of a pod's rules, some 9,000 of them: a pod with NET_ADMIN could else take all memory of the audit. */
const MOST_CHARACTERS = 512 * 1024;

/** Processes of a pod that are asked for its name where it has no proxy. */
const MOST_PROCESSES = 8;

/**
 * Looks at a pod and changes nothing in it. Undefined where it has gone, or is no pod: other programs have network
 * namespaces as well. Never throws for a pod that can't be read.
 */
export async function auditPod(pod: PodNamespace, programs: Programs, desired: Desired): Promise<AuditedPod | undefined> {
  const agent = pod.processes.find(({ argv }) => isSidecar(argv));
  const proxy = agent === undefined ? reportingProxy(pod.processes) : readPodProcess(agent.pid);
  const { pid } = proxy;
  const judged =
    // Every proxy has some of the variables; one that shows none would be taken for a pod without any setting.
    agent !== undefined && proxy.environment.size === 0
      ? ({ verdict: 'not seen', reason: UNREAD } as const)
      : await observe(pid, agent === undefined ? undefined : proxy, programs, desired);
  const name = { ...nameOf(proxy), uid: proxy.uid, pid };
  // Its number may belong to another process by now.
  if (namespaceOf(pid) !== pod.id)
    return isThere(pod) ? { ...name, verdict: 'not seen', reason: 'its process ended during the audit' } : undefined;
  return judged.verdict === 'not in the mesh' && proxy.uid === '' ? undefined : { ...name, ...judged };
}

function isThere({ id, processes }: PodNamespace): boolean {
  return processes.some(({ pid }) => namespaceOf(pid) === id);
}

/** The first process that tells a name: the one that holds a pod's namespaces has no files of its own. */
function reportingProxy(processes: readonly PodProcess[]): ProxyProcess {
  const proxy = processes.slice(0, MOST_PROCESSES).map(({ pid }) => readPodProcess(pid));
  const [first] = proxy;
  if (first === undefined) throw new Error('no process is left in its network namespace');
  return proxy.find((one) => nameOf(one).pod !== '') ?? first;
}

async function observe(pid: number, proxy: ProxyProcess | undefined, programs: Programs, desired: Desired): Promise<Judged> {
  let outputTooLong = false;
  const run: Programs['run'] = async (command) => {
    const ran = await programs.run({ ...command, keep: MOST_CHARACTERS + 1 });
    if (ran.stdout.length <= MOST_CHARACTERS) return ran;
    outputTooLong = true;
    return { ...ran, stdout: '' };
  };
  try {
    const namespace = openNamespace({ kind: 'pid', pid }, { ...programs, run });
    try {
      const judged = await judge(namespace, pid, proxy, desired);
      return outputTooLong
        ? { verdict: 'not seen', reason: `its rules are too many to read: more than ${MOST_CHARACTERS / 1024} KiB` }
        : judged;
    } finally {
      namespace.close();
    }
  } catch (error) {
    return { verdict: 'not seen', reason: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof ProblemError ? error.problems.map(problemText).join('; ') : messageOf(error);
  return text.length > MOST_OF_A_REASON ? `${text.slice(0, MOST_OF_A_REASON - 3)}...` : text;
}
