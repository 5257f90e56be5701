// The loop while writing: types, lint and the tests of what differs from the last commit, at the same time.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const CACHE = 'node_modules/.cache/istio-init';

const listed = (...args) => spawnSync('git', args, { encoding: 'utf8' }).stdout.split('\n');
const changed = [...new Set([...listed('diff', '--name-only', 'HEAD'), ...listed('ls-files', '--others', '--exclude-standard')])].filter(
  existsSync,
);
const code = changed.filter((file) => /^(src|test)\/.*\.ts$/.test(file));
// Tests of the command line start the built program: no import leads from them to what has changed.
const commands = [...new Set(code.map((file) => /^src\/cli\/[^/.]+/.exec(file)?.[0].replace('src', 'test')))].filter(existsSync);

/** Runs a program of npm's; what it prints comes whole, and only where it failed. */
function run(name, program, ...args) {
  const begin = performance.now();
  const child = spawn(`node_modules/.bin/${program}`, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  return new Promise((resolve) => {
    child.on('close', (status) => {
      console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name}, ${((performance.now() - begin) / 1000).toFixed(1)} s`);
      if (status !== 0) {
        process.stdout.write(said);
        process.exitCode = 1;
      }
      resolve();
    });
  });
}

const TESTS = ['--config', 'test/vitest.config.ts', '--project', 'node', '--run', '--passWithNoTests'];

/** So many files of tests take seconds; of a table at the bottom a hundred import what imports it. */
const MOST_TESTS = 5;

/** The tests that need no root and import what has changed, those with the fewest files between first, then those whose name is most alike. */
async function testsOf(files) {
  const all = readdirSync('test', { recursive: true })
    .map((name) => `test/${name}`)
    .filter((name) => name.endsWith('.test.ts') && !/^test\/(?:kernel|pods)\/|^test\/explorer\/page.*\.test/.test(name));
  const { metafile } = await build({
    entryPoints: all,
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'dist',
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
  });
  await stop();
  const importers = new Map();
  for (const [file, { imports }] of Object.entries(metafile.inputs))
    for (const { path } of imports) importers.set(path, [...(importers.get(path) ?? []), file]);
  const away = distances(files, importers);
  const alike = (test) => Math.max(...files.map((file) => sharedStart(test.replace('test', 'src'), file)));
  return all.filter((test) => away.has(test)).sort((a, b) => away.get(a) - away.get(b) || alike(b) - alike(a));
}

/** How many imports lie between each file and one of these. */
function distances(files, importers) {
  const away = new Map(files.map((file) => [file, 0]));
  for (const [file, steps] of away)
    for (const importer of importers.get(file) ?? []) if (!away.has(importer)) away.set(importer, steps + 1);
  return away;
}

function sharedStart(a, b) {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

async function tests() {
  // What can't be bundled is told by the compiler beside this.
  const all = code.length === 0 ? [] : await testsOf(code).catch(() => []);
  const found = all.filter((test) => !commands.some((folder) => test.startsWith(folder)));
  const near = found.slice(0, MOST_TESTS);
  const far = found.length - near.length;
  if (near.length > 0)
    await run(`${near.length} files of tests${far > 0 ? `, and not ${far} that import it from farther` : ''}`, 'vitest', ...near, ...TESTS);
  if (commands.length === 0) return;
  spawnSync(process.execPath, ['scripts/build.mjs', 'program'], { stdio: ['ignore', 2, 2] });
  await run(`tests of ${commands.join(' ')}`, 'vitest', ...commands, ...TESTS);
}

if (!existsSync('dist/types')) spawnSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 2, 2] });
await Promise.all([
  run('types', 'tsc', '-p', '.', '--incremental', '--tsBuildInfoFile', `${CACHE}/types.tsbuildinfo`),
  run(
    'lint and format',
    'biome',
    'check',
    '--colors=off',
    '--error-on-warnings',
    '--no-errors-on-unmatched',
    '--files-ignore-unknown=true',
    ...changed,
  ),
  tests(),
]);
