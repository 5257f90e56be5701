/** Whether Kubernetes calls an injector for a pod at all: the selectors of the cluster's MutatingWebhookConfigurations, or those of the charts. */

import type { Origin } from '../../origin.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Workload } from '../manifest/workload.ts';
import { injectorOf } from '../mesh/injector-of.ts';
import type { Mesh } from '../mesh/mesh.ts';
import { meshSwitch } from './template-data.ts';

const INJECT = 'sidecar.istio.io/inject';
const INJECTION = 'istio-injection';
const REVISION = 'istio.io/rev';

/**
 * Where the selectors of the release's webhooks leave a pod out; undefined where one of them is called. A namespace of which
 * nothing is known is taken for one that asks for injection.
 */
export function withoutWebhook(workload: Workload, mesh: Mesh, profile: Profile): Origin | undefined {
  if (mesh.injectors !== undefined) return withoutInjector(workload, mesh);
  const { pod, namespace } = workload;
  const { labels } = pod;
  const byLabel = profile.has('injectsByLabel');
  const choice = byLabel ? labels.get(INJECT) : undefined;
  if (choice?.value === 'false') return choice.source;
  const space = mesh.namespaces.get(namespace);
  if (space === undefined || space.withoutLabels === true) return undefined;
  if (space.labels.get(INJECTION)?.value === 'disabled') return space.labels.get(INJECTION)?.source;
  const given = mesh.values.get('revision')?.value ?? '';
  const revision = given === '' ? 'default' : given;
  const isDefault = revision === 'default';
  const label = space.labels.get(INJECTION);
  const rev = space.labels.get(REVISION);
  const unlabelled = label === undefined && rev === undefined;
  const called = [
    isDefault && label?.value === 'enabled',
    label === undefined && rev?.value === revision,
    unlabelled && byLabel && isDefault && choice?.value === 'true' && !labels.has(REVISION),
    unlabelled && byLabel && labels.get(REVISION)?.value === revision,
    unlabelled &&
      isDefault &&
      choice === undefined &&
      !labels.has(REVISION) &&
      meshSwitch({ mesh }, 'sidecarInjectorWebhook.enableNamespacesByDefault') !== undefined,
  ].some(Boolean);
  return called ? undefined : ((rev ?? label)?.source ?? space.source);
}

/** The same where the webhooks of the cluster were seen: what stands there is what decides. */
function withoutInjector(workload: Workload, mesh: Mesh): Origin | undefined {
  const space = mesh.namespaces.get(workload.namespace);
  if (space === undefined || injectorOf(workload, mesh) !== undefined) return undefined;
  const choice = workload.pod.labels.get(INJECT) ?? workload.pod.labels.get(REVISION);
  return (choice ?? space.labels.get(REVISION) ?? space.labels.get(INJECTION))?.source ?? space.source;
}
