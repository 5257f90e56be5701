/** What a process of a pod tells of it: its environment, and the files that Kubernetes puts beside it. */

import type { ProxyProcess } from '../../istio/found/audit/proxy-process.ts';
import { VARIABLES } from '../../istio/found/audit/proxy-process.ts';
import { textInside } from './file-in-pod.ts';
import { startOfFile } from './start-of-file.ts';

/** The downward API's file, which the injector mounts for the proxy. */
const ANNOTATIONS = '/etc/istio/pod/annotations';

// No program is started with more (the kernel's bound on arguments and environment, fs/exec.c); a process can have it changed afterwards.
const MOST_ENVIRONMENT = 6 * 1024 * 1024;
const MOST_CGROUP = 64 * 1024;

/** Reads what there is; what is not there, or may not be read, is empty. */
export function readPodProcess(pid: number): ProxyProcess {
  return {
    pid,
    environment: environmentIn(ownText(`/proc/${pid}/environ`, MOST_ENVIRONMENT + 1)),
    annotations: textInside(pid, ANNOTATIONS),
    // The kubelet names a pod's host after it.
    hostname: textInside(pid, '/etc/hostname').trim(),
    uid: uidIn(ownText(`/proc/${pid}/cgroup`, MOST_CGROUP)),
  };
}

/** `.../pod1a2b3c4d-...` with cgroupfs, `...-pod1a2b3c4d_....slice` with systemd; a pod of the node's own files has a bare hash. */
export function uidIn(cgroup: string): string {
  return /pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?![0-9a-f])/.exec(cgroup)?.[1]?.replaceAll('_', '-') ?? '';
}

/**
 * The variables that are looked at, and no others: there may be a million. Of a name that stands there twice the first
 * counts, as it does for the agent (Go's os.Getenv). A text that is too long may be cut before what decides, and has none.
 */
export function environmentIn(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (Buffer.byteLength(text) > MOST_ENVIRONMENT) return found;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\0', at);
    const word = text.slice(at, end < 0 ? undefined : end);
    const name = word.slice(0, Math.max(0, word.indexOf('=')));
    if (VARIABLES.has(name) && !found.has(name)) found.set(name, word.slice(name.length + 1));
    at += word.length + 1;
  }
  return found;
}

function ownText(file: string, most: number): string {
  try {
    return startOfFile(file, most);
  } catch {
    return '';
  }
}
