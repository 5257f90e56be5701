import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { releaseOfImage } from '../../../src/istio/kubernetes/injection/image-release.ts';
import { inject } from '../../../src/istio/kubernetes/injection/inject.ts';
import { readManifest } from '../../../src/istio/kubernetes/manifest/read.ts';
import type { Workload } from '../../../src/istio/kubernetes/manifest/workload.ts';
import type { Mesh } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { readMesh } from '../../../src/istio/kubernetes/mesh/read.ts';
import { formatProblem } from '../../../src/istio/problems.ts';
import { profileOf } from '../../../src/istio/releases/profile.ts';
import { resolveRelease } from '../../../src/istio/releases/resolve-release.ts';
import { readYaml } from '../../../src/istio/yaml.ts';
import { field, textOf } from '../../../src/istio/yaml-fields.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const docs = join(root, 'docs');
const page = readFileSync(join(docs, 'install.md'), 'utf8');
const values = readFileSync(join(docs, 'examples/values-istio-init.yaml'), 'utf8');

/** The texts that stand in the page in fences of a kind. */
function fenced(kind: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text);
}

const [operator = '', customized = ''] = fenced('yaml');

function workload(): Workload {
  const file = 'docs/examples/one-deployment.yaml';
  const [node] = readYaml(readFileSync(join(root, file), 'utf8')) as readonly [Parameters<typeof readManifest>[0]];
  const [item] = readManifest(node, file);
  if (item?.kind !== 'workload') throw new Error(`${file} has no workload`);
  return item.workload;
}

/** What the injector of a release has the init container's program know of its release. */
function toldRelease(mesh: Mesh, release: string): string | undefined {
  const injection = inject(
    workload(),
    mesh,
    profileOf(resolveRelease({ value: release, source: { kind: 'option', option: '-r' } }).release),
  );
  if (injection.kind !== 'arguments') throw new Error(injection.kind);
  return injection.environment.get('ISTIO_INIT_RELEASE')?.value;
}

describe.each([
  ['the values file', values],
  ['the IstioOperator', operator],
])('%s of the installation page', (_, text) => {
  const [node] = readYaml(text) as readonly [Parameters<typeof field>[0]];
  const image = ['global', 'proxy_init', 'image'];
  const name = textOf(field(node, ...image) ?? field(node, 'spec', 'values', ...image));

  it('is read without a word', () => {
    expect(readMesh([{ file: 'values.yaml', text }]).problems.map(formatProblem)).toEqual([]);
  });

  it('has the injector tell our program the release that the tag of the image names', () => {
    const mesh = readMesh([{ file: 'values.yaml', text }]);
    const tagged = releaseOfImage({ value: name ?? '', source: { kind: 'option', option: 'image' } }, []).release?.value;
    expect(tagged).toBe('1.28.0');
    for (const release of ['1.6', '1.7', '1.12', '1.28.0', '1.30'])
      expect([release, toldRelease(mesh, release)]).toEqual([release, tagged]);
    // Before that there is no such way, as the page says.
    expect(toldRelease(mesh, '1.5')).toBeUndefined();
  });

  it('names an image that every injector takes whole', () => {
    expect(name).toMatch(/^[a-z.]+\/[a-z-]+:[0-9.]+$/);
    expect(customized).toContain(`image: ${name}\n`);
  });
});

describe('the installation page', () => {
  it('has every argument of the Dockerfile, with its default', () => {
    const args = [...readFileSync(join(root, 'Dockerfile'), 'utf8').matchAll(/^ARG (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (?:`([^`]+)` )?\|/gm)].map(([, name, value = '']) => [name, value]);
    expect(rows.sort()).toEqual(args.sort());
  });

  describe.each(['darwin', 'win32'])('has lines that run on %s', (platform) => {
    // The platform by its name alone, with a file system that has nothing of Linux, and no program to start.
    const elsewhere = `
      Object.defineProperty(process, 'platform', { value: ${JSON.stringify(platform)} });
      if (process.platform === 'win32') for (const name of ['getuid', 'geteuid', 'getgid', 'getegid']) delete process[name];
      const refuse = (what) => { require('node:fs').writeSync(2, 'NOT HERE: ' + what); process.exit(99); };
      const children = require('node:child_process');
      for (const name of ['spawn', 'spawnSync', 'execFile', 'execFileSync', 'fork']) children[name] = (program) => refuse(program);
      const files = require('node:fs');
      for (const [name, own] of Object.entries(files))
        if (typeof own === 'function' && /^(read|open|l?stat|exists|access)/.test(name))
          files[name] = (file, ...rest) => (/^\\/(proc|sys|run|etc|dev)\\b/.test(String(file)) ? refuse(file) : own.call(files, file, ...rest));
    `;
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'istio-init-install-'));
      writeFileSync(join(folder, 'elsewhere.cjs'), elsewhere);
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    function run(line: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
      const [, ...words] = line.split(' ');
      return spawnSync(process.execPath, ['-r', join(folder, 'elsewhere.cjs'), 'bin/istio-init', ...words], {
        cwd: root,
        encoding: 'utf8',
      });
    }

    const lines = fenced('everywhere').join('').trim().split('\n');

    it.each(lines)('%s', (line) => {
      const { status, stdout, stderr } = run(line);
      expect(stderr).not.toContain('NOT HERE');
      expect([0, 1]).toContain(status);
      expect(stdout).not.toBe('');
    });

    it('and says of what needs Linux that it does, without a look at the machine', () => {
      expect(run('istio-init check')).toMatchObject({ status: 2, stderr: expect.stringContaining('check: this needs Linux; from here:') });
    });
  });
});
