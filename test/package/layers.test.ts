import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../src', import.meta.url));

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
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
  ['drawing', 'only itself', ['drawing']],
  ['istio', 'only itself, drawing and netfilter', ['istio', 'drawing', 'netfilter']],
  ['host', 'only itself, istio and netfilter', ['host', 'istio', 'netfilter']],
  ['library', 'only istio and netfilter', ['library', 'istio', 'netfilter']],
  ['explorer', 'only itself and what is pure', ['explorer', 'drawing', 'istio', 'netfilter']],
  ['sources', 'all but cli', ['sources', 'host', 'istio', 'netfilter']],
])('src/%s imports of ours %s', (layer, _, folders) => {
  const allowed = folders.map((folder) => `${folder}/`);
  const files = filesIn(layer);
  const imports = files.flatMap((file) => importsOf(file).map((imported) => ({ file, imported })));
  expect(imports.filter(({ imported }) => !allowed.some((folder) => imported.startsWith(folder)))).toEqual([]);
  if (files.length > 1) expect(imports).not.toEqual([]);
});

it('src/netfilter, src/istio and src/library, with the packages they import, need nothing of node', async () => {
  const entryPoints = ['netfilter', 'drawing', 'istio', 'library'].flatMap(filesIn).map((file) => join(src, file));
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

it('no files of src import each other in a circle, types and dynamic imports included', () => {
  const imports = new Map(filesIn('.').map((file) => [file, importsOf(file)]));
  // Whoever imports nothing that is left is in no circle: take those away until nothing changes.
  for (let before = -1; before !== imports.size; ) {
    before = imports.size;
    for (const [file, imported] of imports) if (!imported.some((other) => imports.has(other))) imports.delete(file);
  }
  expect([...imports.keys()]).toEqual([]);
});

// From the ground up: a room of istio uses only rooms beneath it.
const ROOMS = ['releases', 'settings', 'arguments', 'plan', 'kubernetes', 'found', 'packets', 'advice', 'pictures'];

it('the rooms of src/istio use only rooms beneath them', () => {
  const floorOf = (file: string): number => ROOMS.indexOf(file.split('/')[1] ?? '');
  const upward = filesIn('istio').flatMap((file) =>
    importsOf(file)
      .filter((imported) => floorOf(imported) > floorOf(file) && floorOf(file) >= 0)
      .map((imported) => `${file} -> ${imported}`),
  );
  expect(upward).toEqual([]);
  expect(new Set(filesIn('istio').map(floorOf))).toEqual(new Set([-1, ...ROOMS.keys()]));
});
