// Builds dist/static/istio-iptables: the drop-in as a static executable of some megabytes, by QuickJS of Debian trixie.
//
// bookworm has no QuickJS, and trixie's is built against trixie's C library: compiler and library stand in a root of
// their own (mmdebstrap, some 20 s), which is kept beside other things that are made once.

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licensesOf } from './packages.mjs';
import { PROGRAM } from './program.mjs';
import { sbomOf } from './sbom.mjs';

const WORK = fileURLToPath(new URL('../node_modules/.cache/istio-init/static', import.meta.url));
const ROOT = `${WORK}/trixie`;
const PACKAGES = ['quickjs', 'libquickjs', 'gcc', 'libc6-dev'];

const OUT = 'dist/static';

/** Builds it where a Debian root can be made; elsewhere one line says so. */
async function buildStatic() {
  const missing = whatIsMissing();
  if (missing !== undefined) {
    console.error(`note: ${OUT}/istio-iptables is not built: ${missing}`);
    if (process.env.CI === 'true') process.exitCode = 1;
    return;
  }
  makeRoot();
  await prepare(`${ROOT}/build`);
  execFileSync('chroot', [ROOT, 'sh', '/build/static-compile.sh', '/build'], { stdio: ['ignore', 'ignore', 'inherit'] });
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  for (const file of MADE) copyFileSync(`${ROOT}/build/${file}`, `${OUT}/${file}`);
  symlinkSync('istio-iptables', `${OUT}/istio-init`);
}

const C_FILES = ['machine.c', 'main.c', 'memory.c', 'memory.h'];

const MADE = ['istio-iptables', 'sbom.cdx.json', 'THIRD-PARTY-LICENSES.txt'];

/** What the compiler takes, in a folder: it can be another machine's. */
async function prepare(folder) {
  mkdirSync(folder, { recursive: true });
  const { inputs, outputs } = await bundle(folder);
  const files = Object.keys(inputs);
  const modules = Object.entries(outputs).map(([path, { entryPoint }]) => ({ name: basename(path), isAsked: entryPoint !== undefined }));
  writeFileSync(`${folder}/modules.h`, `${modules.map(({ name }) => `MODULE("${name}", ${cName(name)})`).join('\n')}\n`);
  // What only an import() names: the compiler does not find it by itself.
  const asked = modules.filter(({ name, isAsked }) => isAsked && name !== 'program.js');
  writeFileSync(`${folder}/asked-for`, `${asked.map(({ name }) => `-D ${name}`).join(' ')}\n`);
  for (const file of [...C_FILES.map((name) => `src/host/system/quickjs/${name}`), 'scripts/static-compile.sh'])
    copyFileSync(file, `${folder}/${basename(file)}`);
  writeFileSync(`${folder}/sbom.cdx.json`, sbomOf(files, []));
  writeFileSync(`${folder}/THIRD-PARTY-LICENSES.txt`, licensesOf(files));
}

/** What qjsc calls the bytecode of a file. */
function cName(file) {
  return `qjsc_${basename(file, '.js').replaceAll(/\W/g, '_')}`;
}

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

/** As many files as differ in when they are needed: an ordinary run reads only its own. */
async function bundle(outdir) {
  const quickjs = {
    name: 'what QuickJS has in the place of Node',
    setup({ onResolve }) {
      onResolve({ filter: /\/system\/node\.ts$/ }, ({ resolveDir }) => ({ path: `${resolveDir}/system/quickjs.ts` }));
      onResolve({ filter: /^quickjs:/ }, ({ path }) => ({ path: path.slice('quickjs:'.length), external: true }));
    },
  };
  const { metafile, outputFiles } = await build({
    ...PROGRAM,
    write: false,
    entryPoints: { program: 'src/cli/drop-in/static.ts' },
    outdir,
    splitting: true,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    minifyIdentifiers: true,
    plugins: [quickjs, ...PROGRAM.plugins],
  });
  // QuickJS asks the position table for whose import() it is, and that table is left out: main.c has a function for it.
  for (const { path, text } of outputFiles) writeFileSync(path, text.replaceAll(/\bimport\("\.\/([^"]+)"\)/g, 'importModule("$1")'));
  return metafile;
}

// `node scripts/static.mjs FOLDER` makes only what the compiler takes.
if (process.argv[2] === undefined) await buildStatic();
else await prepare(process.argv[2]);
