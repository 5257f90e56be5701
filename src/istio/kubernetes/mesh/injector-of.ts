/** Which of a cluster's control planes injects a workload: by the webhooks that Kubernetes calls, and by what an injected pod says. */

import type { Workload } from '../manifest/workload.ts';
import { selects } from '../selectors.ts';
import type { Injector, Mesh } from './mesh.ts';

const REVISION = 'istio.io/rev';
const STATUS = 'sidecar.istio.io/status';

/** The first injector whose webhook selects a pod of the workload; undefined where none does, and where no webhook or namespace is known. */
export function injectorOf({ pod, namespace }: Workload, { injectors = [], namespaces }: Mesh): Injector | undefined {
  const space = namespaces.get(namespace);
  if (space === undefined) return undefined;
  return injectors.find(({ webhooks }) =>
    webhooks.some(({ ofNamespace, ofPod }) => selects(ofNamespace, space.labels) && selects(ofPod, pod.labels)),
  );
}

/** The mesh as the control plane of this workload has it, with what stands among the manifests. */
export function meshOf(workload: Workload, mesh: Mesh): Mesh {
  const { revisions } = mesh;
  if (revisions === undefined || revisions.size < 2) return mesh;
  const revision = revisionOf(workload, mesh);
  const own = revision === undefined ? undefined : revisions.get(revision);
  if (own === undefined) return mesh;
  const known = MADE.get(mesh) ?? new Map<string, Mesh>();
  MADE.set(mesh, known);
  const { proxyConfigs, namespaces, injectors } = mesh;
  const made = known.get(revision ?? '') ?? { ...own, proxyConfigs, namespaces, revisions, ...(injectors && { injectors }) };
  known.set(revision ?? '', made);
  return made;
}

/** What is asked for thousands of pods is the very same value for each of them. */
const MADE = new WeakMap<Mesh, Map<string, Mesh>>();

/** What injected it, by its own words, or else what would. */
function revisionOf(workload: Workload, mesh: Mesh): string | undefined {
  const { annotations, labels } = workload.pod;
  const status = annotations.get(STATUS)?.value;
  const revision = status === undefined ? undefined : (/"revision":\s*"([^"]*)"/.exec(status)?.[1] ?? annotations.get(REVISION)?.value);
  return named(revision ?? injectorOf(workload, mesh)?.revision ?? labels.get(REVISION)?.value);
}

/** The control plane without a name of its own is called `default`. */
function named(revision: string | undefined): string | undefined {
  return revision === 'default' ? '' : revision;
}
