/** What is published, as it is installed: the packed files and the packages of `dependencies`, and nothing else. */

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import type { BuildResult } from 'esbuild';
import { buildSync } from 'esbuild';
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

let files: readonly string[];

beforeAll(() => {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', place], { cwd: root, encoding: 'utf8' }),
  ) as [{ filename: string; files: readonly { path: string }[] }];
  files = packed.files.map(({ path }) => path);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(place, packed.filename), '--strip-components=1', '-C', installed]);
  install(Object.keys(dependencies ?? {}));
});

/** A bundle for a page, made as a user does. */
function bundle(contents: string): BuildResult<{ write: false; metafile: true }> {
  return buildSync({
    stdin: { contents, resolveDir: place, loader: 'ts' },
    bundle: true,
    write: false,
    metafile: true,
    format: 'iife',
    platform: 'browser',
    logLevel: 'error',
  });
}

function bundled(contents: string): string {
  return bundle(contents).outputFiles[0]?.text ?? '';
}

/** The files of which something is in a bundle. */
function inputsOf(contents: string): readonly string[] {
  return Object.values(bundle(contents).metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  );
}

function node(...args: readonly string[]): object {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: place, encoding: 'utf8' });
  return { status, stdout, stderr };
}

it('holds the programs, the library with its types and the papers, and nothing else', () => {
  expect(files).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'bin/istio-init',
      'bin/istio-iptables',
      'dist/cli.cjs',
      'dist/drop-in.cjs',
      'dist/explorer.html',
      'dist/find-pods.cjs',
      'dist/index.js',
      'dist/library/index.js',
      'package.json',
    ]),
  );
  const papers = /^(LICENSE|README\.md|package\.json|docs\/sidecar-capture\.schema\.json|dist\/THIRD-PARTY-LICENSES\.txt)$/;
  const built =
    /^(bin\/(istio-init|istio-iptables|kubectl-istio_init|kubectl_complete-istio_init|package\.json)|dist\/((cli|drop-in|find-pods)\.cjs|explorer\.html|index\.js|library\/.*\.js|types\/.*\.d\.ts))$/;
  expect(files.filter((path) => !papers.test(path) && !built.test(path))).toEqual([]);
});

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

it.each([
  ['a bundler', { moduleResolution: 'bundler', module: 'esnext' }],
  ['Node', { moduleResolution: 'nodenext', module: 'nodenext' }],
  ['Node 16', { moduleResolution: 'node16', module: 'node16' }],
])("has types that hold in a strict project of somebody else's, as %s finds them", (_, found) => {
  const strict = { noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true };
  cpSync(join(root, 'test/package/consumer.ts'), join(place, 'consumer.ts'));
  expect(compiled(['consumer.ts'], { ...strict, ...found })).toEqual({ status: 0, stdout: '' });
});

it('has types with which the page of the library compiles', () => {
  const page = readFileSync(join(root, 'docs/library.md'), 'utf8');
  const examples = [...page.matchAll(/^## (.*)\n[^#]*?```ts\n([\s\S]*?)```/gm)].filter(([, title]) => title !== 'What is refused');
  expect(examples).toHaveLength(5);
  const files = examples.map(([, , code = ''], index) => {
    writeFileSync(join(place, `example-${index}.ts`), code);
    return `example-${index}.ts`;
  });
  expect(compiled(files, { moduleResolution: 'nodenext', module: 'nodenext' })).toEqual({ status: 0, stdout: '' });
});

function compiled(files: readonly string[], options: object): object {
  const compilerOptions = {
    strict: true,
    skipLibCheck: false,
    target: 'es2023',
    lib: ['es2023', 'dom'],
    types: [],
    noEmit: true,
    ...options,
  };
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module' }));
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', place], { encoding: 'utf8' });
  return { status, stdout };
}

it('is used whole by that project, and runs in a page as in Node', () => {
  const consumer = readFileSync(join(root, 'test/package/consumer.ts'), 'utf8');
  const named = node('--input-type=module', '-e', "console.log(Object.keys(await import('istio-init')).join())") as { stdout: string };
  const unused = named.stdout
    .trim()
    .split(',')
    .filter((name) => !new RegExp(`\\b${name}\\b(?=[\\s\\S]*\\b${name}\\b)`).test(consumer));
  expect(unused).toEqual([]);
  const code = bundled(`import { printed } from './consumer.ts'; console.log(printed.join('\\n'));`);
  // A page has none of what Node has beside the language.
  const lines: string[] = [];
  runInNewContext(code, {
    console: { log: (text: string) => lines.push(...text.split('\n')) },
    URL,
    TextEncoder,
    TextDecoder,
    structuredClone,
  });
  expect(lines).toEqual([
    'true,true,true',
    'true,true,true',
    'option false false inbound.excludePorts All TCP that arrives goes through ISTIO_INBOUND.',
    'nothing arguments 1.30.3 object 1.30.3',
    'exact object 0 0 0',
    ' true',
    'direct direct TCP to port 3306 from the pod,unknown UDP to port 53 from the pod',
    'false false TCP to port 15008 of the pod itself (except localhost) from the proxy (uid 1337) with a source other than 127.0.0.6: envoy-inbound in 1.12, direct in 1.28',
    'true',
    expect.stringMatching(/^plan "relase" is not one of release, .* \(did you mean release\?\)$/),
    'true object true',
  ]);
});

it.each([
  ['printSave', ['identify', 'lint', 'kubernetes', 'trace', 'behavior']],
  ['changes', ['netfilter/trace', 'kubernetes', 'lint']],
  ['trace', ['lint', 'identify']],
])('leaves out of a bundle with %s what that does not use', (name, rooms) => {
  const inputs = inputsOf(`import { ${name} } from 'istio-init'; console.log(${name});`);
  expect(inputs.length).toBeGreaterThan(0);
  expect(rooms.filter((room) => inputs.some((file) => file.includes(`dist/library/`) && file.includes(room)))).toEqual([]);
});

it('depends on the packages that the library imports, and on no other', () => {
  const library = readFileSync(join(installed, 'dist/index.js'), 'utf8');
  const imported = [...library.matchAll(/^(?:import|export) .*? from "([^".][^"]*)";$/gm)].map(([, name = '']) => name);
  expect([...new Set(imported)].filter((name) => !isBuiltin(name)).sort()).toEqual(Object.keys(dependencies ?? {}).sort());
});
