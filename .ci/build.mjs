// Builds dist/: the program as one file (cli.cjs) with its code cache, and the library (index.js).
// Its types come from `tsc -p .ci/tsconfig.types.json`.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
// First of all: V8 knows a cache's source by its length only, so an old cache must never stand beside a new program.
rmSync('dist', { recursive: true, force: true });

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const common = { bundle: true, platform: 'node', target: 'node20', logLevel: 'warning', metafile: true };

const program = await bundle({
  ...common,
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/cli.cjs',
  format: 'cjs',
  // Names stay, for stack traces in bug reports; the rest is worth 5 ms of start-up.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 200,
  legalComments: 'none',
  alias: { 'string-width': './src/cli/ascii-width.ts' },
  // Yargs looks for its translations three folders above this name: inside dist, where nobody else puts any.
  banner: { js: 'const bundledUrl = require("node:url").pathToFileURL(__dirname + "/yargs/lib/shim.mjs").href;' },
  define: { 'import.meta.url': 'bundledUrl', PACKAGE_VERSION: JSON.stringify(version) },
});

await bundle({ ...common, entryPoints: ['src/index.ts'], outfile: 'dist/index.js', format: 'esm', packages: 'external' });

writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licenses(program.metafile));

// The cache holds what the commands in it compile.
const { status, stderr } = spawnSync(process.execPath, ['.ci/code-cache.cjs'], { stdio: ['ignore', 'ignore', 'pipe'] });
if (status !== 0) {
  process.stderr.write(stderr);
  process.exit(1);
}

/** What esbuild makes; it has said itself what went wrong. */
async function bundle(options) {
  return build(options).catch(() => process.exit(1));
}

/** The licence texts of all packages in the bundle, which ask to be kept with every copy. */
function licenses({ inputs }) {
  const folders = new Set(Object.keys(inputs).flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
  return [...folders].sort().map(license).join('\n');
}

function license(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : readFileSync(`${folder}/${file}`, 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}
