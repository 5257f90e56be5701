/** Which pods are amiss, while audits of their node come in: of a pod that is well nothing is kept. */

import type { AuditedPod } from './line.ts';
import { POD_VERDICTS } from './line.ts';

export interface AuditChange {
  /** Not well and `new`, `changed` in what is wrong, `well` again, or `gone`. */
  readonly what: 'new' | 'changed' | 'well' | 'gone';
  readonly pod: AuditedPod;
}

export interface FailingPods {
  /** What differs from the last audit of the same node. */
  readonly round: (pods: readonly AuditedPod[]) => readonly AuditChange[];
  /** How many pods are kept. */
  readonly size: () => number;
}

interface Kept {
  readonly pod: AuditedPod;
  readonly what: string;
}

/** Of one node. */
export function failingPods(): FailingPods {
  let before = new Map<string, Kept>();
  const round: FailingPods['round'] = (pods) => {
    const names = new Set(pods.map(keyOf));
    const now = new Map<string, Kept>();
    // Of two network namespaces in one pod both count.
    for (const pod of pods.filter(({ verdict }) => !POD_VERDICTS[verdict])) {
      const first = now.get(keyOf(pod));
      now.set(keyOf(pod), {
        pod: first?.pod ?? pod,
        what: [...(first === undefined ? [] : [first.what]), detailOf(pod)].sort().join('\n'),
      });
    }
    const changes: AuditChange[] = [];
    for (const [key, { pod, what }] of now) {
      const known = before.get(key);
      if (known?.what !== what) changes.push({ what: known === undefined ? 'new' : 'changed', pod });
    }
    for (const [key, { pod }] of before)
      if (!now.has(key)) changes.push({ what: names.has(key) ? 'well' : 'gone', pod: wellOf(pod, pods) });
    before = now;
    return changes;
  };
  return { round, size: () => before.size };
}

function keyOf({ namespace, pod, uid }: AuditedPod): string {
  return `${namespace}/${pod} ${uid}`;
}

function wellOf(pod: AuditedPod, pods: readonly AuditedPod[]): AuditedPod {
  return pods.find((one) => keyOf(one) === keyOf(pod)) ?? pod;
}

/** Its process is left out: a proxy that was started again is the same pod. */
function detailOf({ verdict, release, drift, differences, findings = [], reason }: AuditedPod): string {
  return JSON.stringify([verdict, release, drift, differences, findings.map(({ code }) => code), reason]);
}
