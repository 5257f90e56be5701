import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
// The package's own name: what a user imports, with the types that a user gets.
import { planFromArguments } from 'istio-init';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

describe('the package', () => {
  it('gives the library by its name', () => {
    const plan = planFromArguments(['-p', '15001', '-u', '1337', '-m', 'REDIRECT', '-i', '*'], { release: '1.20' });
    expect(plan.ip.tables.map(({ name }) => name)).toContain('nat');
  });
});

describe.each([
  ['istio-init', 'cli', 2],
  ['istio-iptables', 'drop-in', 1],
])('bin/%s', (name, bundle, exitCode) => {
  it('says in one line what to do where nothing is built', () => {
    const folder = mkdtempSync(join(tmpdir(), 'istio-init-'));
    try {
      cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'bin', name)], { encoding: 'utf8' });
      expect({ status, stdout, stderr }).toEqual({
        status: exitCode,
        stdout: '',
        stderr: `istio-init: dist/${bundle}.cjs is missing: run "npm run build"\n`,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('bin/istio-init', () => {
  const bin = join(root, 'bin/istio-init');

  it.each(['cli', 'drop-in'])('takes the bundle of %s for ASCII, and it is', (name) => {
    expect(/[^\0-\x7f]/.exec(readFileSync(join(root, `dist/${name}.cjs`), 'utf8'))).toBeNull();
  });

  it.each([['--help'], ['preview', '--help']])('prints its help in ASCII without colours: %s %s', (...args) => {
    const { status, stdout } = spawnSync(bin, args, { encoding: 'utf8', env: { ...process.env, FORCE_COLOR: '1' } });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^[\x20-\x7e\n]+$/);
  });

  it.each(['with', 'without'])('prints the version of package.json %s a code cache', (having) => {
    const folder = mkdtempSync(join(tmpdir(), 'istio-init-'));
    try {
      for (const part of ['bin', 'dist']) cpSync(join(root, part), join(folder, part), { recursive: true });
      if (having === 'without') rmSync(join(folder, 'dist/cli.cache'));
      const { status, stdout } = spawnSync(join(folder, 'bin/istio-init'), ['--version'], { encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 0, stdout: `${version}\n` });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
