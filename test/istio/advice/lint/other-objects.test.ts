/** Annotations of Istio wherever they are written, and what of them is found in place. */

import { describe, expect, it } from 'vitest';
import { lintFiles } from '../../../cli/lint/linting.ts';

const T = 'traffic.sidecar.istio.io/';

async function found(text: string, installer?: string): Promise<readonly string[]> {
  const { output } = await lintFiles({ 'a.yaml': text }, { output: 'json', ...(installer === undefined ? {} : { installer }) });
  const { results } = JSON.parse(output) as { results: { code: string; places: { line: number }[] }[] };
  return results.flatMap(({ code, places }) => places.map(({ line }) => `${code} ${line}`));
}

describe('annotations are checked where they stand', () => {
  it.each<[string, string, readonly string[]]>([
    ['values of a chart', `web:\n  podAnnotations:\n    ${T}excludeInboundPorts: "80a"\n`, ['refused-by-injector 3', 'pods-not-known 1']],
    [
      'values of a chart with a key of the charts of Istio',
      `global: {x: 1}\nannotations:\n  ${T}excludeInboundPort: "80"\n`,
      ['unknown-annotation 3', 'pods-not-known 1'],
    ],
    [
      'a HelmRelease',
      `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec:\n  values:\n    podAnnotations: {${T}includeOutboundIPRanges: 10.0.0.0/33}\n`,
      ['refused-by-injector 6', 'pods-not-known 1'],
    ],
    [
      'an Argo Application with values as a text',
      `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source:\n    helm:\n      values: |\n        podAnnotations:\n          ${T}excludeOutboundPorts: "1,x"\n`,
      ['refused-by-injector 9', 'pods-not-known 1'],
    ],
    [
      'an operator that passes annotations on',
      `apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {name: a}\nspec:\n  kafka: {template: {pod: {metadata: {annotations: {${T}excludeInboundPorts: "9O92"}}}}}\n`,
      ['refused-by-injector 5', 'pods-not-known 1'],
    ],
    [
      'an operation of a JSON patch',
      `- op: replace\n  path: /spec/template/metadata/annotations/traffic.sidecar.istio.io~1excludeOutboundPorts\n  value: 1.5\n`,
      ['refused-by-injector 3', 'pods-not-known 1'],
    ],
    [
      'a JSON patch that adds all at once, in JSON',
      `[{"op": "add", "path": "/metadata/annotations", "value": {"${T}excludeOutboundPorts": "x"}}]`,
      ['refused-by-injector 1', 'pods-not-known 1'],
    ],
    [
      'a kustomization for all that it makes',
      `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\ncommonAnnotations: {${T}excludeInboundPorts: "-1"}\n`,
      ['refused-by-injector 3', 'pods-not-known 1'],
    ],
    ['what the program refuses', `podAnnotations: {${T}includeOutboundPorts: "80a"}\n`, ['refused-by-program 1', 'pods-not-known 1']],
    [
      'two that contradict each other',
      `a: {${T}excludeOutboundIPRanges: 10.0.0.0/8, ${T}includeOutboundIPRanges: 10.1.0.0/16}\n`,
      ['range-both 1', 'pods-not-known 1'],
    ],
    [
      'what a template fills in',
      `a: {${T}excludeOutboundPorts: "{{ .Values.ports }}", ${T}includeInboundPorts: "\${PORTS}"}\n`,
      ['pods-not-known 1'],
    ],
  ])('%s', async (_, text, wanted) => {
    expect(await found(text)).toEqual(wanted);
  });
});

describe('annotations that nobody reads there', () => {
  const DEPLOYMENT = (metadata: string, template: string): string =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a${metadata}}\nspec:\n  template:\n    metadata: {labels: {app: a}}\n${template}    spec: {containers: [{name: a}]}\n`;

  it.each<[string, string, readonly string[]]>([
    ['labels of the pods', DEPLOYMENT('', '').replace('app: a', `${T}excludeInboundPorts: "1"`), ['annotation-as-label 6']],
    ['labels of the Deployment', DEPLOYMENT(`, labels: {${T}excludeInboundPorts: "1"}`, ''), ['annotation-as-label 3']],
    [
      'beside the metadata of the template',
      DEPLOYMENT('', `    annotations: {${T}excludeInboundPorts: "1"}\n`),
      ['misplaced-annotation 7'],
    ],
    [
      'in the spec of the pods',
      DEPLOYMENT('', '').replace('spec: {c', `spec: {annotations: {${T}excludeInboundPorts: "1"}, c`),
      ['misplaced-annotation 7'],
    ],
    [
      'a Service',
      `apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {${T}excludeInboundPorts: "1"}}\n`,
      ['misplaced-annotation 3'],
    ],
    [
      'a Namespace',
      `apiVersion: v1\nkind: Namespace\nmetadata: {name: a, annotations: {${T}excludeInboundPorts: "1"}}\n`,
      ['misplaced-annotation 3'],
    ],
    [
      'an Ingress',
      `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, annotations: {sidecar.istio.io/interceptionMode: NONE}}\n`,
      ['misplaced-annotation 3'],
    ],
    ['podLabels of a chart', `podLabels: {${T}excludeInboundPorts: "1", sidecar.istio.io/inject: "true"}\n`, ['annotation-as-label 1']],
    [
      'a patch of the StatefulSet itself',
      `kind: Kustomization\npatches:\n- target: {kind: StatefulSet}\n  patch: |\n    - {op: add, path: /metadata/annotations/traffic.sidecar.istio.io~1excludeInboundPorts, value: "1"}\n`,
      ['misplaced-annotation 5'],
    ],
  ])('%s', async (_, text, wanted) => {
    expect(await found(text)).toEqual(wanted);
  });

  it.each([
    ['the label that is read', `podLabels: {sidecar.istio.io/inject: "true"}\n---\n${DEPLOYMENT('', '')}`],
    [
      'a copy of the object',
      `apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"metadata":{"annotations":{"${T}excludeInboundPorts":"x"}}}'}}\n---\n${DEPLOYMENT('', '')}`,
    ],
    [
      'a revision of a StatefulSet',
      `apiVersion: apps/v1\nkind: ControllerRevision\nmetadata: {name: a}\ndata: {spec: {template: {metadata: {annotations: {${T}excludeInboundPorts: x}}}}}\n---\n${DEPLOYMENT('', '')}`,
    ],
    [
      'what is removed',
      `- {op: remove, path: /metadata/annotations/traffic.sidecar.istio.io~1excludeInboundPorts}\n---\n${DEPLOYMENT('', '')}`,
    ],
  ])('%s is nothing to tell of', async (_, text) => {
    expect((await found(text)).filter((one) => !one.startsWith('wrong-type'))).toEqual([]);
  });
});

describe('Pod Security', () => {
  const IN = (level: string, more = ''): string =>
    `apiVersion: v1\nkind: Namespace\nmetadata: {name: pay, labels: {istio-injection: enabled, pod-security.kubernetes.io/enforce: ${level}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: pay, annotations: {${more}}}\nspec: {containers: [{name: a}]}\n`;

  it.each([
    ['restricted', undefined, '', ['pod-security 3']],
    ['baseline', undefined, '', ['pod-security 3']],
    ['privileged', undefined, '', []],
    ['restricted', 'cni', '', []],
    ['restricted', undefined, 'sidecar.istio.io/inject: "false"', []],
    ['restricted', undefined, 'sidecar.istio.io/interceptionMode: NONE', []],
    ['baseline', 'cni', 'sidecar.istio.io/interceptionMode: TPROXY', ['pod-security 3']],
  ])('%s with %s and %s', async (level, installer, more, wanted) => {
    expect(await found(IN(level, more), installer)).toEqual(wanted);
  });
});

it('a Sidecar changes what the proxy listens on, and not what is captured', async () => {
  const sidecar = `apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: a}\nspec:\n  egress: [{captureMode: NONE, port: {number: 9080}}, {captureMode: IPTABLES}, {captureMode: DEFAULT}]\n`;
  expect(await found(sidecar)).toEqual(['sidecar-capture-mode 5']);
});
