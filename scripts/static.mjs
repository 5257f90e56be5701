// Builds dist/static/istio-iptables: the drop-in as a static executable of some megabytes, by QuickJS of Debian trixie.
//
// bookworm has no QuickJS, and trixie's is built against trixie's C library: compiler and library stand in a root of
// their own (mmdebstrap, some 20 s), which is kept beside other things that are made once.

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { PROGRAM } from './program.mjs';

const WORK = fileURLToPath(new URL('../node_modules/.cache/istio-init/static', import.meta.url));
const ROOT = `${WORK}/trixie`;
const PACKAGES = ['quickjs', 'libquickjs', 'gcc', 'libc6-dev'];

/** Builds it where a Debian root can be made; elsewhere one line says so. */
async function buildStatic() {
  const missing = whatIsMissing();
  if (missing !== undefined) {
    console.error(`note: dist/static/istio-iptables is not built: ${missing}`);
    if (process.env.CI === 'true') process.exitCode = 1;
    return;
  }
  makeRoot();
  await bundle(`${ROOT}/build/program.js`);
  for (const file of ['machine.c', 'main.c']) copyFileSync(`src/host/system/quickjs/${file}`, `${ROOT}/build/${file}`);
  // -c: bytecode as a C array. -m: a module, though its imports do not stand first. -s: no positions, a quarter of its size.
  inRoot('qjsc', '-c', '-m', '-s', '-M', 'machine,machine', '-o', 'program.c', 'program.js');
  inRoot('gcc', ...FLAGS, '-I/usr/include/quickjs', '-o', 'istio-iptables', 'program.c', 'main.c', 'machine.c', ...LIBRARIES);
  inRoot('strip', 'istio-iptables');
  rmSync('dist/static', { recursive: true, force: true });
  mkdirSync('dist/static', { recursive: true });
  copyFileSync(`${ROOT}/build/istio-iptables`, 'dist/static/istio-iptables');
  symlinkSync('istio-iptables', 'dist/static/istio-init');
}

// A program that others' processes start as root: the usual hardening.
const FLAGS = ['-O2', '-Wall', '-Werror', '-static-pie', '-fPIE', '-fstack-protector-strong', '-D_FORTIFY_SOURCE=2', '-Wl,-z,relro,-z,now'];
const LIBRARIES = ['-L/usr/lib/x86_64-linux-gnu/quickjs', '-lquickjs', '-lm', '-lpthread', '-ldl'];

function whatIsMissing() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `it is made on Linux for x64, and this is ${process.platform} on ${process.arch}`;
  if (process.getuid?.() !== 0) return 'only root makes a Debian root';
  const { error } = spawnSync('mmdebstrap', ['--version'], { stdio: 'ignore' });
  return error === undefined ? undefined : 'there is no mmdebstrap';
}

function makeRoot() {
  if (existsSync(`${ROOT}/usr/bin/qjsc`)) return;
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  const made = `${WORK}/new`;
  execFileSync('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${PACKAGES}`, 'trixie', made], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  mkdirSync(`${made}/build`);
  renameSync(made, ROOT);
}

function inRoot(program, ...args) {
  execFileSync('chroot', [ROOT, 'sh', '-c', 'cd /build && exec "$@"', 'sh', program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function bundle(outfile) {
  const quickjs = {
    name: 'what QuickJS has in the place of Node',
    setup({ onResolve }) {
      onResolve({ filter: /\/system\/node\.ts$/ }, ({ resolveDir }) => ({ path: `${resolveDir}/system/quickjs.ts` }));
      onResolve({ filter: /^quickjs:/ }, ({ path }) => ({ path: path.slice('quickjs:'.length), external: true }));
    },
  };
  await build({
    ...PROGRAM,
    entryPoints: ['src/cli/drop-in/static.ts'],
    outfile,
    logLevel: 'warning',
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    minifyIdentifiers: true,
    inject: ['src/host/system/quickjs/globals.ts'],
    plugins: [quickjs],
  });
  return statSync(outfile).size;
}

await buildStatic();
