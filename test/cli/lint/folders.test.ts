/** What `lint` looks at in folders, and what it leaves out. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSuppression } from '../../../src/istio/advice/lint/left-out.ts';
import { run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const pod = (name: string, ports = '3306,3306', more = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n  namespace: shop\n  annotations:\n    traffic.sidecar.istio.io/excludeOutboundPorts: "${ports}"\n${more}spec:\n  containers: [{name: app, image: a}]\n`;
const lint = (...args: readonly string[]) => run(['lint', ...args, '--fail-on', 'note'], { cwd: folder.path });

beforeAll(() => {
  for (const path of ['repo/apps/deep', 'repo/.github', 'repo/node_modules/x', 'repo/charts/web/templates', 'empty', 'plain'])
    mkdirSync(join(folder.path, path), { recursive: true });
  folder.write('repo/top.yaml', pod('top'));
  folder.write(
    'repo/apps/deep/deep.json',
    JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'deep' }, spec: { containers: [] } }),
  );
  folder.write('repo/README.md', '# x\n');
  folder.write('repo/compose.yaml', 'services: {}\n');
  folder.write('repo/.github/workflow.yaml', 'kind: [\n');
  folder.write('repo/node_modules/x/a.yaml', pod('never'));
  folder.write('repo/charts/web/Chart.yaml', 'apiVersion: v2\nname: web\nversion: 1.0.0\n');
  folder.write('repo/charts/web/values.yaml', 'replicas: 1\n');
  folder.write('repo/charts/web/templates/pod.yaml', pod('{{ .Release.Name }}'));
  folder.write('repo/charts/web/templates/_names.tpl', '{{ define "a" }}{{ end }}\n');
  folder.write('repo/charts/web/templates/fixed.yaml', pod('fixed'));
  folder.write('plain/service.yaml', 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n');
  folder.write('templated.yaml', 'apiVersion: v1\nkind: Pod\nmetadata:\n  {{- if .Values.x }}\n  name: a\n  {{- end }}\n');
  folder.write('one.yaml', pod('one'));
});

describe('a folder', () => {
  it('is read with all that is below it; charts are named, and the rest is counted', async () => {
    const { stdout, stderr, exitCode } = await lint('repo');
    expect(stdout).toContain('Pod shop/top');
    expect(stdout).toContain('Pod shop/fixed');
    expect(stdout).not.toContain('never');
    expect(stdout).toContain(
      'repo/charts/web the Helm chart is not rendered: 2 templates are not read; helm template repo/charts/web > rendered.yaml makes manifests of it',
    );
    expect(stderr).toContain('note: repo: 3 files read, 4 passed over (3 no manifest, 1 neither YAML nor JSON)\n');
    expect(stderr).toContain('note: 3 workloads linted');
    expect(exitCode).toBe(1);
  });
  it('is refused where nothing is in it', async () => {
    const { stdout, exitCode } = await lint('empty');
    expect([stdout, exitCode]).toEqual([expect.stringContaining('empty holds no manifest (*.yaml, *.yml, *.json)'), 2]);
  });
  it('without a pod is fine, as is a file', async () => {
    for (const name of ['plain', 'plain/service.yaml'])
      expect(await lint(name)).toMatchObject({
        exitCode: 0,
        stdout: '',
        stderr: expect.stringContaining('without pods, so ignored: 1 Service'),
      });
  });
  it('a template of Helm that is named itself is called one', async () => {
    const { stdout, exitCode } = await lint('templated.yaml');
    expect(stdout).toContain('templated.yaml:4:5 this is a template of Helm, and no YAML before it is rendered: helm template CHART');
    expect(exitCode).toBe(2);
  });
});

describe('left out is', () => {
  it.each([
    ['a code of ours', 'port-twice=Pod one.shop', 0],
    ['any name', 'port-twice=Pod *.shop', 0],
    ['any code', '*=Pod one.*', 0],
    ['no other name', 'port-twice=Pod on.shop', 1],
    ['no other kind', 'port-twice=Deployment one.shop', 1],
    ['no name with another character for a dot', 'port-twice=Pod oneXshop', 1],
  ])('by --suppress %s', async (_, text, code) => {
    const { exitCode, stderr } = await lint('one.yaml', '--suppress', text);
    expect(exitCode).toBe(code);
    expect(stderr).toContain(code === 0 ? 'note: 1 suppressed\n' : `note: --suppress ${JSON.stringify(text)} matches nothing\n`);
  });
  it.each([
    ['port-twice', 'is not CODE=RESOURCE'],
    ['=x', 'is not CODE=RESOURCE'],
    ['port-twise=Pod a.b', 'is no code of a diagnostic (did you mean port-twice?)'],
  ])('nothing by %j', (text, message) => {
    expect(readSuppression(text)).toContain(message);
  });
  it.each([
    ['port-twice', 0],
    ['IST0107, port-twice', 0],
    ['"*"', 0],
    ['port-zero', 1],
  ])('what the annotation of istioctl names: %s', async (codes, code) => {
    folder.write('annotated.yaml', pod('annotated', '80,80', `    galley.istio.io/analyze-suppress: ${codes}\n`));
    expect((await lint('annotated.yaml')).exitCode).toBe(code);
  });
  it('what an earlier run found, but nothing that is new, whatever line it stands in', async () => {
    folder.write('grown.yaml', pod('old'));
    const first = await lint('grown.yaml', '-o', 'json');
    folder.write('baseline.json', first.stdout);
    folder.write('grown.yaml', `# moved\n${pod('old')}`);
    const same = await lint('grown.yaml', '--baseline', 'baseline.json');
    expect([same.exitCode, same.stdout]).toEqual([0, '']);
    expect(same.stderr).toContain('note: 1 known by the baseline\n');
    folder.write('grown.yaml', `${pod('old')}---\n${pod('new')}`);
    const more = await lint('grown.yaml', '--baseline', 'baseline.json');
    expect([more.exitCode, more.stdout]).toEqual([1, expect.stringContaining('port-twice: Pod shop/new')]);
    folder.write('grown.yaml', pod('old', '1,2'));
    expect((await lint('grown.yaml', '--baseline', 'baseline.json')).stderr).toContain('0 known by the baseline; 1 of it are gone\n');
  });
  it('nothing by a file that is no baseline', async () => {
    const { exitCode, stderr } = await lint('one.yaml', '--baseline', 'one.yaml');
    expect([exitCode, stderr]).toEqual([2, 'istio-init: lint: --baseline one.yaml is not what istio-init lint -o json prints\n']);
  });
});
