// Builds dist/bin/istio-init: the program and bun's runtime as one file, for Linux. See docs/install.md for what it is and isn't.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { sealEnvironment } from './executable-seal.mjs';
import { PROGRAM } from './program.mjs';
import { sbomOf } from './sbom.mjs';

const BUNS = { x64: 'node_modules/@oven/bun-linux-x64', arm64: 'node_modules/@oven/bun-linux-aarch64' };
/** Where the install script of the package named bun, if scripts may run, moves the one of this machine. */
const MOVED = 'node_modules/bun/bin/bun.exe';
const WORK = 'node_modules/.cache/istio-init/executable';

/**
 * The bundles in it: the drop-in is one of its own, so that it never pays for code of other commands.
 * The way in loads one of them, as lazily as src/cli/main.ts imports it.
 */
const ENTRIES = {
  main: 'src/cli/main.ts',
  'drop-in': 'src/cli/drop-in/drop-in.ts',
  program: 'src/cli/program.ts',
  'plain-output': 'src/cli/terminal/plain-output.ts',
};

/** Builds it where there is a bun for this machine; elsewhere one line says so. */
export async function buildExecutable() {
  const bun = process.platform === 'linux' ? BUNS[process.arch] : undefined;
  const compiler = [`${bun}/bin/bun`, MOVED].find((file) => existsSync(file));
  if (bun === undefined || !existsSync(bun) || compiler === undefined) {
    console.error(`note: dist/bin/istio-init is not built: no bun for ${process.platform} on ${process.arch} is installed`);
    return;
  }
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  const files = await bundles();
  const made = `${WORK}/istio-init`;
  execFileSync(compiler, ['build', `${WORK}/main.cjs`, '--outfile', made, ...FLAGS], { stdio: ['ignore', 'ignore', 'inherit'] });
  sealEnvironment(made);
  prove(made);
  mkdirSync('dist/bin');
  renameSync(made, 'dist/bin/istio-init');
  symlinkSync('istio-init', 'dist/bin/istio-iptables');
  writeFileSync('dist/bin/sbom.cdx.json', sbomOf(files, [bun]));
}

const FLAGS = [
  '--compile',
  '--bytecode',
  '--target=bun',
  '--format=cjs',
  // Nothing of the folder that it is started in is its business.
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
  '--no-compile-autoload-tsconfig',
  '--no-compile-autoload-package-json',
  // Compiling hot code early doubles the CPU time of a short run; 30 times as late costs a save of 50,000 rules a tenth.
  '--compile-jit-policy=30',
];

/** Makes the bundles; answers the files in them. */
async function bundles() {
  const lazily = {
    name: 'bundles that load each other',
    setup({ onResolve }) {
      onResolve({ filter: /\/(drop-in|program)\.ts$/ }, ({ path, importer }) =>
        importer.endsWith('/cli/main.ts') ? { path: `./${basename(path, '.ts')}.cjs`, external: true } : undefined,
      );
      // What bun has in the place of Node's.
      onResolve({ filter: /\/(lock|own-program)-node\.ts$/ }, ({ path, resolveDir }) => ({
        path: join(resolveDir, path.replace(/-node\.ts$/, '-bun.ts')),
      }));
      // One for all of them: who listens for lost output is not who writes it.
      onResolve({ filter: /\/plain-output\.ts$/ }, ({ kind }) =>
        kind === 'entry-point' ? undefined : { path: './plain-output.cjs', external: true },
      );
    },
  };
  const { metafile } = await build({
    ...PROGRAM,
    entryPoints: ENTRIES,
    outdir: WORK,
    outExtension: { '.js': '.cjs' },
    plugins: [...PROGRAM.plugins, lazily],
    inject: ['scripts/plain-output.mjs'],
    define: { ...PROGRAM.define, 'process.stdout': 'standardOutput', 'process.stderr': 'standardError' },
  });
  return Object.keys(metafile.inputs);
}

/** An executable that heeds the runtime's environment must not leave the build. */
function prove(executable) {
  const variables = {
    BUN_BE_BUN: '1',
    BUN_OPTIONS: '--revision',
    BUN_JSC_dumpOptions: '2',
    BUN_INSPECT: 'ws://127.0.0.1:1/x?break=1',
    MIMALLOC_VERBOSE: '1',
    SIMDUTF_FORCE_IMPLEMENTATION: 'x',
  };
  const plain = spawnSync(executable, ['--version'], { encoding: 'utf8', env: {} });
  for (const [name, value] of Object.entries(variables)) {
    const heeding = spawnSync(executable, ['--version'], { encoding: 'utf8', env: { [name]: value }, timeout: 10_000 });
    if (plain.status !== 0 || heeding.stdout !== plain.stdout || heeding.stderr !== '')
      throw new Error(`the executable heeds ${name}: ${heeding.stdout}${heeding.stderr}`);
  }
}
