/** Workloads and meshes by hand: every text stands in a line of its own, so that its place is known. */

import type { Container, Texts, Workload } from '../../../../src/istio/kubernetes/manifest/workload.ts';
import type { Mesh, MeshValue } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import type { Origin, Sourced } from '../../../../src/istio/origin.ts';

type Record_ = Readonly<Record<string, string>>;

export function at(file: string, key: string): Origin {
  return { kind: 'file', file, line: 1 + key.length, column: 1, key };
}

export function texts(given: Record_, file = 'pod.yaml'): Texts {
  return new Map(Object.entries(given).map(([key, value]) => [key, { value, source: at(file, key) }]));
}

export function word(value: string, line = 0): Sourced<string> {
  return { value, source: { kind: 'file', file: 'pod.yaml', line, column: 7 } };
}

export interface ContainerWords {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Record_;
  readonly envFrom?: readonly string[];
  /** `8080` or `53/UDP`. */
  readonly ports?: readonly string[];
  readonly ids?: { readonly user?: string; readonly group?: string };
  readonly restartPolicy?: string;
}

export function container(name: string, given: ContainerWords = {}): Container {
  const { image, command = [], args = [], env = {}, envFrom = [], ports = [], ids = {}, restartPolicy } = given;
  return {
    name: word(name),
    ...(image === undefined ? {} : { image: word(image, 20) }),
    command: command.map((text, index) => word(text, 100 + index)),
    args: args.map((text, index) => word(text, 200 + index)),
    env: texts(env),
    envFrom: envFrom.map((text) => word(text, 30)),
    ports: ports.map((port) => ({ port: word(port.split('/')[0] ?? ''), protocol: port.split('/')[1] ?? 'TCP' })),
    ids: {
      ...(ids.user === undefined ? {} : { runAsUser: word(ids.user, 40) }),
      ...(ids.group === undefined ? {} : { runAsGroup: word(ids.group, 41) }),
      supplementalGroups: [],
    },
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
  };
}

export interface WorkloadWords {
  readonly annotations?: Record_;
  readonly labels?: Record_;
  readonly namespace?: string;
  readonly hostNetwork?: boolean;
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

export function workload(given: WorkloadWords = {}): Workload {
  const { annotations = {}, labels = {}, namespace = 'shop', hostNetwork = false, containers = [], initContainers = [] } = given;
  const source = at('pod.yaml', 'pod');
  return {
    kind: 'Pod',
    namespace,
    name: 'reviews',
    source,
    annotations: new Map(),
    pod: {
      source,
      annotations: texts(annotations),
      labels: texts(labels),
      hostNetwork,
      ids: { supplementalGroups: [] },
      containers,
      initContainers,
      addresses: [],
    },
  };
}

export function mesh(values: Partial<Record<MeshValue, string>>, more: Partial<Mesh> = {}): Mesh {
  return { ...NO_MESH, values: texts(values as Record_, 'values.yaml') as Mesh['values'], ...more };
}

/** A mesh in which a namespace has labels and annotations. */
export function withNamespace(
  name: string,
  { labels = {}, annotations = {} }: { readonly labels?: Record_; readonly annotations?: Record_ },
): Mesh {
  return {
    ...NO_MESH,
    namespaces: new Map([[name, { source: at('ns.yaml', name), labels: texts(labels), annotations: texts(annotations) }]]),
  };
}

/** A mesh on OpenShift, without the plugin, in which the namespace `shop` has annotations and asks for injection. */
export function openShift({ annotations }: { readonly annotations: Record_ }): Mesh {
  const values = mesh({ 'global.platform': 'openshift', 'pilot.cni.enabled': 'false' }).values;
  return { ...withNamespace('shop', { labels: { 'istio-injection': 'enabled' }, annotations }), values };
}
