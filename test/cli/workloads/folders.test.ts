/** Folders as they are found in repositories: what is a manifest is read by every command, the rest is passed over and counted. */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run, scratchFolder } from '../program.ts';

const scratch = scratchFolder();
afterAll(scratch.remove);

const deployment = (name: string, more = ''): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\n  namespace: shop\nspec:\n  template:\n    metadata:\n      annotations:\n        traffic.sidecar.istio.io/excludeOutboundPorts: "3306"\n${more}    spec:\n      containers: [{name: app, image: a}]\n`;
const CHART = { 'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n', 'values.yaml': 'kind: DaemonSet\nreplicas: 1\n' };

type Files = Readonly<Record<string, string | Uint8Array | { readonly link: string }>>;

interface Case {
  readonly files: Files;
  /** How many were read, and what was passed over. */
  readonly note: string;
  /** What is said besides. */
  readonly said?: string;
  /** Of escapes; each folder holds a Deployment that leaves 3306 alone, so that 1 is what it ends with. */
  readonly exitCode?: number;
}

/** `%` stands for the folder. */
const CASES: Readonly<Record<string, Case>> = {
  'a repository with a page, a manifest of a package, and hidden folders': {
    files: {
      'README.md': '# kind: Pod\n',
      'package.json': '{"name": "shop", "version": "1.0.0"}',
      '.github/workflows/ci.yaml': 'on: push\nkind: [\n',
      'k8s/orders.yaml': deployment('orders'),
    },
    note: '1 file read, 2 passed over (1 no manifest, 1 neither YAML nor JSON)',
  },
  'an unrendered chart beside manifests': {
    files: {
      ...CHART,
      'templates/orders.yaml': deployment('{{ .Release.Name }}'),
      'templates/_names.tpl': '{{ define "a" }}{{ end }}',
      'templates/NOTES.txt': 'no template at all\n',
      'crds/orders.yaml': deployment('orders'),
    },
    note: '1 file read, 3 passed over (2 no manifest, 1 neither YAML nor JSON)',
    said: '% warning: the Helm chart is not rendered: 2 templates are not read; helm template % > rendered.yaml makes manifests of it\n',
  },
  'a chart whose templates need no rendering': {
    files: { ...CHART, 'values.schema.json': '{"kind": "Schema"}', 'templates/orders.yaml': deployment('orders') },
    note: '1 file read, 3 passed over (3 no manifest)',
  },
  'a kustomization with a JSON patch': {
    files: {
      'base/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [orders.yaml]\n',
      'base/orders.yaml': deployment('orders'),
      'prod/patch.yaml': '- op: add\n  path: /spec/replicas\n  value: 3\n',
    },
    note: '2 files read, 1 passed over (1 no manifest)',
    said: 'note: without pods, so ignored: 1 Kustomization\n',
  },
  'files that are empty, blank or binary': {
    files: {
      'empty.yaml': '',
      'blank.yml': ' \n\t\n# nothing\n',
      'binary.json': new Uint8Array([0, 1, 2, 255]),
      'orders.json': JSON.stringify({ kind: 'Pod', metadata: { annotations: { 'traffic.sidecar.istio.io/excludeOutboundPorts': '1' } } }),
    },
    note: '1 file read, 3 passed over (3 no manifest)',
  },
  'links that lead nowhere, to a file, and to a folder': {
    files: {
      'gone.yaml': { link: 'nowhere' },
      'kept/orders.yaml': deployment('orders'),
      'kept/again': { link: '..' },
      'linked.yaml': { link: 'kept/orders.yaml' },
    },
    note: '2 files read, 2 passed over (1 neither YAML nor JSON, 1 no file)',
  },
  'YAML and JSON of other programs': {
    files: {
      'docker-compose.yml': 'services:\n  shop: {image: a}\n',
      'tsconfig.json': '{\n  // a comment\n  "compilerOptions": {}\n}\n',
      'openapi.yaml': 'openapi: 3.0.0\ncomponents:\n  schemas:\n    Pet:\n      kind: Animal\n',
      'playbook.yml': '- hosts: all\n  tasks:\n    - debug: {msg: "{{ x }}"}\n',
      'broken.yaml': 'this: [is\nno: yaml\n',
      'orders.yaml': deployment('orders'),
    },
    note: '2 files read, 4 passed over (4 no manifest)',
    said: 'note: without pods, so ignored: 1 document without a kind\n',
  },
  'documents of which one is no object': {
    files: { 'all.yaml': `values: {a: 1}\n---\n${deployment('orders')}---\n- a\n- b\n---\n` },
    note: '1 file read',
    said: 'note: without pods, so ignored: 3 document without a kind\n',
  },
  'what the mesh is installed with, beside manifests': {
    files: {
      'mesh/values.yaml': 'global:\n  proxy:\n    excludeInboundPorts: "1"\n# istio.io\n',
      'mesh/operator.yaml': 'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {}\n',
      'orders.yaml': deployment('orders'),
    },
    note: '3 files read',
    said: '%/mesh/values.yaml:1:1 warning: ',
  },
  'a manifest behind a long preamble, in which a chunk may end anywhere': {
    files: Object.fromEntries(
      [0, 3, 9, 21].map((less) => [`${less}.yaml`, `${'#\n'.repeat((1 << 17) - 6)}${'#'.repeat(less)}\n${deployment('orders')}`]),
    ),
    note: '4 files read',
  },
  'a manifest that is broken': {
    files: { 'a.yaml': deployment('orders'), 'broken.yaml': `${deployment('web')}      tolerations: [\n`, 'note.txt': 'a\n' },
    note: '2 files read, 1 passed over (1 neither YAML nor JSON)',
    said: 'istio-init: escapes: %/broken.yaml:14:1 ',
    exitCode: 2,
  },
  'a manifest without a kind': {
    files: { 'a.yaml': deployment('orders'), 'b.yaml': 'apiVersion: apps/v1\nmetadata: {name: web}\n' },
    note: '2 files read',
    said: 'istio-init: escapes: %/b.yaml:1:1 "kind": found nothing, expected a kind of Kubernetes',
    exitCode: 2,
  },
  'a template of another program': {
    files: { 'a.yaml': deployment('orders'), 'b.yaml': deployment('{{ name }}-{% raw %}') },
    note: '2 files read',
    said: 'istio-init: escapes: %/b.yaml:4:',
    exitCode: 2,
  },
  'a manifest in UTF-16': {
    files: { 'a.yaml': deployment('orders'), 'b.yaml': Buffer.from(`\ufeff${deployment('web')}`, 'utf16le') },
    note: '2 files read',
    said: '',
    exitCode: 1,
  },
};

const named = Object.entries(CASES).map(([name, one], index) => ({ name, folder: `folder-${index}`, ...one }));

for (const { folder, files } of named)
  for (const [name, text] of Object.entries(files)) {
    const path = join(scratch.path, folder, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof text === 'object' && 'link' in text) symlinkSync(text.link, path);
    else writeFileSync(path, text);
  }

const at = (args: readonly string[]) => run(args, { cwd: scratch.path });

describe.concurrent('a folder with', () => {
  it.each(named)('$name', async ({ folder, note, said = '', exitCode = 1 }) => {
    const { stdout, stderr, exitCode: ended } = await at(['escapes', folder]);
    expect(stderr).toContain(`note: ${folder}: ${note}\n`);
    expect(stderr).toContain(said.replaceAll('%', folder));
    expect([stdout.includes('bypasses the proxy in'), ended]).toEqual([true, exitCode]);
  });
});

describe.concurrent('every command reads a folder in this way', () => {
  const [repository] = named;
  const folder = repository?.folder ?? '';
  it.each([
    [folder],
    ['check', folder],
    ['lint', folder],
    ['preview', folder],
    ['why', folder, '10.0.0.5:3306'],
    ['trace', folder, '10.0.0.5:3306'],
    ['explain', folder],
    ['identify', folder],
    ['diff', folder, '--release', '1.20'],
    ['diff', folder, folder],
    ['preview', '-f', folder],
  ])('%s %s', async (...args) => {
    const { stdout, stderr, exitCode } = await at(args);
    expect(stderr).toContain(`note: ${folder}: ${repository?.note}\n`);
    expect(stderr).not.toContain('istio-init: ');
    expect([stdout.includes('orders') || stdout.includes('3306') || args[0] === 'lint', exitCode === 2]).toEqual([true, false]);
  });
});

describe('a folder of which nothing can be read', () => {
  it.each([
    ['nothing', {}, 'holds no manifest (*.yaml, *.yml, *.json)'],
    ['pages alone', { 'a.md': '# a\n' }, 'holds no manifest (*.yaml, *.yml, *.json)'],
    [
      'a Service alone',
      { 'a.yaml': 'apiVersion: v1\nkind: Service\n' },
      'holds no workload and no SidecarCapture, only 1 Service (% 1 file read)',
    ],
    [
      'a chart alone',
      { ...CHART, 'templates/a.yaml': '{{ x }}' },
      'holds no workload and no SidecarCapture (% 0 files read, 2 passed over (2 no manifest))',
    ],
  ] as const)('for there is %s in it', async (name, files, said) => {
    const folder = name.replaceAll(' ', '-');
    mkdirSync(join(scratch.path, folder, 'templates'), { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(scratch.path, folder, file), text);
    const { stdout, stderr, exitCode } = await at(['escapes', folder]);
    expect(stderr.split('\n').at(-2)).toBe(`istio-init: escapes: ${folder} ${said.replace('%', `${folder}:`)}`);
    expect([stdout, exitCode]).toEqual(['', 2]);
  });

  it('nothing that an unrendered chart may make is said to be caught', async () => {
    const folder = join(scratch.path, 'chart-beside');
    mkdirSync(join(folder, 'templates'), { recursive: true });
    for (const [file, text] of Object.entries({ ...CHART, 'templates/a.yaml': '{{ x }}', 'pod.yaml': 'apiVersion: v1\nkind: Pod\n' }))
      writeFileSync(join(folder, file), text);
    const [text, json, junit] = await Promise.all(['text', 'json', 'junit'].map((form) => at(['escapes', 'chart-beside', '-o', form])));
    expect(text).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^unknown: 1 Helm chart not read; TCP of 1 workload passes the proxy\n/),
    });
    expect(JSON.parse(json?.stdout ?? '')).toMatchObject({ charts: [{ folder: 'chart-beside', templates: 1 }] });
    expect(junit?.stdout).toContain('unknown: the Helm chart is not rendered');
  });
});
