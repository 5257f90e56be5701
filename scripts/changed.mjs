// The loop while writing: types, lint and the tests of what differs from the last commit, at the same time.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

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

const TESTS = ['--config', 'test/vitest.config.ts', '--project', 'pure', '--run', '--passWithNoTests'];

async function tests() {
  if (code.length > 0) await run(`tests that import one of ${code.length} files`, 'vitest', 'related', ...code, ...TESTS);
  if (commands.length === 0) return;
  spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: ['ignore', 2, 2] });
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
