/** The kinds of Kubernetes with pods in them, as a table. */

export interface PodKind {
  /** API groups; the empty one is Kubernetes' core. */
  readonly groups: readonly string[];
  /** The way to the pod template; empty where the object is the pod itself. */
  readonly template: readonly string[];
  /** The way to an object between the two that has metadata of its own. */
  readonly between?: readonly string[];
  /** kubectl's short name. */
  readonly short?: string;
}

const TEMPLATE = ['spec', 'template'];
// Deployments, DaemonSets and ReplicaSets lived in `extensions` up to Kubernetes 1.15: old charts still say so.
const APPS = ['apps', 'extensions'];

export const POD_KINDS = {
  Pod: { groups: [''], template: [], short: 'po' },
  Deployment: { groups: APPS, template: TEMPLATE, short: 'deploy' },
  StatefulSet: { groups: APPS, template: TEMPLATE, short: 'sts' },
  DaemonSet: { groups: APPS, template: TEMPLATE, short: 'ds' },
  ReplicaSet: { groups: APPS, template: TEMPLATE, short: 'rs' },
  ReplicationController: { groups: [''], template: TEMPLATE, short: 'rc' },
  Job: { groups: ['batch'], template: TEMPLATE },
  CronJob: { groups: ['batch'], template: ['spec', 'jobTemplate', ...TEMPLATE], between: ['spec', 'jobTemplate'], short: 'cj' },
  DeploymentConfig: { groups: ['apps.openshift.io'], template: TEMPLATE, short: 'dc' },
  PodTemplate: { groups: [''], template: ['template'] },
} as const satisfies Record<string, PodKind>;

/** All kinds that make rules, for the nearest word to a misspelt one. */
export const KINDS_READ: readonly string[] = [...Object.keys(POD_KINDS), 'WorkloadGroup', 'List'];

/** What every kind of somebody else's is read as that has a pod template where Deployments have theirs: Rollout, CloneSet, Knative's Service. */
export const ANY_KIND: PodKind = { groups: [], template: TEMPLATE };

/** Groups whose kinds are all known here: another name among them is misspelt. */
export function isKubernetesOwn(group: string): boolean {
  return ['', 'apps', 'extensions', 'batch'].includes(group);
}

/** The kind that kubectl takes a word for: `deploy`, `deployments`, `Deployment`. */
export function kindNamed(word: string): string | undefined {
  const lower = word.toLowerCase();
  return Object.entries(POD_KINDS).find(
    ([kind, { short }]: readonly [string, PodKind]) => short === lower || [kind.toLowerCase(), `${kind.toLowerCase()}s`].includes(lower),
  )?.[0];
}

export function podKind(kind: string): PodKind | undefined {
  return Object.hasOwn(POD_KINDS, kind) ? POD_KINDS[kind as keyof typeof POD_KINDS] : undefined;
}

/** `apps` of `apps/v1`, nothing of `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
