/** The names of the workloads in the files that a command line names. */

import { manifestItems } from '../../host/manifests.ts';
import { kindNamed } from '../../istio/kubernetes/manifest/kinds.ts';
import { NO_MESH } from '../../istio/kubernetes/mesh/mesh.ts';
import { ownerOf } from '../../istio/kubernetes/rule-groups/owner.ts';
import { isSource } from '../../sources/implicit-source.ts';

/** Nobody chooses from a longer list, and a whole cluster takes a while to read. */
const MOST = 200;

/** Of every word before the cursor that is a file: `Deployment/shop/orders`, or as much of it as is begun (`ord`, `shop/ord`, `deploy/ord`). */
export async function workloadWords(before: readonly string[], partial: string): Promise<readonly string[]> {
  const files = before.map((word) => word.replace(/^(?:--filename|-f)=/, '')).filter((word) => !word.startsWith('-') && isSource(word));
  const names = new Set<string>();
  try {
    for await (const item of manifestItems(files, { rootNamespace: NO_MESH.rootNamespace })) {
      if (item.kind === 'workload') for (const word of wordsOf(ownerOf(item.workload), partial)) names.add(word);
      if (names.size === MOST) break;
    }
  } catch {
    // What can't be read has no names; the command itself will say why.
  }
  return [...names];
}

/** The longest way to write it that begins so. */
function wordsOf(owner: string, partial: string): readonly string[] {
  const [kind = '', namespace = '', name = ''] = owner.replace(' ', '/').split('/');
  const [begun = ''] = /^[^/]+(?=\/)/.exec(partial) ?? [];
  const kinds = kindNamed(begun) === kind ? [begun, kind] : [kind];
  const all = [...kinds.map((one) => `${one}/${namespace}/${name}`), `${namespace}/${name}`, ...kinds.map((one) => `${one}/${name}`), name];
  return all.filter((word) => word.startsWith(partial)).slice(0, 1);
}
