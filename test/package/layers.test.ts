import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../src', import.meta.url));

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

/** What a file of src imports of ours, types and dynamic imports included. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(src, file), 'utf8');
  return [...text.matchAll(/(?:from\s|import\s|import\()\s*['"](\.[^'"]*)['"]/g)].map(([, path = '']) =>
    relative(src, join(src, dirname(file), path)),
  );
}

it.each([
  ['netfilter', 'only itself', ['netfilter']],
  ['istio', 'only itself and netfilter', ['istio', 'netfilter']],
  ['host', 'only itself, istio and netfilter', ['host', 'istio', 'netfilter']],
])('src/%s imports of ours %s', (layer, _, folders) => {
  const allowed = folders.map((folder) => `${folder}/`);
  const files = filesIn(layer);
  const imports = files.flatMap((file) => importsOf(file).map((imported) => ({ file, imported })));
  expect(imports.filter(({ imported }) => !allowed.some((folder) => imported.startsWith(folder)))).toEqual([]);
  if (files.length > 1) expect(imports).not.toEqual([]);
});

it('src/netfilter and src/istio, with the packages they import, need nothing of node', async () => {
  const entryPoints = [...filesIn('netfilter'), ...filesIn('istio')].map((file) => join(src, file));
  // For a browser, esbuild resolves neither `node:fs` nor `fs`: it refuses.
  const { outputFiles } = await build({
    entryPoints,
    outdir: 'unused',
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  });
  expect(outputFiles).toHaveLength(entryPoints.length);
});
