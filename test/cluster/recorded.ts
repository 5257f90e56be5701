/** A small cluster as an API server has it: an injected Deployment with its pods, one that has none, a CronJob, two control planes. */

import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { ROOT } from '../cli/program.ts';
import type { Recorded } from './api-server.ts';

interface PodText {
  readonly metadata: object;
  readonly spec: { readonly initContainers: readonly { readonly args?: readonly string[] }[] };
}

const INJECTED = load(readFileSync(`${ROOT}docs/examples/injected-1.28.yaml`, 'utf8').replace(/^---[\s\S]*$/m, '')) as PodText;

interface PodOptions {
  readonly namespace?: string;
  /** Of the owner; the pod is named by it. */
  readonly app: string;
  readonly number?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly excludePorts?: string;
}

/** A pod that Istio 1.28.0 has injected, made by a Deployment's ReplicaSet. */
export function injectedPod({ namespace = 'shop', app, number = 1, annotations = {}, excludePorts }: PodOptions): Recorded {
  const [istioInit, ...others] = INJECTED.spec.initContainers;
  const args = (istioInit?.args ?? []).map((word, index, all) =>
    all[index - 1] === '-d' && excludePorts !== undefined ? `${word},${excludePorts}` : word,
  );
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...INJECTED.metadata,
      annotations: { ...(INJECTED.metadata as { annotations: Record<string, string> }).annotations, ...annotations },
      name: `${app}-59757bb7d8-${number}`,
      namespace,
      labels: { app, 'pod-template-hash': '59757bb7d8' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${app}-59757bb7d8`, uid: `rs-${app}`, controller: true }],
      managedFields: [{ manager: 'kubelet', fieldsV1: { 'f:status': {} } }],
    },
    // An API server fills in the first, and kubectl 1.33 relies on it.
    spec: { ...INJECTED.spec, initContainers: [{ ...istioInit, args }, ...others] },
    status: { phase: 'Running', podIPs: [{ ip: `10.1.0.${number}` }] },
  };
}

interface OwnerOptions {
  readonly namespace?: string;
  readonly name: string;
  readonly kind?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What makes pods, with one container. */
export function owner({ namespace = 'shop', name, kind = 'Deployment', annotations = {}, labels = {} }: OwnerOptions): Recorded {
  const template = {
    metadata: { labels: { app: name, ...labels }, annotations },
    spec: { containers: [{ name: 'app', image: 'example.com/app:1', ports: [{ containerPort: 8080 }] }] },
  };
  const metadata = { name, namespace, labels: { app: name }, uid: `${kind}-${namespace}-${name}` };
  if (kind === 'CronJob')
    return { apiVersion: 'batch/v1beta1', kind, metadata, spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template } } } };
  const apiVersion = kind === 'ReplicationController' ? 'v1' : kind === 'Job' ? 'batch/v1' : 'apps/v1';
  const selector = kind === 'ReplicationController' ? { app: name } : { matchLabels: { app: name } };
  return { apiVersion, kind, metadata, spec: { selector, template } };
}

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): Recorded {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'kubernetes.io/metadata.name': name, ...labels } } };
}

/** The ConfigMaps of a control plane of a release; `values` are the chart's, beside the tag. */
export function controlPlane(revision: string, tag: string, proxy: Readonly<Record<string, string>> = {}): readonly Recorded[] {
  const end = revision === '' ? '' : `-${revision}`;
  const labels = { 'istio.io/rev': revision === '' ? 'default' : revision };
  const values = { global: { tag, proxy }, revision };
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `istio${end}`, namespace: 'istio-system', labels },
      data: { mesh: 'defaultConfig: {}\n' },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `istio-sidecar-injector${end}`, namespace: 'istio-system', labels },
      data: { values: JSON.stringify(values) },
    },
  ];
}

/** The webhooks of a control plane, or of a tag, as the charts of 1.28 make them. */
export function webhooks(revision: string, { tag, only }: { readonly tag?: string; readonly only?: object } = {}): Recorded {
  const asked = tag ?? (revision === '' ? 'default' : revision);
  const rev = revision === '' ? 'default' : revision;
  const clientConfig = { service: { name: 'istiod', namespace: 'istio-system', path: '/inject' } };
  const webhook = (name: string, ofNamespace: readonly object[], ofPod: readonly object[]): object => ({
    name: `${name}.sidecar-injector.istio.io`,
    clientConfig,
    namespaceSelector: { matchExpressions: ofNamespace },
    objectSelector: { ...(only === undefined ? {} : { matchLabels: only }), matchExpressions: ofPod },
  });
  const [IS, NO, INJECT] = ['istio.io/rev', 'istio-injection', 'sidecar.istio.io/inject'];
  const notRefused = { key: INJECT, operator: 'NotIn', values: ['false'] };
  const byLabel = asked === 'default' ? [webhook('namespace', [{ key: NO, operator: 'In', values: ['enabled'] }], [notRefused])] : [];
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: {
      name: tag === undefined ? `istio-sidecar-injector-${rev}` : `istio-revision-tag-${tag}`,
      labels: { 'istio.io/rev': rev, ...(tag === undefined ? {} : { 'istio.io/tag': tag }) },
    },
    webhooks: [
      webhook(
        'rev.namespace',
        [
          { key: IS, operator: 'In', values: [asked] },
          { key: NO, operator: 'DoesNotExist' },
        ],
        [notRefused],
      ),
      ...byLabel,
    ],
  };
}
