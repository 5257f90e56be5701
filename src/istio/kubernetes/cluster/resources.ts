/** Where an API server has what is fetched from it, as a table. */

import { kindNamed, podKind } from '../manifest/kinds.ts';

export interface ClusterResource {
  readonly kind: string;
  /** As paths and rights name it. */
  readonly plural: string;
  /** The ways to it, the newest version first: a server has some of them. */
  readonly roots: readonly string[];
  /** Whether it is listed to find owners that have no pods now; what only owners make is not. */
  readonly owns?: true;
}

const RESOURCES: readonly ClusterResource[] = [
  { kind: 'Pod', plural: 'pods', roots: ['api/v1'] },
  { kind: 'Deployment', plural: 'deployments', roots: ['apis/apps/v1'], owns: true },
  { kind: 'StatefulSet', plural: 'statefulsets', roots: ['apis/apps/v1'], owns: true },
  { kind: 'DaemonSet', plural: 'daemonsets', roots: ['apis/apps/v1'], owns: true },
  { kind: 'ReplicaSet', plural: 'replicasets', roots: ['apis/apps/v1'], owns: true },
  { kind: 'ReplicationController', plural: 'replicationcontrollers', roots: ['api/v1'], owns: true },
  { kind: 'Job', plural: 'jobs', roots: ['apis/batch/v1'], owns: true },
  { kind: 'CronJob', plural: 'cronjobs', roots: ['apis/batch/v1', 'apis/batch/v1beta1'], owns: true },
  { kind: 'DeploymentConfig', plural: 'deploymentconfigs', roots: ['apis/apps.openshift.io/v1'], owns: true },
  { kind: 'Rollout', plural: 'rollouts', roots: ['apis/argoproj.io/v1alpha1'], owns: true },
];

/** What touches pods and is none. */
export const NAMESPACES: ClusterResource = { kind: 'Namespace', plural: 'namespaces', roots: ['api/v1'] };
export const PROXY_CONFIGS: ClusterResource = {
  kind: 'ProxyConfig',
  plural: 'proxyconfigs',
  roots: ['apis/networking.istio.io/v1beta1'],
};
export const CONFIG_MAPS: ClusterResource = { kind: 'ConfigMap', plural: 'configmaps', roots: ['api/v1'] };
export const WEBHOOKS: ClusterResource = {
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  roots: ['apis/admissionregistration.k8s.io/v1', 'apis/admissionregistration.k8s.io/v1beta1'],
};

/** Kinds whose objects may have no pods now. */
export const OWNERS: readonly ClusterResource[] = RESOURCES.filter(({ owns }) => owns);

export const PODS = resourceOf('Pod');

/** The resource of a kind. Throws for one that is not in the table. */
export function resourceOf(kind: string): ClusterResource {
  const found = RESOURCES.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`no resource of the kind ${kind}`);
  return found;
}

/** The resource that kubectl takes a word for: `deploy`, `deployments.apps`, `Deployment`; undefined for any other word. */
export function resourceNamed(word: string): ClusterResource | undefined {
  const [first = '', ...behind] = word.split('.');
  const kind = kindNamed(first) ?? (/^rollouts?$/i.test(first) ? 'Rollout' : undefined);
  const found = RESOURCES.find((one) => one.kind === kind);
  if (found === undefined || behind.length === 0) return found;
  // `deployments.v1.apps` names the version as well.
  const group = (/^v\d\w*$/.test(behind[0] ?? '') ? behind.slice(1) : behind).join('.');
  return found.roots.some((root) => groupIn(root) === group) || podKind(found.kind)?.groups.includes(group) ? found : undefined;
}

function groupIn(root: string): string {
  return root.startsWith('apis/') ? (root.split('/')[1] ?? '') : '';
}
