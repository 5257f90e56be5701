/** What ARCHITECTURE.md names is there, and the paths that other documents name. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

/** The texts between backticks, without blocks of code. */
const quoted = [...text.replace(/^```.*?^```/gms, '').matchAll(/`([^`]+)`/g)].map(([, inner = '']) => inner);

/** The lines of a file, or of all files below a folder. */
function linesIn(path: string): number {
  const full = join(root, path);
  if (!statSync(full).isDirectory()) return readFileSync(full, 'utf8').split('\n').length - 1;
  return readdirSync(full).reduce((sum, name) => sum + linesIn(join(path, name)), 0);
}

it('every path is a file or a folder', () => {
  const paths = quoted.filter((word) => /^[\w.-]+\/[\w./-]*$/.test(word) && !/\.io\/|^@/.test(word));
  expect(paths.length).toBeGreaterThan(60);
  expect(paths.filter((path) => !existsSync(join(root, path)) && !path.startsWith('dist/'))).toEqual([]);
});

const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

it.each(DOCUMENTS)('every path of ours that %s names is a file or a folder', (document) => {
  const words = [
    ...readFileSync(join(root, document), 'utf8').matchAll(/(?<![\w./-])(?:src|test|scripts|docs|golden|bin|\.ci)\/[\w./-]*\w/g),
  ];
  // What is written there, and what is made by the build, of which the document says so.
  const missing = words
    .map(([path]) => path)
    .filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, path.replace(/\.$/, ''))));
  expect(missing).toEqual([]);
});

it('the lines of each row of the table of growth are those of its rooms', () => {
  const [, table = ''] = /^## How large it is$(.*?)^## /ms.exec(text) ?? [];
  const rows = [...table.matchAll(/^\| ([\d,]+) \|.*\| ((?:`src[^|]*`(?:, )?)+) \|$/gm)];
  expect(rows.length).toBeGreaterThan(8);
  const counted = rows.map(([, told = '', rooms = '']) => ({
    told: Number(told.replaceAll(',', '')),
    lines: [...rooms.matchAll(/`([^`]+)`/g)].reduce((sum, [, room = '']) => sum + linesIn(room), 0),
  }));
  const total = { told: Number(/and ([\d,]+) in [\d,]+ files now/.exec(table)?.[1]?.replaceAll(',', '')), lines: linesIn('src') };
  expect([...counted, total].filter(({ told, lines }) => !(Math.abs(told - lines) <= lines / 20))).toEqual([]);
});

it('every function is exported by the file that stands behind it', () => {
  const named = [...text.matchAll(/`(\w+)` \(`(src\/[\w./-]+\.ts)`/g)];
  expect(named.length).toBeGreaterThan(10);
  const missing = named.filter(([, name, file = '']) => {
    const code = readFileSync(join(root, file), 'utf8');
    return !new RegExp(`^export (?:const|interface|(?:async )?function\\*?) ${name}\\b`, 'm').test(code);
  });
  expect(missing.map(([whole]) => whole)).toEqual([]);
});

it('every folder of src and every room of src/istio is on the map', () => {
  const [, map = ''] = /```\n(.*?)```/s.exec(text) ?? [];
  const rooms = ['src', 'src/istio']
    .flatMap((folder) => readdirSync(join(root, folder), { withFileTypes: true }))
    .filter((one) => one.isDirectory());
  expect(rooms.map(({ name }) => `${name}/`).filter((room) => !map.includes(room))).toEqual([]);
});
