/** The names of the workloads in the files that a command line names. */

import { manifestItems } from '../../host/manifests.ts';
import { NO_MESH } from '../../istio/kubernetes/mesh/mesh.ts';
import { isSource } from '../../sources/implicit-source.ts';

/** Nobody chooses from a longer list, and a whole cluster takes a while to read. */
const MOST = 200;

/** `Deployment/shop/orders`, of every word before the cursor that is a file. */
export async function workloadWords(before: readonly string[]): Promise<readonly string[]> {
  const files = before.map((word) => word.replace(/^(?:--filename|-f)=/, '')).filter((word) => !word.startsWith('-') && isSource(word));
  const names = new Set<string>();
  try {
    for await (const item of manifestItems(files, { rootNamespace: NO_MESH.rootNamespace })) {
      if (item.kind === 'workload') names.add([item.workload.kind, item.workload.namespace, item.workload.name].join('/'));
      if (names.size === MOST) break;
    }
  } catch {
    // What can't be read has no names; the command itself will say why.
  }
  return [...names];
}
