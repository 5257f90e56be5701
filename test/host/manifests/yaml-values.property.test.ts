import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../src/istio/kubernetes/fingerprint.ts';
import type { ManifestItem } from '../../../src/istio/kubernetes/manifest/item.ts';
import { yamlValues } from '../../../src/istio/kubernetes/manifest/yaml-values.ts';
import { NO_MESH } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { property } from '../../property.ts';
import { rounds } from '../../trials.ts';
import { rawItems, textItems, told } from './reading.ts';

/** Scalars in the spellings that people and programs write, and some that nobody should. */
const SCALARS =
  `80 080 0x50 1_000 1.5 -0 -5 +5 1e3 .5 . 0o17 true True yes off null ~ Null a a:b 10.0.0.1 3069c43a-8c3b 2026-01-12 12e 1:30 "80" 'x' "\\x41" 'it''s' "" {} [] [a,1] {a: b} *x &x !!str &y !!str*5 << ? |-`.split(
    ' ',
  );
const scalar = fc.constantFrom(...SCALARS, '!!str 5', '&y 5', '{<<: {a: b}}', '# gone', 'x # gone', '"a\\nb"', 'a\n      b');
const name = fc.constantFrom(
  'a',
  'sidecar.istio.io/inject',
  'istio.io/rev',
  '80',
  '__proto__',
  '<<',
  'null',
  '"x"',
  'traffic.sidecar.istio.io/excludeInboundPorts',
);

/** What the API server gives, and now and then anything: a pod is told by its values only where all of it is plain. */
const mostly = (...plain: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...plain) }, { weight: 1, arbitrary: scalar });

const pod = fc
  .tuple(
    fc.array(fc.tuple(name, mostly('x', 'a:b', '"80"')), { maxLength: 3 }),
    mostly('true', 'false'),
    mostly('80', '0'),
    mostly('a', '"80"', 'x # gone'),
    scalar,
    fc.constantFrom('\n', '\r\n'),
    fc.constantFrom('', '---\n', '# x\n'),
  )
  .map(([annotations, hostNetwork, port, arg, added, end, head]) =>
    `${head}apiVersion: v1
kind: Pod
metadata:
  name: p
  annotations:
    fixed: x
${annotations.map(([key, value]) => `    ${key}: ${value}\n`).join('')}spec:
  hostNetwork: ${hostNetwork}
  containers:
  - name: istio-proxy
    image: proxyv2:1.20.0
    args:
    - ${arg}
    ports:
    - containerPort: ${port}
    securityContext:
      capabilities:
        add:
        - ${added}
`.replaceAll('\n', end),
  );

// An anchor has a document read as a tree.
const asTree = (text: string): string => `${text}unread: &unread x\n`;

function fingerprints(items: readonly ManifestItem[]): readonly string[] {
  return items.flatMap((item) => (item.kind === 'workload' ? [fingerprintOf(item.workload, NO_MESH)] : []));
}

describe('a pod of YAML that is told by its values', () => {
  property([pod], { numRuns: rounds(2000) })('has the texts, the places and the fingerprint that its tree has', (text) => {
    expect(told(rawItems(text))).toEqual(told(rawItems(asTree(text))));
    expect(told(textItems(text))).toEqual(told(textItems(asTree(text))));
    expect(fingerprints(rawItems(text))).toEqual(fingerprints(rawItems(asTree(text))));
  });

  property([fc.array(pod, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 60 })], { numRuns: rounds(200) })(
    'is found in a stream, in pieces of any size',
    (pods, size) => {
      const streamOf = (end: (text: string) => string): string =>
        pods.map((text) => (text.startsWith('---') ? end(text) : `---\n${end(text)}`)).join('');
      const read = told(
        rawItems(
          streamOf((text) => `${text}unread: x\n`),
          size,
        ),
      );
      expect(read).toEqual(told(rawItems(streamOf(asTree))));
    },
  );

  it('is what kubectl prints', () => {
    expect(yamlValues('apiVersion: v1\nkind: Pod\nmetadata:\n  uid: 3069c43a-8c3b-7cf3\n  n: null\n  b: true\n')?.values).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { uid: '3069c43a-8c3b-7cf3', n: null, b: true },
    });
    expect(yamlValues('- a: 1\n')).toEqual({ values: { a: 1 }, line: 1, column: 3 });
  });

  it.each([
    'a: &x 1',
    'a: *x',
    'a: !!str 1',
    'a: 1\na: 2',
    '<<: {}',
    '? {}\n: 1',
    'a: yes',
    'a: 0x50',
    'a: 1.0',
    'a: -0',
    'a:',
    'a: ~',
    '1: a',
    '__proto__: a',
    'a: [',
    'a: 1\n---\nb: 1',
    '',
    '- a: 1\n- b: 1',
    'x',
  ])('is never told by what only the tree tells: %j', (text) => expect(yamlValues(text)).toBeUndefined());
});
