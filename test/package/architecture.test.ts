/** What ARCHITECTURE.md names is there. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

/** The texts between backticks, without blocks of code. */
const quoted = [...text.replace(/^```.*?^```/gms, '').matchAll(/`([^`]+)`/g)].map(([, inner = '']) => inner);

it('every path is a file or a folder', () => {
  const paths = quoted.filter((word) => /^[\w.-]+\/[\w./-]*$/.test(word) && !/\.io\/|^@/.test(word));
  expect(paths.length).toBeGreaterThan(60);
  expect(paths.filter((path) => !existsSync(join(root, path)) && !path.startsWith('dist/'))).toEqual([]);
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
