/** Other init containers that run while there are rules and no proxy. */

import { printOwnerRange } from '../../../netfilter/numbers.ts';
import type { Container } from '../../kubernetes/manifest/workload.ts';
import { ISTIO_CONTAINERS, isOneOf } from './identity.ts';
import type { WorkloadCheck } from './subject.ts';

/**
 * The init container of Istio comes last (`reorderPod` in pkg/kube/inject/webhook.go), unless the proxy is a native sidecar:
 * then it comes first and the proxy behind it. The CNI plugin makes its rules before any container starts.
 */
export const withoutProxy: WorkloadCheck = ({ workload: { pod }, made, settings, profile }) => {
  if (made?.injection.kind !== 'arguments' || settings === undefined) return [];
  const { values } = settings;
  if (values['outbound.includeRanges'].length === 0 && values['outbound.includePorts'].length === 0) return [];
  const native = profile.has('injectsNativeSidecars');
  const cni = made.injection.installer === 'cni';
  return waiting(pod.initContainers, cni, made.found)
    .filter(
      ({ ids }) =>
        !isOneOf(values['proxy.uids'], ids.runAsUser ?? pod.ids.runAsUser) &&
        !isOneOf(values['proxy.gids'], ids.runAsGroup ?? pod.ids.runAsGroup),
    )
    .filter(() => made.found || !native || pod.annotations.get(NATIVE)?.value !== 'true')
    .map(({ name }) => ({
      code: 'init-container-without-proxy',
      source: name.source,
      args: {
        container: name.value,
        user: values['proxy.uids'].map(printOwnerRange).join(' or '),
        unless: made.found || !native ? '' : ', unless the proxy is a native sidecar',
        native: native ? 'make the proxy a native sidecar, ' : '',
      },
    }));
};

const NATIVE = 'sidecar.istio.io/nativeSidecar';

function waiting(all: readonly Container[], cni: boolean, found: boolean): readonly Container[] {
  const others = (some: readonly Container[]): readonly Container[] => some.filter(({ name }) => !ISTIO_CONTAINERS.includes(name.value));
  // Not injected yet: an init container of Istio goes behind all others.
  if (!found) return cni ? others(all) : [];
  const rules = cni ? -1 : all.findIndex(({ name }) => name.value === 'istio-init');
  const proxy = all.findIndex(({ name, restartPolicy }) => name.value === 'istio-proxy' && restartPolicy === 'Always');
  return others(all.slice(rules + 1, proxy < 0 ? all.length : proxy));
}
