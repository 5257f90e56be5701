/** What is published, as it is installed: the packed files and the packages of `dependencies`, and nothing else. */

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { version, dependencies } = manifest(root);
const place = mkdtempSync(join(tmpdir(), 'istio-init-'));
const installed = join(place, 'node_modules/istio-init');
afterAll(() => rmSync(place, { recursive: true }));

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Copies packages and what they depend on, as the lock lays them out. */
function install(names: readonly string[]): void {
  for (const name of names) {
    const to = join(place, 'node_modules', name);
    if (existsSync(to)) continue;
    cpSync(join(root, 'node_modules', name), to, { recursive: true });
    install(Object.keys(manifest(to).dependencies ?? {}));
  }
}

beforeAll(() => {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', place], { cwd: root, encoding: 'utf8' }),
  ) as [{ filename: string }];
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(place, packed.filename), '--strip-components=1', '-C', installed]);
  install(Object.keys(dependencies ?? {}));
});

function node(...args: readonly string[]): object {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: place, encoding: 'utf8' });
  return { status, stdout, stderr };
}

it('runs its programs', () => {
  const bin = join(installed, 'bin/istio-init');
  expect(node(bin, '--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  const asked = node(bin, 'preview', '--set', 'inbound.excludePorts=80', '-o', 'json');
  expect(asked).toMatchObject({ status: 0, stdout: expect.stringContaining('"ISTIO_INBOUND"') });
  expect(node(join(installed, 'bin/istio-iptables'), '--dry-run', '-p', '15001', '-b', '*', '-i', '*')).toMatchObject({ status: 0 });
});

it('gives the library, which finds every package that it imports', () => {
  const program = `
    const { planFromArguments, printSave, readRules, compareRulesets } = await import('istio-init');
    const plan = planFromArguments(['-p', '15001', '-b', '*', '-i', '*'], { release: '1.20' });
    console.log(compareRulesets(readRules(printSave(plan.ip), { family: 'ip' }).rulesets, [plan.ip]).length);`;
  expect(node('--input-type=module', '-e', program)).toEqual({ status: 0, stdout: '0\n', stderr: '' });
});

it('depends on the packages that the library imports, and on no other', () => {
  const library = readFileSync(join(installed, 'dist/index.js'), 'utf8');
  const imported = [...library.matchAll(/^(?:import|export) .*? from "([^".][^"]*)";$/gm)].map(([, name = '']) => name);
  expect([...new Set(imported)].filter((name) => !isBuiltin(name)).sort()).toEqual(Object.keys(dependencies ?? {}).sort());
});
