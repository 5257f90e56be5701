/** The words of docs/glossary.md are those of the code and of what it prints. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseAst } from 'vitest/node';

const root = fileURLToPath(new URL('../..', import.meta.url));
const src = join(root, 'src');

const terms = readFileSync(join(root, 'docs/glossary.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!term \|)/.test(line))
  .map((line) => {
    const [term = '', , code = '', not = ''] = line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    return { term, code, not: not === '' ? [] : not.split(', ') };
  });

/** The texts of a file's string literals and templates; what it imports is a path. */
function textsOf(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(textsOf);
  if (typeof node !== 'object' || node === null) return [];
  const { type, value, source, ...rest } = node as Record<string, unknown>;
  if (type === 'Literal') return typeof value === 'string' ? [value] : [];
  if (type === 'TemplateElement') return [(value as { readonly cooked: string }).cooked];
  return [...Object.values(rest).flatMap(textsOf), ...textsOf(value)];
}

it('each term stands there once', () => {
  expect(terms.length).toBeGreaterThan(30);
  expect(terms.map(({ term }) => term)).toEqual([...new Set(terms.map(({ term }) => term))]);
});

it.each(terms)('$term is declared where the glossary says', ({ code }) => {
  const [, name = '', file = ''] = /^`(\w+)` in `([\w/.-]+)`$/.exec(code) ?? [];
  const declared = readFileSync(join(src, file), 'utf8').matchAll(/^export (?:interface|type|const|(?:async )?function|class) (\w+)/gm);
  expect([...declared].map(([, found]) => found)).toContain(name);
});

it('no text of the program has a word that the glossary has another for', () => {
  const not = new RegExp(`(?<![\\w-])(?:${terms.flatMap((term) => term.not).join('|')})(?![\\w-])`, 'i');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const found = files.flatMap((file) =>
    textsOf(parseAst(readFileSync(join(src, file), 'utf8'), { lang: 'ts' }))
      // Without a blank it is a key or a code, not a text.
      .filter((text) => text.trim().includes(' ') && not.test(text))
      .map((text) => `${file}: ${text}`),
  );
  expect(found).toEqual([]);
});
