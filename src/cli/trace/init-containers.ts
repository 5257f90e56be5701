/** The init containers of a workload that run before its rules, or before its proxy: of their traffic a trace does not tell. */

import type { Basis } from '../../istio/advice/explain/basis.ts';
import { isOneOf } from '../../istio/advice/lint/identity.ts';
import { initOrderOf } from '../../istio/kubernetes/init-order.ts';
import type { Container } from '../../istio/kubernetes/manifest/workload.ts';
import { onOneLine } from '../../istio/origin.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';

const NATIVE = ', unless the proxy is a native sidecar, as it is on nodes with kubelet 1.33 or newer';

/** A sentence for each, without a full stop. */
export function earlyContainers(basis: Basis | undefined, { settings }: CapturePlan): readonly string[] {
  if (basis?.kind !== 'workload' || basis.made.injection.kind !== 'arguments') return [];
  const { pod } = basis.made.workload;
  const { beforeRules, beforeProxy, native } = initOrderOf(basis.made, basis.mesh);
  const unless = native === 'by kubelet' ? NATIVE : '';
  const asProxy = ({ ids }: Container): boolean =>
    isOneOf(settings['proxy.uids'].value, ids.runAsUser ?? pod.ids.runAsUser) ||
    isOneOf(settings['proxy.gids'].value, ids.runAsGroup ?? pod.ids.runAsGroup);
  const name = ({ name: { value } }: Container): string => onOneLine(value);
  return [
    ...beforeRules.map((one) => `${name(one)} runs before istio-init makes the rules: nothing that it sends is captured${unless}`),
    ...beforeProxy.map((one) =>
      asProxy(one)
        ? `${name(one)} runs before the proxy, as its user: nothing that it sends is captured`
        : `${name(one)} runs once the rules are there and before the proxy listens: what they send to the proxy is refused${unless}`,
    ),
  ];
}
