// Builds dist/: the program as one file (cli.cjs), the drop-in alone (drop-in.cjs), each with its code cache, its threads for long dumps (find-pods.cjs), the library (index.js, and library/ for bundlers), and where bun is at hand the executable.
// Its types come from `tsc -p scripts/tsconfig.types.json`.
//
//   build.mjs           all of it
//   build.mjs program   the program and the drop-in for Node, where the rest is there from before

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildExecutable } from './executable.mjs';
import { buildExplorer } from './explorer.mjs';
import { compileModules } from './modules.mjs';
import { licensesOf } from './packages.mjs';
import { BUNDLE, PROGRAM } from './program.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
// First of all: V8 knows a cache's source by its length only, so an old cache must never stand beside a new program.
const [part] = process.argv.slice(2);
for (const old of part === 'program' ? ['dist/cli.cache', 'dist/drop-in.cache'] : ['dist']) rmSync(old, { recursive: true, force: true });

const program = await bundle({
  ...PROGRAM,
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/cli.cjs',
});

// The same way in, without the commands that it never comes to.
await bundle({ ...PROGRAM, entryPoints: ['src/cli/main.ts'], outfile: 'dist/drop-in.cjs', external: ['./program.ts'] });

// What finds pods beside the program, in threads of their own.
await bundle({ ...PROGRAM, entryPoints: ['src/host/manifests/find-pods-thread.ts'], outfile: 'dist/find-pods.cjs' });

// Runs that change nothing: a cache holds what they compile.
const RUNS = {
  cli: ['preview'],
  'drop-in': 'istio-iptables -n -p 15001 -z 15006 -u 1337 -i * -b * -d 15090,15021,15020'.split(' '),
};
for (const [name, args] of Object.entries(RUNS)) {
  writeAscii(`dist/${name}.cjs`);
  const run = ['scripts/code-cache.cjs', `dist/${name}.cache`, ...args];
  const { status, stderr } = spawnSync(process.execPath, run, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status === 0) continue;
  process.stderr.write(stderr);
  process.exit(1);
}

if (part !== 'program') await buildRest();

async function buildRest() {
  // For Node, which loads one file faster than some hundreds; bundlers have the modules.
  await bundle({ ...BUNDLE, entryPoints: ['src/index.ts'], outfile: 'dist/index.js', format: 'esm', packages: 'external' });
  await buildModules();
  writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licensesOf(Object.keys(program.metafile.inputs)));
  await buildExplorer();
  await buildExecutable();
}

/**
 * The library once more, a file for each of its modules: of one file with all of them no bundler can tell which tables at its top
 * level are idle, and whoever wants one function gets most of it. Of modules, with `sideEffects: false`, the idle ones are left out.
 */
async function buildModules() {
  const { metafile } = await bundle({ ...BUNDLE, entryPoints: ['src/index.ts'], format: 'esm', packages: 'external', write: false });
  const modules = Object.keys(metafile.inputs).filter((file) => file.startsWith('src/'));
  await orExit(compileModules({ ...BUNDLE, entryPoints: modules, outdir: 'dist/library' }));
}

/**
 * esbuild leaves regular expressions as they are, and one letter that is no ASCII makes V8 hold the whole source in two bytes a letter:
 * reading it takes three times as long.
 */
function writeAscii(file) {
  const escaped = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/[^\0-\x7f]/g, escaped));
}

async function bundle(options) {
  return orExit(build(options));
}

/** What esbuild makes; it has said itself what went wrong. */
async function orExit(made) {
  return made.catch(() => process.exit(1));
}
