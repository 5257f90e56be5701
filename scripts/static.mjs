// Builds dist/static/istio-iptables: what an init container runs as a static executable of some megabytes, by QuickJS of Debian trixie.
//
//   static.mjs            for this machine
//   static.mjs arm64      for arm64 on x64, by Debian's cross compiler: dist/static-arm64
//   static.mjs FOLDER     makes only what static-compile.sh takes, for a machine that has all else
//
// bookworm has no QuickJS, and trixie's is built against trixie's C library: compiler and library stand in a root of their own.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { build } from 'esbuild';
import { debianRoot, makeDebianRoot } from './debian-root.mjs';
import { licensesOf } from './packages.mjs';
import { PROGRAM } from './program.mjs';
import { sbomOf } from './sbom.mjs';

const TARGETS = {
  x64: { out: 'dist/static', compiler: 'gcc' },
  arm64: { out: 'dist/static-arm64', compiler: 'aarch64-linux-gnu-gcc' },
};

async function buildStatic(target) {
  const { out, compiler } = TARGETS[target];
  const lacking = makeDebianRoot(target);
  if (lacking !== undefined) {
    console.error(`note: ${out}/istio-iptables is not built: ${lacking}`);
    if (process.env.CI === 'true') process.exitCode = 1;
    return;
  }
  const root = debianRoot(target);
  // Other clones may build in the same root.
  const place = `/build-${process.pid}`;
  try {
    await prepare(`${root}${place}`);
    execFileSync('chroot', [root, 'env', `CC=${compiler}`, 'sh', `${place}/static-compile.sh`, place], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    for (const file of MADE) copyFileSync(`${root}${place}/${file}`, `${out}/${file}`);
    symlinkSync('istio-iptables', `${out}/istio-init`);
  } finally {
    rmSync(`${root}${place}`, { recursive: true, force: true });
  }
}

const C_FILES = ['machine.c', 'main.c', 'memory.c', 'memory.h', 'nft.c', 'nft.h'];

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

/** Globals of Node that the command line names, and who has them under QuickJS. */
const GLOBALS = { process: 'process.ts', Buffer: 'buffer.ts', TextDecoder: 'buffer.ts' };

/** As many files as differ in when they are needed: an ordinary run reads only its own. */
async function bundle(outdir) {
  const quickjs = {
    name: 'what QuickJS has in the place of Node',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /\/system\/node\.ts$/ }, ({ resolveDir }) => ({ path: `${resolveDir}/system/quickjs.ts` }));
      onResolve({ filter: /^node:buffer$/ }, () => ({ path: resolve('src/host/system/quickjs/buffer.ts') }));
      onResolve({ filter: /\/(kubectl|ahead)\.ts$/ }, ({ path, resolveDir }) => ({
        path: resolve(resolveDir, path.replace('.ts', '-elsewhere.ts')),
      }));
      // Not by esbuild's own `inject`: with that every file loads them, also those of the drop-in, which name none.
      onLoad({ filter: /\/src\/.*\.ts$|\/yargs-platform\.mjs$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const code = text.replaceAll(/\/\*.*?\*\/|^\s*\/\/[^\n]*/gms, '');
        const named = Object.entries(GLOBALS).flatMap(([name, file]) =>
          !path.endsWith(`/quickjs/${file}`) && new RegExp(`\\b(?<!const )${name}\\b[.(,;]`).test(code)
            ? [`import { ${name} } from '${resolve('src/host/system/quickjs', file)}';\n`]
            : [],
        );
        return { contents: named.join('') + text, loader: path.endsWith('.ts') ? 'ts' : 'js' };
      });
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
    plugins: [...PROGRAM.plugins, quickjs],
  });
  // QuickJS asks the position table for whose import() it is, and that table is left out: main.c has a function for it.
  for (const { path, text } of outputFiles) writeFileSync(path, text.replaceAll(/\bimport\("\.\/([^"]+)"\)/g, 'importModule("$1")'));
  return metafile;
}

const [asked = 'x64'] = process.argv.slice(2);
if (Object.hasOwn(TARGETS, asked)) await buildStatic(asked);
else await prepare(asked);
