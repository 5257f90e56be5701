/** Where imports of src may lead, and where its tests stand. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const test = fileURLToPath(new URL('..', import.meta.url));

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => join(folder, file));
}

/** The folders below a folder, however deep. */
function foldersIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isDirectory())
    .map((one) => relative(folder, join(one.parentPath, one.name)));
}

const IMPORTS = new Map<string, readonly string[]>();

/** What a file of src names of src: by an import, of types, by `import()`, or for a worker. */
function importsOf(file: string): readonly string[] {
  const known = IMPORTS.get(file) ?? readImports(file);
  IMPORTS.set(file, known);
  return known;
}

function readImports(file: string): readonly string[] {
  const text = readFileSync(join(src, file), 'utf8');
  const named = [...text.matchAll(/['"`](\.\.?\/[^'"`]*)['"`]/g)].map(([, path = '']) => relative(src, join(src, dirname(file), path)));
  return [...new Set(named)].filter((path) => /\.tsx?$/.test(path) && existsSync(join(src, path)));
}

/** Those whose imports lead back to themselves, or to others that do: whoever imports nothing that is left is in no circle. */
function inCircles(imports: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const left = new Map(imports);
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const [one, imported] of left) if (![...imported].some((other) => left.has(other))) left.delete(one);
  }
  return [...left.keys()];
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
  const files = ['netfilter', 'drawing', 'istio', 'library'].flatMap(filesIn);
  const contents = files.map((file, index) => `export * as all${index} from './${file}';`).join('\n');
  // For a browser, esbuild resolves neither `node:fs` nor `fs`: it refuses.
  const { metafile } = await build({
    stdin: { contents, resolveDir: src },
    bundle: true,
    metafile: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  });
  const read = new Set(Object.keys(metafile.inputs).map((file) => relative(src, resolve(file))));
  expect(files.filter((file) => !read.has(file))).toEqual([]);
});

it('no files of src import each other in a circle, types and dynamic imports included', () => {
  expect(inCircles(new Map(filesIn('.').map((file) => [file, new Set(importsOf(file))])))).toEqual([]);
});

it('no file of src imports the package by its own name', () => {
  const own = /(?:\bfrom|\bimport|\bimport\()\s*['"`]istio-init['"`/]/;
  expect(filesIn('.').filter((file) => own.test(readFileSync(join(src, file), 'utf8')))).toEqual([]);
});

it.each(['.', ...foldersIn(src)])('the rooms of src/%s import each other in no circle', (folder) => {
  const inside = folder === '.' ? '' : `${folder}/`;
  // A face stands beside its folder, and is of the same room: lint.ts and lint/.
  const roomOf = (file: string): string => (file.slice(inside.length).split('/')[0] ?? '').replace(/\.tsx?$/, '');
  const imports = new Map<string, Set<string>>();
  for (const file of filesIn(folder)) {
    const room = roomOf(file);
    const inRoom = imports.get(room) ?? imports.set(room, new Set()).get(room);
    for (const imported of importsOf(file)) if (imported.startsWith(inside) && roomOf(imported) !== room) inRoom?.add(roomOf(imported));
  }
  expect(inCircles(imports)).toEqual([]);
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

/** Folders of test that have no room in src: what is tested there is the whole, and what it is tested with. */
const OF_THE_WHOLE = ['bench', 'cluster', 'kernel', 'package', 'pods'];

it('every folder of test is that of a room of src', () => {
  const folders = foldersIn(test).filter((folder) => !OF_THE_WHOLE.includes(folder.split('/')[0] ?? ''));
  expect(folders.length).toBeGreaterThan(40);
  expect(folders.filter((folder) => !existsSync(join(src, folder)))).toEqual([]);
});

it('the tests of a folder stand in its own: not read-xml beside read/, nor xml where src has read/xml', () => {
  const folders = new Set(foldersIn(src));
  const files = foldersIn(test).flatMap((folder) =>
    readdirSync(join(test, folder))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => ({ folder, name: name.replace(/(?:\.property)?(?:\.test)?\.ts$/, '') })),
  );
  const beside = ({ folder, name }: { readonly folder: string; readonly name: string }): boolean =>
    name.split('-').some((_, length, words) => length > 0 && folders.has(join(folder, words.slice(0, length).join('-'))));
  const deeper = ({ folder, name }: { readonly folder: string; readonly name: string }): boolean =>
    [name, `${name}.ts`, `${name}.tsx`].every((one) => !existsSync(join(src, folder, one))) &&
    folders.has(folder) &&
    filesIn(folder).some((file) => basename(file) === `${name}.ts`);
  expect(files.filter((file) => beside(file) || deeper(file))).toEqual([]);
});
