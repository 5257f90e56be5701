/** Which pods are whose: owners as Kubernetes makes them. */

import type { KubeObject } from './object.ts';
import { controllerOf } from './object.ts';

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

const IN_WORDS: Readonly<Record<string, (key: string, values: readonly string[]) => string>> = {
  In: (key, values) => `${key} in (${values.join(',')})`,
  NotIn: (key, values) => `${key} notin (${values.join(',')})`,
  Exists: (key) => key,
  DoesNotExist: (key) => `!${key}`,
};

/** The selector of an owner as a query has it; undefined where it selects nothing that can be asked for. */
export function selectorText({ kind, spec }: KubeObject): string | undefined {
  const given = spec?.['selector'];
  if (typeof given !== 'object' || given === null) return undefined;
  // Those of ReplicationControllers and DeploymentConfigs are labels alone.
  const isBare = kind === 'ReplicationController' || kind === 'DeploymentConfig';
  const { matchLabels = {}, matchExpressions = [] }: Selector = isBare ? { matchLabels: given as Record<string, string> } : given;
  const parts = [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) => IN_WORDS[operator]?.(key, values) ?? key),
  ];
  return parts.length === 0 ? undefined : parts.join(',');
}

/** Whether a pod is an owner's, itself or by a set between the two, which has the owner's name with a hash or a number behind it. */
export function madeBy(pod: KubeObject, { kind, metadata = {} }: KubeObject): boolean {
  const controller = controllerOf(pod);
  if (controller === undefined) return false;
  if (controller.uid !== undefined && controller.uid === metadata.uid) return true;
  const between = SETS[kind ?? ''];
  return between !== undefined && controller.kind === between && withoutEnd(controller.name) === metadata.name;
}

/** What an owner makes its pods by. */
const SETS: Readonly<Record<string, string>> = {
  Deployment: 'ReplicaSet',
  Rollout: 'ReplicaSet',
  DeploymentConfig: 'ReplicationController',
  CronJob: 'Job',
};

function withoutEnd(name: string): string {
  return name.replace(/-[^-]+$/, '');
}

/** The owners that have pods. */
export interface CoveredOwners {
  readonly add: (pod: KubeObject) => void;
  readonly has: (owner: KubeObject) => boolean;
}

export function coveredOwners(): CoveredOwners {
  const keys = new Set<string>();
  const key = (namespace: string | undefined, kind: string, name: string): string => `${namespace} ${kind} ${name}`;
  return {
    add: (pod) => {
      const controller = controllerOf(pod);
      if (controller === undefined) return;
      const { namespace } = pod.metadata ?? {};
      keys.add(key(namespace, controller.kind, controller.name));
      for (const [kind, between] of Object.entries(SETS))
        if (between === controller.kind) keys.add(key(namespace, kind, withoutEnd(controller.name)));
    },
    has: ({ kind = '', metadata = {} }) => keys.has(key(metadata.namespace, kind, metadata.name ?? '')),
  };
}
