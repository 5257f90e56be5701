import type { Basis } from '../../istio/advice/explain/basis.ts';
import { initContainerLines, orderText } from '../../istio/kubernetes/init-container-text.ts';
import { initContainersOf } from '../../istio/kubernetes/pod-init-containers.ts';

// Since 1.27 the injector asks the nodes, of which a manifest says nothing.
const NATIVE = '1.33';

/** The init containers that a workload has, or gets, in words; and their order on newer nodes, where it is another. */
export function containerLinesOf({ made, mesh }: Extract<Basis, { kind: 'workload' }>): ReturnType<typeof initContainerLines> {
  const containers = initContainersOf(made, mesh);
  const [order, ...parts] = initContainerLines(containers, made.release.value);
  if (order === undefined) return [];
  const native = orderText(initContainersOf(made, mesh, NATIVE));
  return native === order[1] ? [order, ...parts] : [order, [`with kubelet ${NATIVE} or newer`, native], ...parts];
}
