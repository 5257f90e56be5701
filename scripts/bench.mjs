// Runs test/bench/main.ts: as one bundle, since Node 20 reads no TypeScript.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
// Inside node_modules, from where the bundle finds the packages it imports.
const outfile = 'node_modules/.cache/istio-init/bench.mjs';
mkdirSync('node_modules/.cache/istio-init', { recursive: true });

/** Bundled or not, a file finds what lies beside it. */
const ownUrl = {
  name: 'import.meta.url of each file',
  setup({ onLoad }) {
    onLoad({ filter: /\/(src|test)\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
      loader: 'ts',
    }));
  },
};

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
await build({
  entryPoints: ['test/bench/main.ts'],
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  logLevel: 'warning',
  outfile,
  define: { PACKAGE_VERSION: JSON.stringify(version) },
  plugins: [ownUrl],
});

// On Node 20 that variable alone costs 38 ms at every start.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit', env });
process.exitCode = status ?? 1;
