/** Annotations of a sidecar on pods of ambient mode, which has none. */

import { describe, expect, it } from 'vitest';
import type { LintRequest } from '../../../../src/istio/advice/lint.ts';
import { readManifest } from '../../../../src/istio/kubernetes/manifest/read.ts';
import { withContext } from '../../../../src/istio/kubernetes/mesh/context.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import type { YamlNode } from '../../../../src/istio/yaml.ts';
import { readYaml } from '../../../../src/istio/yaml.ts';
import { APP, at, diagnosticsOf, pod } from './workloads.ts';

const namespace = (label: string): LintRequest['mesh'] => {
  const text = `apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {${label}}}\n`;
  const items = (readYaml(text) as readonly YamlNode[]).flatMap((document) => readManifest(document, 'ns.yaml'));
  return withContext(NO_MESH, ...items.flatMap((item) => (item.kind === 'namespace' ? item : [])));
};

const AMBIENT = namespace('istio.io/dataplane-mode: ambient');
const told = (annotations: string, mesh: LintRequest['mesh']): readonly string[] =>
  diagnosticsOf(pod(APP, annotations), { mesh, ...at('1.30.3') }).map(({ code, text, fix }) => `${code}: ${text} | ${fix}`);

describe('in a namespace of ambient mode', () => {
  it.each(['excludeOutboundPorts: "80"', 'includeInboundPorts: "80"'])(
    'traffic.sidecar.istio.io/%s has no effect, for that',
    (annotation) => {
      expect(told(`traffic.sidecar.istio.io/${annotation}`, AMBIENT)).toEqual([
        expect.stringMatching(
          /^ignored-in-ambient: .* is without effect: the pod is in ambient mode, where ztunnel reads no annotation of a sidecar/,
        ),
      ]);
    },
  );

  it.each(['traffic.istio.io/excludeInboundPorts', 'traffic.sidecar.istio.io/nonsense'])(
    'nobody is told to write the annotation of a sidecar in the place of %s',
    (name) => {
      expect(told(`${name}: "80"`, AMBIENT)).toEqual([
        expect.stringMatching(
          /^unknown-annotation: .* is no annotation of Istio \| remove it: .*ambient\.istio\.io\/bypass-inbound-capture/,
        ),
      ]);
    },
  );

  it('what ambient mode reads is well', () => {
    expect(told('ambient.istio.io/dns-capture: "false", ambient.istio.io/bypass-inbound-capture: "true"', AMBIENT)).toEqual([]);
  });
});

it('in a namespace that is injected the annotation of a sidecar is the one that is meant', () => {
  expect(told('traffic.istio.io/excludeInboundPorts: "80"', namespace('istio-injection: enabled'))).toEqual([
    expect.stringMatching(/\| write traffic\.sidecar\.istio\.io\/excludeInboundPorts$/),
  ]);
});

describe('what the node agent reads, and of whom', () => {
  const INJECTED = namespace('istio-injection: enabled');
  const at2 = (release: string, annotations: string, mesh = AMBIENT): readonly string[] =>
    diagnosticsOf(pod(APP, annotations), { mesh, ...at(release) }).map(({ code }) => code);

  it('an annotation of the ambient mode does nothing beside a sidecar', () => {
    expect(told('ambient.istio.io/dns-capture: "false"', INJECTED)).toEqual([
      expect.stringMatching(/^ambient-annotation-idle: .*has a sidecar, and is not in ambient mode/),
    ]);
  });

  it.each([
    ['1.23.6', 'ambient.istio.io/bypass-inbound-capture: "true"', ['ambient-annotation-idle']],
    ['1.24.0', 'ambient.istio.io/bypass-inbound-capture: "true"', []],
    ['1.24.6', 'ambient.istio.io/dns-capture: "true"', ['ambient-annotation-idle']],
    ['1.25.0', 'ambient.istio.io/dns-capture: "true"', []],
    ['1.30.3', 'ambient.istio.io/dns-capture: "on"', ['ambient-not-a-boolean']],
    ['1.30.3', 'ambient.istio.io/dns-capture: "T"', []],
  ])('at %s, %s: %j', (release, annotation, codes) => {
    expect(at2(release, annotation)).toEqual(codes);
  });

  it.each([
    ['1.27.9', []],
    ['1.28.0', ['ambient-shared-rules']],
    ['1.28.10', ['ambient-shared-rules']],
    ['1.29.3', ['ambient-shared-rules']],
    ['1.29.4', []],
    ['1.30.0', ['ambient-shared-rules']],
    ['1.30.1', []],
  ])('with native nftables, %s: %j', (release, codes) => {
    const native = { value: 'true', source: { kind: 'file', file: 'values.yaml', line: 2, column: 3 } } as const;
    const mesh = { ...AMBIENT, values: new Map([['global.nativeNftables', native]]) } as typeof AMBIENT;
    expect(at2(release, 'a/b: "1"', mesh)).toEqual(codes);
  });
});
