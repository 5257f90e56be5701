/** What a process of a pod tells of it: its environment, and the files that Kubernetes puts beside it. */

import { readFileSync } from 'node:fs';
import type { ProcessTold } from '../../istio/audit/told.ts';
import { textInside } from './inside.ts';

/** The downward API's file, which the injector mounts for the proxy. */
const ANNOTATIONS = '/etc/istio/pod/annotations';

/** Reads what there is; what is not there, or may not be read, is empty. */
export function toldBy(pid: number): ProcessTold {
  return {
    pid,
    environment: environmentOf(pid),
    annotations: textInside(pid, ANNOTATIONS),
    // The kubelet names a pod's host after it.
    hostname: textInside(pid, '/etc/hostname').trim(),
    uid: uidIn(ownText(`/proc/${pid}/cgroup`)),
  };
}

/** `.../pod1a2b3c4d-...` with cgroupfs, `...-pod1a2b3c4d_....slice` with systemd; a pod of the node's own files has a bare hash. */
export function uidIn(cgroup: string): string {
  return /pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?![0-9a-f])/.exec(cgroup)?.[1]?.replaceAll('_', '-') ?? '';
}

function environmentOf(pid: number): ReadonlyMap<string, string> {
  const words = ownText(`/proc/${pid}/environ`).split('\0');
  return new Map(
    words.flatMap((word) => {
      const at = word.indexOf('=');
      return at > 0 ? [[word.slice(0, at), word.slice(at + 1)] as const] : [];
    }),
  );
}

function ownText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
