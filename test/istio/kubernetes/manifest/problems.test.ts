import { describe, expect, it } from 'vitest';
import { readMesh } from '../../../../src/istio/kubernetes/mesh/read.ts';
import { itemsOf, placedTexts, said, workloadOf } from './reading.ts';

/** What is said of a text, its workloads among it. */
function read(text: string): readonly string[] {
  return said(itemsOf(text));
}

/** What is said of a Pod with this spec. */
function spec(text: string): readonly string[] {
  return read(`kind: Pod\nmetadata: {name: a}\nspec:\n${text}`);
}

it.each([
  ['3306', '"3306" is a number'],
  ['0x50', '"0x50" is a number'],
  ['1e3', '"1e3" is a number'],
  ['true', '"true" is true or false'],
  ['on', '"on" is true or false'],
  ['null', '"null" is null'],
  ['', 'nothing is null'],
])('an annotation %j is no string', (value, what) => {
  const [problem, workload] = read(`kind: Pod\nmetadata:\n  name: a\n  annotations:\n    x/y: ${value}\n`);
  expect(problem).toMatch(/^m\.yaml:\d+:\d+ x\/y: /);
  expect(problem).toContain(`x/y: ${what}, and Kubernetes takes only strings here: quote it`);
  expect(workload).toBe('Pod default/a');
});

it.each(['"3306"', "'true'", '!!str 80', '! 80', '80,443', '2026-01-02', '*', '10.0.0.0/8', '| \n      80'])(
  'an annotation %s is a string',
  (value) => {
    const quoted = value === '*' ? '"*"' : value;
    expect(
      read(`kind: Pod\nmetadata: {name: a, annotations: {}}\n---\nkind: Pod\nmetadata:\n  annotations:\n    x/y: ${quoted}\n`),
    ).toHaveLength(2);
  },
);

it('a number as annotation counts with its source text', () => {
  const [, item] = itemsOf('kind: Pod\nmetadata: {annotations: {p: 0x50}}');
  if (item?.kind !== 'workload') throw new Error('no workload');
  expect(item.workload.pod.annotations.get('p')?.value).toBe('0x50');
});

it('null as annotation is an empty text', () => {
  const [, item] = itemsOf('kind: Pod\nmetadata: {annotations: {p: ~}}');
  if (item?.kind !== 'workload') throw new Error('no workload');
  expect(item.workload.pod.annotations.get('p')?.value).toBe('');
});

it.each([
  ['metadata: {name: a}\nmetadata: {name: b}', 3, 'metadata', 2],
  ['metadata:\n  name: a\n  name: b', 4, 'name', 3],
  ['metadata:\n  name: b\n  annotations:\n    x: "1"\n    y: "1"\n    x: "2"', 7, 'x', 5],
  ['metadata:\n  name: b\n  labels:\n    x: a\n    x: b', 6, 'x', 5],
  ['metadata: {name: b}\nspec:\n  containers: []\n  containers: []', 5, 'containers', 4],
  ['metadata: {name: b}\nspec:\n  containers:\n  - name: a\n    image: b\n    name: c', 7, 'name', 5],
])('a key that stands twice is told with both lines, and the last counts: %j', (text, line, key, first) => {
  const [problem, workload, ...more] = read(`kind: Pod\n${text}`);
  expect(problem).toMatch(new RegExp(`^m\\.yaml:${line}:\\d+ "${key}" stands here a second time; the first is at line ${first}$`));
  expect([workload, more]).toEqual(['Pod default/b', []]);
});

it('of a key that stands three times the first is named twice', () => {
  const lines = read('kind: Pod\nmetadata:\n  name: a\n  name: b\n  name: c').map((line) => line.slice(-25));
  expect(lines.slice(0, 2)).toEqual(['; the first is at line 3', '; the first is at line 3'].map((end) => expect.stringContaining(end)));
});

it('an annotation that stands twice counts as its last', () => {
  const [, item] = itemsOf('kind: Pod\nmetadata:\n  annotations:\n    x: "1"\n    x: "2"\n');
  if (item?.kind !== 'workload') throw new Error('no workload');
  expect(item.workload.pod.annotations.get('x')).toMatchObject({ value: '2', source: { line: 5 } });
});

it.each([
  ['  hostNetwork: "true"', 'm.yaml:4:16 hostNetwork: found "true", expected true or false without quotes'],
  ['  hostNetwork: 1', 'm.yaml:4:16 hostNetwork: found "1", expected true or false without quotes'],
  ['  containers: {name: a}', 'm.yaml:4:15 containers: found a mapping, expected a list'],
  ['  containers: [a]', 'm.yaml:4:16 an item of containers: found "a", expected a mapping'],
  ['  containers: [{ports: 80}]', 'm.yaml:4:24 ports: found "80", expected a list'],
  ['  containers: [{ports: [80]}]', 'm.yaml:4:25 an item of ports: found "80", expected a mapping'],
  ['  containers: [{ports: [{containerPort: "80"}]}]', 'm.yaml:4:41 containerPort: found "80", expected a number without quotes'],
  ['  containers: [{ports: [{containerPort: http}]}]', 'm.yaml:4:41 containerPort: found "http", expected a number without quotes'],
  ['  containers: [{args: [-p, 15001]}]', 'm.yaml:4:28 args: "15001" is a number, and Kubernetes takes only strings here: quote it'],
  ['  containers: [{env: [{name: A, value: 1}]}]', 'm.yaml:4:40 A: "1" is a number, and Kubernetes takes only strings here: quote it'],
  ['  containers: [{env: {A: b}}]', 'm.yaml:4:22 env: found a mapping, expected a list'],
  ['  containers: [{image: [a]}]', 'm.yaml:4:24 image: found a list, expected a string'],
  ['  securityContext: {runAsUser: "1337"}', 'm.yaml:4:32 runAsUser: found "1337", expected a number without quotes'],
  ['  securityContext: 1337', 'm.yaml:4:20 securityContext: found "1337", expected a mapping'],
  ['  - a', 'm.yaml:4:3 spec: found a list, expected a mapping'],
])('what has another form than Kubernetes takes is told, and reading goes on: %s', (text, problem) => {
  expect(spec(text)).toEqual([problem, 'Pod default/a']);
});

it('numbers in quotes count all the same', () => {
  const [, item] = itemsOf('kind: Pod\nspec: {securityContext: {runAsUser: "1337"}}');
  if (item?.kind !== 'workload') throw new Error('no workload');
  expect(item.workload.pod.ids.runAsUser?.value).toBe('1337');
});

it('what is no boolean is not true', () => {
  const [, item] = itemsOf('kind: Pod\nspec: {hostNetwork: "true"}');
  expect(item?.kind === 'workload' && item.workload.pod.hostNetwork).toBe(false);
});

it('null stands for nothing', () => {
  const container = '{name: a, image: null, args: ~, env:, ports: null, securityContext: null}';
  expect(spec(`  hostNetwork: null\n  initContainers:\n  containers: [${container}]\nstatus: null`)).toEqual(['Pod default/a']);
});

it('an annotation that is a mapping has no text', () => {
  const [problem, item] = itemsOf('kind: Pod\nmetadata: {annotations: {proxy.istio.io/config: {proxyMetadata: {}}}}');
  expect(said([problem as NonNullable<typeof problem>])).toEqual(['m.yaml:2:49 proxy.istio.io/config: found a mapping, expected a string']);
  expect(item?.kind === 'workload' && item.workload.pod.annotations.size).toBe(0);
});

it.each([
  ['apiVersion: apps/v1\nkind: Deployment\nspec: {}', 'm.yaml:1:1 spec.template: found nothing, expected the template of a pod'],
  ['apiVersion: apps/v1\nkind: Deployment\nspec: {template: []}', 'm.yaml:3:18 template: found a list, expected a mapping'],
  [
    'apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n',
    'm.yaml:4:3 spec.template: found nothing, expected the template of a pod',
  ],
  ['apiVersion: batch/v1\nkind: CronJob\n', 'm.yaml:1:1 spec.jobTemplate.spec.template: found nothing, expected the template of a pod'],
])('a kind without its pod template is no workload', (text, problem) => {
  expect(read(text)).toEqual([problem]);
});

it('what has no kind at all is told with its place', () => {
  const allowed = 'expected a kind of Kubernetes, such as Pod or Deployment';
  expect(read('# a\nmetadata: {name: a}')).toEqual([`m.yaml:2:1 kind: found nothing, ${allowed}`]);
  expect(read('kind: [Pod]')).toEqual([`m.yaml:1:7 kind: found a list, ${allowed}`]);
  expect(read('kind:\n')).toEqual([`m.yaml:1:1 kind: found nothing, ${allowed}`]);
  expect(read('just words')).toEqual(['m.yaml:1:1 the document: found "just words", expected a mapping']);
  expect(read('kind: List\nitems: [{a: b}]')).toEqual([`m.yaml:2:9 kind: found nothing, ${allowed}`]);
  expect(read('apiVersion: istio-init/v1\nmode: NONE')).toEqual(['m.yaml:1:1 kind: found nothing, expected SidecarCapture']);
  expect(read('kind: SidecarCapture\nmode: NONE')).toEqual(['m.yaml:1:1 apiVersion: found nothing, expected istio-init/v1']);
});

it.each([
  ['Deploymnet', 'spec: {template: {}}', 'Deployment'],
  ['pod', 'spec: {containers: []}', 'Pod'],
  ['Cronjob', 'spec: {jobTemplate: {}}', 'CronJob'],
  ['DeamonSet', 'spec: {template: {}}', 'DaemonSet'],
])('a misspelt kind %s gets the nearest', (kind, rest, nearest) => {
  const [problem, ...more] = read(`apiVersion: apps/v1\nkind: ${kind}\n${rest}`);
  expect(problem).toMatch(/^m\.yaml:2:7 /);
  expect(problem).toContain(`"${kind}" is no kind that is read here; allowed: Pod, Deployment,`);
  expect(problem).toContain(`(did you mean ${nearest}?)`);
  expect(more).toEqual([]);
});

it.each([
  ['kind: Rollout\nspec: {template: {spec: {containers: []}}}', 'Rollout'],
  ['kind: Podd\nspec: {}', 'Podd'],
])('a kind that is no misspelt one is skipped: %s', (text, kind) => {
  expect(read(text)).toEqual([`skipped ${kind}`]);
});

it.each([
  ['global:\n  proxy: {}', '1:1 Helm values (global)'],
  ['# values\npilot: {cni: {enabled: true}}', '2:1 Helm values (pilot)'],
  ['sidecarInjectorWebhook: {}', '1:1 Helm values (sidecarInjectorWebhook)'],
  ['istio_cni: {enabled: true}', '1:1 Helm values (istio_cni)'],
  ['meshConfig: {}', '1:1 Helm values (meshConfig)'],
  ['defaultConfig: {}\ntrustDomain: td', '1:1 a MeshConfig (defaultConfig)'],
  ['apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator', '2:7 an IstioOperator'],
  ['apiVersion: sailoperator.io/v1\nkind: Istio', '2:7 an Istio resource'],
  ['apiVersion: operator.istio.io/v1alpha1\nkind: Istio', '2:7 an Istio resource'],
  ['USER-SUPPLIED VALUES:\nrevision: a', '1:1 Helm values (revision)'],
  ['istiod: {pilot: {}}', '1:1 Helm values (istiod)'],
  ['apiVersion: sailoperator.io/v1\nkind: IstioRevision', '2:7 an IstioRevision'],
  ['apiVersion: sailoperator.io/v1\nkind: IstioCNI', '2:7 an IstioCNI'],
  ['kind: ConfigMap\nmetadata: {name: values}\ndata: {merged-values: ""}', '1:7 the ConfigMap values'],
  ['kind: ConfigMap\nmetadata: {name: istio-sidecar-injector-a}\ndata: {config: ""}', '1:7 the ConfigMap istio-sidecar-injector-a'],
  ['kind: ConfigMap\nmetadata: {name: istio}\ndata: {mesh: ""}', '1:7 the ConfigMap istio'],
  ['kind: ConfigMap\nmetadata: {name: istio-canary}\ndata: {mesh: ""}', '1:7 the ConfigMap istio-canary'],
  ['kind: ConfigMap\nmetadata: {name: istio-sidecar-injector}\ndata: {values: ""}', '1:7 the ConfigMap istio-sidecar-injector'],
])('what belongs to --values is told so: %j', (text, what) => {
  expect(read(text)).toEqual([`m.yaml:${what} holds what a mesh is installed with, no workload; give it with --values`]);
});

it('in the dump of a cluster that is only a warning', () => {
  const [warning] = read('kind: List\nitems: [{kind: ConfigMap, metadata: {name: istio}, data: {mesh: ""}}]');
  expect(warning).toMatch(/^m\.yaml:2:16 warning: the ConfigMap istio holds /);
});

it.each(['kind: ConfigMap\nmetadata: {name: istio}\ndata: {}', 'kind: ConfigMap\nmetadata: {name: app}\ndata: {mesh: ""}'])(
  'other ConfigMaps are skipped',
  (text) => {
    expect(read(text)).toEqual(['skipped ConfigMap']);
  },
);

it('keys that are names of Object are nothing special', () => {
  expect(read('kind: constructor\n---\nkind: __proto__\nspec: {template: {}}\n---\nkind: toString')).toEqual([
    'skipped constructor',
    'skipped __proto__',
    'skipped toString',
  ]);
  const [item] = itemsOf('kind: Pod\nmetadata: {annotations: {__proto__: a, constructor: b}}');
  expect(item?.kind === 'workload' && [...item.workload.pod.annotations.keys()]).toEqual(['__proto__', 'constructor']);
});

it('aliases are the nodes they name', () => {
  const text =
    'kind: List\nitems:\n- &p {kind: Pod, metadata: {name: a, labels: &l {x: y}}}\n- *p\n- {kind: Pod, metadata: {name: b, labels: *l}}';
  expect(read(text)).toEqual(['Pod default/a', 'Pod default/a', 'Pod default/b']);
});

it('a bomb of aliases is refused at once', () => {
  const lists = Array.from({ length: 30 }, (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`);
  const text = `kind: List\nl0: &l0 {kind: Pod}\n${lists.join('\n')}\nitems: *l30\n`;
  expect(read(text)).toEqual(['m.yaml:1:1 its aliases stand for more than ten times its text']);
});

describe('merge keys', () => {
  const pod = (annotations: string): string =>
    `x: &x {a: x, b: x}\ny: &y {b: y, c: y}\nkind: Pod\nmetadata: {annotations: ${annotations}}\n`;
  const texts = (text: string): Readonly<Record<string, string>> => placedTexts(workloadOf(text).pod.annotations);

  it.each([
    ['one', '{<<: *x}', { a: 'x m.yaml:1:11', b: 'x m.yaml:1:17' }],
    ['what comes behind it counts', '{<<: *x, b: z}', { b: 'z m.yaml:4:37', a: 'x m.yaml:1:11' }],
    ['it beats what comes before, as in kubectl', '{b: z, <<: *x}', { a: 'x m.yaml:1:11', b: 'x m.yaml:1:17' }],
    ['of several the first', '{<<: [*x, *y]}', { b: 'x m.yaml:1:17', c: 'y m.yaml:2:17', a: 'x m.yaml:1:11' }],
    ['one in one', '{<<: {<<: *y, b: z}}', { c: 'y m.yaml:2:17', b: 'z m.yaml:4:42' }],
  ])('bring the entries of a mapping: %s', (_, annotations, expected) => {
    expect(texts(pod(annotations))).toEqual(expected);
  });

  it('stand anywhere, and within the mapping of an anchor', () => {
    const text = `kind: List\nitems:\n- &p\n  kind: Pod\n  metadata: {name: a, labels: &l {a: b}}\n- &q\n  <<: *p\n  metadata: {name: b, labels: {<<: *l}}\n- <<: *q\n`;
    expect(read(text)).toEqual(['Pod default/a', 'Pod default/b', 'Pod default/b']);
    const [, , last] = itemsOf(text);
    expect(last?.kind === 'workload' && placedTexts(last.workload.pod.labels)).toEqual({ a: 'b m.yaml:5:38' });
  });

  it('count in what a mesh is installed with as well', () => {
    const text = 'defaults: &d\n  proxy: {statusPort: 15099}\nglobal:\n  <<: *d\n  tag: 1.20.3\n';
    const { values, problems } = readMesh([{ file: 'v.yaml', text }]);
    expect([values.get('global.proxy.statusPort'), problems]).toMatchObject([{ value: '15099', source: { line: 2, column: 23 } }, []]);
  });

  it('hide no key that stands twice, and are none in quotes', () => {
    expect(read(pod('{<<: *x, d: 1a, d: 1b}'))).toEqual([
      'm.yaml:4:41 "d" stands here a second time; the first is at line 4',
      'Pod default/',
    ]);
    expect(texts(pod('{"<<": "text"}'))).toEqual({ '<<': 'text m.yaml:4:32' });
    expect(read(pod('{"<<": *x}'))[0]).toContain('<<: found a mapping, expected a string');
    expect(read(pod('{<<: text}'))).toEqual(['Pod default/']);
  });

  it('a chain of them takes no time that grows with its square', () => {
    const chain = (length: number): string =>
      `a0: &a0 {k0: v}\n${Array.from({ length }, (_, index) => `a${index + 1}: &a${index + 1} {<<: *a${index}, k${index + 1}: v}\n`).join('')}`;
    expect(read(`${chain(100)}kind: Pod\nmetadata: {labels: *a100}`)).toEqual(['Pod default/']);
    expect(read(`${chain(20_000)}kind: Pod\nmetadata: {labels: *a9}`)).toEqual([
      'm.yaml:1:1 its aliases stand for more than ten times its text',
    ]);
  });
});

describe('a ProxyConfig with a selector that has no labels', () => {
  const config = (spec: string): string => `apiVersion: networking.istio.io/v1\nkind: ProxyConfig\nmetadata: {name: a}\nspec: ${spec}\n`;

  it.each(['{selector: {}}', '{selector: {matchLabels: {}}}', '{selector: {matchLabels: }}'])('counts for no pod: %s', (spec) => {
    expect(read(config(spec))).toEqual(['m.yaml:4:18 warning: ProxyConfig a has a selector without labels, so it selects no pod']);
  });

  it.each(['{}', '{selector: }', '{selector: {matchLabels: {a: b}}}'])('is not one that has none, or labels: %s', (spec) => {
    expect(read(config(spec))).toEqual(['ProxyConfig default/a']);
  });
});

it('a list with something else for items is told', () => {
  expect(read('kind: PodList\nitems: {a: b}')).toEqual(['m.yaml:2:8 items: found a mapping, expected a list']);
});

it('many uses of one node are no bomb', () => {
  const text = `kind: List\nitems:\n- &p {kind: Pod, metadata: {name: a}}\n${'- *p\n'.repeat(5000)}`;
  expect(read(text)).toHaveLength(5001);
});
