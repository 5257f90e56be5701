import { describe, expect, it } from 'vitest';
import { readManifest } from '../../../../src/istio/kubernetes/manifest/read.ts';
import type { Workload } from '../../../../src/istio/kubernetes/manifest/workload.ts';
import type { ContextItem } from '../../../../src/istio/kubernetes/mesh/context.ts';
import { withContext } from '../../../../src/istio/kubernetes/mesh/context.ts';
import type { EffectiveProxyConfig, LayerRules } from '../../../../src/istio/kubernetes/mesh/effective.ts';
import { effectiveProxyConfig, NEWEST_LAYERS } from '../../../../src/istio/kubernetes/mesh/effective.ts';
import type { Mesh } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { readMesh } from '../../../../src/istio/kubernetes/mesh/read.ts';
import { printSource } from '../../../../src/istio/origin.ts';
import { formatProblem } from '../../../../src/istio/problems.ts';
import { readYaml } from '../../../../src/istio/yaml.ts';

function itemsOf(text: string): ReturnType<typeof readManifest> {
  const documents = readYaml(text);
  if ('reason' in documents) throw new Error(documents.reason);
  return documents.flatMap((document) => readManifest(document, 'pod.yaml'));
}

function pod(annotation: string | undefined, namespace = 'shop', labels = '{app: web}'): Workload {
  const annotations = annotation === undefined ? '{}' : `\n    proxy.istio.io/config: ${annotation}`;
  const text = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: ${namespace}\n  labels: ${labels}\n  annotations: ${annotations}\nspec: {containers: []}\n`;
  for (const item of itemsOf(text)) if (item.kind === 'workload') return item.workload;
  throw new Error('no pod');
}

function proxyConfig(name: string, namespace: string, variables: string, more: { selector?: string; created?: string } = {}): string {
  const { selector, created } = more;
  const time = created === undefined ? '' : `, creationTimestamp: "${created}"`;
  const labels = selector === undefined ? '' : `selector: {matchLabels: ${selector}}, `;
  return `apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {name: ${name}, namespace: ${namespace}${time}}\nspec: {${labels}environmentVariables: ${variables}}\n`;
}

function mesh(values: string, ...resources: readonly string[]): Mesh {
  const read = readMesh([
    { file: 'values.yaml', text: values },
    { file: 'resources.yaml', text: resources.join('---\n') },
  ]);
  expect(read.problems).toEqual([]);
  return read;
}

function metadata({ metadata: all }: EffectiveProxyConfig): Readonly<Record<string, string>> {
  return Object.fromEntries([...all].map(([name, { value }]) => [name, value]));
}

const MESH = 'meshConfig: {rootNamespace: root, defaultConfig: {interceptionMode: TPROXY, proxyMetadata: {V: mesh}}}';

describe('the layers of proxy configuration', () => {
  const root = proxyConfig('r', 'root', '{V: root}');
  const namespace = proxyConfig('n', 'shop', '{V: namespace}');
  const selecting = proxyConfig('s', 'shop', '{V: selected}', { selector: '{app: web}' });

  it('beat each other in the order of Istio: mesh, root namespace, namespace, annotation, the resource that selects', () => {
    const annotated = pod('"proxyMetadata: {V: annotation}"');
    const winner = (resources: readonly string[], workload = annotated): string | undefined =>
      effectiveProxyConfig(mesh(MESH, ...resources), workload).metadata.get('V')?.value;
    expect(winner([root, namespace, selecting])).toBe('selected');
    expect(winner([root, namespace])).toBe('annotation');
    expect(winner([root, namespace], pod(undefined))).toBe('namespace');
    expect(winner([root], pod(undefined))).toBe('root');
    expect(winner([], pod(undefined))).toBe('mesh');
  });

  it('keep what they beat, the strongest first, each with its place', () => {
    const of = effectiveProxyConfig(mesh(MESH, root, namespace, selecting), pod('"proxyMetadata: {V: annotation}"')).metadata.get('V');
    expect(of?.over.map(({ value }) => value)).toEqual(['annotation', 'namespace', 'root', 'mesh']);
    expect(of?.over.map(({ source }) => printSource(source))).toEqual([
      'pod.yaml:8:28',
      'resources.yaml:9:34',
      'resources.yaml:4:34',
      'values.yaml:1:96',
    ]);
    expect(of?.source).toMatchObject({ file: 'resources.yaml', line: 14 });
  });

  it('merge by the keys of proxyMetadata, in the order in which Go prints a map', () => {
    const values = 'meshConfig: {defaultConfig: {proxyMetadata: {b: "1", B: "1", a: "1"}}}';
    const of = effectiveProxyConfig(
      mesh(values, proxyConfig('n', 'shop', '{_: "2", 𝕏: "2", ｚ: "2"}')),
      pod('"proxyMetadata: {b: \'3\'}"'),
    );
    expect([...of.metadata.keys()]).toEqual(['B', '_', 'a', 'b', 'ｚ', '𝕏']);
    expect(metadata(of)).toMatchObject({ a: '1', b: '3' });
  });

  it('take the resource of the root namespace for it, and none of others', () => {
    const selectingEverywhere = proxyConfig('s', 'root', '{V: selected in root}', { selector: '{app: web}' });
    const of = mesh(MESH, root, selectingEverywhere, proxyConfig('o', 'other', '{V: other}'));
    expect(metadata(effectiveProxyConfig(of, pod(undefined)))).toEqual({ V: 'root' });
    const inRoot = effectiveProxyConfig(of, pod(undefined, 'root')).metadata.get('V');
    expect([inRoot?.value, inRoot?.over.map(({ value }) => value)]).toEqual(['selected in root', ['root', 'mesh']]);
  });

  it('take the oldest of several that fit, and of equally old ones the first by name', () => {
    const winner = (...resources: readonly string[]): string | undefined =>
      effectiveProxyConfig(mesh(MESH, ...resources), pod(undefined)).metadata.get('V')?.value;
    const [older, newer] = ['2024-01-01T00:00:00Z', '2024-03-01T00:00:00Z'];
    for (const selector of [undefined, '{app: web}']) {
      const more = selector === undefined ? {} : { selector };
      const [a, b, c] = [
        proxyConfig('a', 'shop', '{V: a}', { created: newer, ...more }),
        proxyConfig('b', 'shop', '{V: b}', { created: older, ...more }),
        proxyConfig('c', 'shop', '{V: c}', { created: older, ...more }),
      ];
      expect(winner(a, c, b)).toBe('b');
      const unapplied = proxyConfig('0', 'shop', '{V: not applied yet}', more);
      expect([winner(unapplied, a), winner(a, unapplied)]).toEqual(['a', 'a']);
    }
  });

  it('select by all labels of the selector', () => {
    const winner = (labels: string): string | undefined =>
      effectiveProxyConfig(
        mesh(MESH, proxyConfig('s', 'shop', '{V: selected}', { selector: '{app: web, v: "1"}' })),
        pod(undefined, 'shop', labels),
      ).metadata.get('V')?.value;
    expect([winner('{app: web, v: "1", x: y}'), winner('{app: web}'), winner('{app: web, v: "2"}')]).toEqual(['selected', 'mesh', 'mesh']);
  });
});

describe('the mode of interception', () => {
  const older: LayerRules = { ...NEWEST_LAYERS, zeroKeeps: false };
  const mode = (values: string, annotation: string, rules?: LayerRules): unknown => {
    const { interceptionMode } = effectiveProxyConfig(mesh(values), pod(annotation), rules);
    return interceptionMode && [interceptionMode.value, interceptionMode.over.map(({ value }) => value)];
  };

  it('of the annotation beats that of the mesh', () => {
    expect(mode(MESH, '"interceptionMode: NONE"')).toEqual(['NONE', ['TPROXY']]);
    expect(mode('{}', '"interceptionMode: TPROXY"')).toEqual(['TPROXY', []]);
    expect(mode('{}', '"concurrency: 2"')).toBeUndefined();
  });

  it('is REDIRECT by an annotation only until messages were merged: it is the zero of its enum', () => {
    expect(mode(MESH, '"interceptionMode: REDIRECT"')).toEqual(['TPROXY', ['REDIRECT']]);
    expect(mode(MESH, '"interceptionMode: REDIRECT"', older)).toEqual(['REDIRECT', ['TPROXY']]);
    expect(mode('{}', '"interceptionMode: REDIRECT"')).toEqual(['REDIRECT', []]);
  });
});

describe('older releases', () => {
  const of = (rules: Partial<LayerRules>): Readonly<Record<string, string>> => {
    const values = mesh('meshConfig: {defaultConfig: {proxyMetadata: {A: mesh, B: mesh}}}', proxyConfig('n', 'shop', '{C: resource}'));
    return metadata(effectiveProxyConfig(values, pod('"proxyMetadata: {B: annotation}"'), { ...NEWEST_LAYERS, ...rules }));
  };

  it('know no resources, or no annotation, or let the annotation take the place of all', () => {
    expect(of({})).toEqual({ A: 'mesh', B: 'annotation', C: 'resource' });
    expect(of({ resources: false })).toEqual({ A: 'mesh', B: 'annotation' });
    expect(of({ resources: false, annotation: false })).toEqual({ A: 'mesh', B: 'mesh' });
    expect(of({ resources: false, metadataReplaces: true })).toEqual({ B: 'annotation' });
    const values = mesh(MESH);
    expect(metadata(effectiveProxyConfig(values, pod('"concurrency: 1"'), { ...NEWEST_LAYERS, metadataReplaces: true }))).toEqual({
      V: 'mesh',
    });
  });
});

describe('the annotation proxy.istio.io/config', () => {
  const problems = (annotation: string): readonly string[] => effectiveProxyConfig(NO_MESH, pod(annotation)).problems.map(formatProblem);
  const place = (annotation: string): string => {
    const found = effectiveProxyConfig(NO_MESH, pod(annotation)).metadata.get('A');
    return found === undefined ? 'nowhere' : printSource(found.source);
  };

  it('may be YAML or JSON', () => {
    for (const text of [
      '|\n      proxyMetadata:\n        A: "1"',
      '\'{"proxyMetadata": {"A": "1"}}\'',
      '"proxyMetadata: {A: \'1\'}\\n"',
      '>\n      {"proxyMetadata":\n      {"A": "1"}}',
    ])
      expect(metadata(effectiveProxyConfig(NO_MESH, pod(text)))).toEqual({ A: '1' });
  });

  it('has its own lines and columns where it is a literal block, else those of its beginning', () => {
    expect(place('|\n      concurrency: 1\n      proxyMetadata:\n        A: "1"')).toBe('pod.yaml:11:12');
    expect(place('|-\n\n      concurrency: 1\n\n      proxyMetadata: {A: "1"}')).toBe('pod.yaml:12:26');
    expect(place('|2\n       proxyMetadata: {A: "1"}')).toBe('pod.yaml:9:27');
    expect(place('"proxyMetadata: {A: \'1\'}"')).toBe('pod.yaml:8:28');
    expect(place('>\n      proxyMetadata:\n\n        A: "1"')).toBe('pod.yaml:9:1');
    expect(place('>-\n      {"proxyMetadata": {"A": "1"}}')).toBe('pod.yaml:9:1');
  });

  it('says what it is in the key of its places', () => {
    const { metadata: found } = effectiveProxyConfig(NO_MESH, pod('"proxyMetadata: {A: b}"'));
    expect(found.get('A')?.source).toMatchObject({ key: 'proxy.istio.io/config proxyMetadata.A' });
  });

  it.each([
    ['"proxyMetadata: ["', expect.stringMatching(/^pod\.yaml:8:28 /)],
    [
      '"proxyMetadata: {ISTIO_META_DNS_CAPTURE: true}"',
      'pod.yaml:8:28 proxy.istio.io/config proxyMetadata.ISTIO_META_DNS_CAPTURE: found "true", expected a text in quotes',
    ],
    ['"proxyMetadata: {A: 1}"', 'pod.yaml:8:28 proxy.istio.io/config proxyMetadata.A: found "1", expected a text in quotes'],
    ['"proxyMetadata: {A: \'a\', B: 1}"', 'pod.yaml:8:28 proxy.istio.io/config proxyMetadata.B: found "1", expected a text in quotes'],
    ['"interceptionMode: redirect"', 'pod.yaml:8:28 proxy.istio.io/config interceptionMode: "redirect" is not REDIRECT, TPROXY, NONE'],
    ['"interceptionMode"', 'pod.yaml:8:28 proxy.istio.io/config: found "interceptionMode", expected a mapping'],
    ['|\n      a: b\n      proxyMetadata: 1', expect.stringMatching(/^pod\.yaml:10:22 /)],
    ['|\n      a: b\n      proxyMetadata: [', expect.stringMatching(/^pod\.yaml:1[01]:\d+ /)],
  ])('of %j is a problem at its place, and counts for nothing', (annotation, message) => {
    expect(problems(annotation)).toEqual([message]);
    expect(effectiveProxyConfig(NO_MESH, pod(annotation)).metadata.size).toBe(0);
  });

  it('has fields that are not ours, and may be empty', () => {
    expect(problems('"tracing: {sampling: 5}\\nholdApplicationUntilProxyStarts: true"')).toEqual([]);
    expect(problems('""')).toEqual([]);
  });

  it('keeps the status port out of what the injector looks at', () => {
    const found = effectiveProxyConfig(NO_MESH, pod('"statusPort: 15999"'));
    expect([found.interceptionMode, found.metadata.size, found.problems]).toEqual([undefined, 0, []]);
  });
});

describe('what stands among the manifests', () => {
  const context = (text: string): readonly ContextItem[] =>
    itemsOf(text).filter((item): item is ContextItem => item.kind === 'proxy config' || item.kind === 'namespace');

  it('is added to the mesh, and takes the place of what has its name; the mesh before is untouched', () => {
    const before = mesh(MESH, proxyConfig('n', 'shop', '{V: before}'));
    const after = withContext(
      before,
      ...context(proxyConfig('n', 'shop', '{V: after}')),
      ...context('apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n'),
    );
    expect(metadata(effectiveProxyConfig(after, pod(undefined)))).toEqual({ V: 'after' });
    expect(metadata(effectiveProxyConfig(before, pod(undefined)))).toEqual({ V: 'before' });
    expect([...after.namespaces.keys(), ...before.namespaces.keys()]).toEqual(['shop']);
    expect(withContext(before)).toEqual(before);
  });

  it('may be thousands', () => {
    const before = performance.now();
    const items = Array.from(
      { length: 5000 },
      (_, n): ContextItem => ({
        kind: 'proxy config',
        resource: { namespace: `n${n}`, name: 'p', selector: new Map(), layer: { source: { kind: 'rules' }, metadata: new Map() } },
      }),
    );
    const of = withContext(NO_MESH, ...items);
    const workload = pod(undefined);
    for (let n = 0; n < 20_000; n++) effectiveProxyConfig(of, { ...workload, namespace: `n${n % 5000}` });
    expect(performance.now() - before).toBeLessThan(2000);
  });
});
