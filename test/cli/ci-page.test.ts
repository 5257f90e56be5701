/** docs/ci.md: each job, hook and script is run as it stands there, in a repository with one good and one bad manifest. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, SHELL_BIN, scratchFolder } from './program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const PAGE = readFileSync(join(ROOT, 'docs/ci.md'), 'utf8');

/** The block whose comment names this file. */
function block(file: string): string {
  const found = [...PAGE.matchAll(/```(?:yaml|sh)\n([\s\S]*?)```/g)]
    .map(([, text = '']) => text)
    .find((text) => text.includes(`# ${file}\n`));
  if (found === undefined) throw new Error(`docs/ci.md has no ${file}`);
  return found;
}

const pod = (name: string, annotations: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n  namespace: shop\n  annotations:\n    ${annotations}\nspec:\n  containers: [{name: app, image: a}]\n`;
const GOOD = pod('good', 'traffic.sidecar.istio.io/excludeOutboundPorts: "3306"');
const IDLE = pod('idle', 'traffic.sidecar.istio.io/includeOutboundPorts: "443"');
const REFUSED = pod('refused', 'traffic.sidecar.istio.io/excludeOutboundPorts: "http"');
const OPEN = pod('open', 'traffic.sidecar.istio.io/excludeOutboundPorts: "5432"');

interface Ran {
  readonly status: number | null;
  readonly output: string;
}

/** A script in the repository, with `helm` as one that prints what it would render; installing is left out. */
function script(text: string): Ran {
  const lines = text.split('\n').filter((line) => !/^npm install /.test(line));
  const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', lines.join('\n')], {
    cwd: folder.path,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${folder.path}/bin:${SHELL_BIN}:${process.env['PATH']}`,
      GITHUB_STEP_SUMMARY: join(folder.path, 'summary.md'),
    },
  });
  return { status, output: `${stdout}${stderr}` };
}

const repository = (...manifests: readonly string[]): void => {
  folder.write('manifests/web.yaml', manifests.join('---\n'));
};
const read = (file: string): string => readFileSync(join(folder.path, file), 'utf8');

beforeAll(() => {
  for (const path of ['bin', 'manifests', '.git/hooks']) mkdirSync(join(folder.path, path), { recursive: true });
  folder.write('bin/helm', '#!/bin/sh\n[ "$1" = template ] && cat manifests/web.yaml\n');
  chmodSync(join(folder.path, 'bin/helm'), 0o755);
  folder.write('mesh-values.yaml', 'global: {proxy: {excludeIPRanges: ""}}\n');
  folder.write('istio-allow.yaml', block('istio-allow.yaml'));
});

describe('the job of GitHub', () => {
  const { jobs } = load(block('.github/workflows/istio.yaml')) as { jobs: { istio: { steps: { run?: string }[] } } };
  const steps = jobs.istio.steps.flatMap(({ run }) => run ?? []);
  it('passes what is well, with a log for the scanner and a summary', () => {
    repository(GOOD);
    expect(script(steps.join('\n')).status).toBe(0);
    expect(JSON.parse(read('istio.sarif'))).toMatchObject({ version: '2.1.0' });
    expect(read('summary.md')).toContain('good');
  });
  it('stops what does not do what it seems to, beside its line, and what escapes', () => {
    repository(GOOD, IDLE);
    const { status, output } = script(steps.join('\n'));
    expect([status, output]).toEqual([1, expect.stringContaining('::warning file=manifests/web.yaml,line=17,')]);
    repository(OPEN);
    expect(script(steps.join('\n')).status).toBe(1);
    expect(read('summary.md')).toContain('5432');
  });
});

describe('the job of GitLab', () => {
  const { istio } = load(block('.gitlab-ci.yml')) as { istio: { before_script: string[]; script: string[] } };
  it('passes what is well, and stops what is not, with a report of tests', () => {
    repository(GOOD);
    expect(script([...istio.before_script, ...istio.script].join('\n')).status).toBe(0);
    expect(read('istio-escapes.xml')).toContain('<testsuite ');
    repository(OPEN);
    expect(script(istio.script.join('\n')).status).toBe(1);
    expect(read('istio-escapes.xml')).toContain('<failure');
  });
});

describe('before a commit', () => {
  const hook = block('.git/hooks/pre-commit');
  it('what is refused is stopped, and what stands elsewhere is not looked at', () => {
    const commit = (): Ran => script('git add -A manifests && git -c user.name=a -c user.email=a@b.example commit -qm x');
    script('rm -rf .git && git init -q .');
    folder.write('.git/hooks/pre-commit', hook);
    chmodSync(join(folder.path, '.git/hooks/pre-commit'), 0o755);
    repository(GOOD);
    expect(commit().status).toBe(0);
    repository(REFUSED);
    expect(commit()).toEqual({ status: 1, output: expect.stringContaining('refused-by-injector') });
  });
  it('the entry of pre-commit takes the files that it is given', () => {
    const { repos } = load(block('.pre-commit-config.yaml')) as { repos: { hooks: { entry: string; files: string }[] }[] };
    const [hooked] = repos[0]?.hooks ?? [];
    repository(REFUSED);
    expect(new RegExp(hooked?.files ?? '').test('manifests/web.yaml')).toBe(true);
    expect(script(`${hooked?.entry} manifests/web.yaml`).status).toBe(1);
  });
});

describe('the script for a chart', () => {
  const check = block('check-chart.sh');
  it('looks at what the chart makes, and tells what an upgrade changes', () => {
    repository(GOOD);
    expect(script(check).status).toBe(0);
    expect(read('upgrade.md')).toMatch(/3306|15008|packets/i);
    repository(OPEN);
    expect(script(check).status).toBe(1);
  });
});

it('a baseline hides what was there, and not what is new', () => {
  const [first = '', then = ''] = (/```sh\n(istio-init lint[\s\S]*?)```/.exec(PAGE)?.[1] ?? '').split('\n');
  repository(IDLE);
  expect(script(first).status).toBe(0);
  expect(script(then).status).toBe(0);
  repository(IDLE, IDLE.replace('idle', 'later'));
  expect(script(then).status).toBe(1);
});
