/** Annotations of a sidecar on pods of ambient mode, which has none. */

import { describe, expect, it } from 'vitest';
import type { LintRequest } from '../../../src/istio/advice/lint.ts';
import { readManifest } from '../../../src/istio/kubernetes/manifest/read.ts';
import { withContext } from '../../../src/istio/kubernetes/mesh/context.ts';
import { NO_MESH } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import type { YamlNode } from '../../../src/istio/yaml.ts';
import { readYaml } from '../../../src/istio/yaml.ts';
import { APP, at, diagnosticsOf, pod } from './lint-workloads.ts';

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
        expect.stringMatching(/^ignored-without-injection: .* is without effect: the pod is not injected \(it is in ambient mode\)/),
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
