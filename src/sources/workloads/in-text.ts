/** The workloads of a text that was read already: standard input as a SOURCE, of which nobody knows beforehand whether it holds rules. */

import type { TextFile } from '../../host/files.ts';
import { ManifestText } from '../../host/manifests/text.ts';
import { manifestsOf } from '../../istio/found/page.ts';
import { isProse } from '../../istio/found/page-signs.ts';
import { describedPods, isDescription } from '../../istio/kubernetes/manifest/described-pod.ts';
import { readTree } from '../../istio/kubernetes/manifest/read.ts';
import { withContext } from '../../istio/kubernetes/mesh/context.ts';
import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import type { Passed, Streamed } from './stream.ts';
import { pass, passOther } from './stream.ts';

/** Hands them to `offer`; answers how many there were. What else is there goes into `passed`. */
export function workloadsInText({ file, text }: TextFile, mesh: Mesh, passed: Passed, offer: (one: Streamed) => void): number {
  const reader = new ManifestText(file);
  const items = isDescription(text)
    ? describedPods(text).flatMap((pod) => readTree(pod, file))
    : [...reader.push(Buffer.from(isProse(text) ? manifestsOf(text) : text)), ...reader.end()];
  const context = items.filter((item) => item.kind === 'namespace' || item.kind === 'proxy config');
  const known = withContext(mesh, ...context);
  let count = 0;
  for (const item of items) {
    if (item.kind === 'skipped' || item.kind === 'problem') pass(item, passed);
    else if (item.kind === 'other object') passOther(item, known, passed);
    else if (item.kind === 'workload' || item.kind === 'sidecar') {
      count += 1;
      offer(item.kind === 'workload' ? { ...item, mesh: known } : item);
    }
  }
  return count;
}
