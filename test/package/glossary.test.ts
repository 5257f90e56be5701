/** The words of docs/glossary.md are those of the code and of what it prints. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseAst } from 'vitest/node';

const root = fileURLToPath(new URL('../..', import.meta.url));
const src = join(root, 'src');

const [ofTerms = '', names = ''] = readFileSync(join(root, 'docs/glossary.md'), 'utf8').split('## Names');

const terms = ofTerms
  .split('\n')
  .filter((line) => /^\| (?!term \|)/.test(line))
  .map((line) => {
    const [term = '', , code = '', not = ''] = line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    return { term, code, not: not === '' ? [] : not.split(', ') };
  });

const files = readdirSync(src, { recursive: true, encoding: 'utf8' });
const parsed = files
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => ({ file, tree: parseAst(readFileSync(join(src, file), 'utf8'), { lang: file.endsWith('x') ? 'tsx' : 'ts' }) }));

type Node = { readonly type?: string; readonly name?: string } & Readonly<Record<string, unknown>>;

/** Each node of a tree, as they stand; of what a file imports, the path is none. */
function visit(node: unknown, see: (node: Node) => void): void {
  if (Array.isArray(node)) for (const one of node) visit(one, see);
  else if (typeof node === 'object' && node !== null) {
    see(node as Node);
    for (const [key, child] of Object.entries(node)) if (typeof child === 'object' && key !== 'source') visit(child, see);
  }
}

/** The texts of a file's string literals and templates. */
function textsIn(tree: unknown): readonly string[] {
  const texts: string[] = [];
  visit(tree, ({ type, value }) => {
    if (type === 'Literal' && typeof value === 'string') texts.push(value);
    if (type === 'TemplateElement') texts.push((value as { readonly cooked: string }).cooked);
  });
  return texts;
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
  const found = parsed.flatMap(({ file, tree }) =>
    textsIn(tree)
      // Without a blank it is a key or a code, not a text.
      .filter((text) => text.trim().includes(' ') && not.test(text))
      .map((text) => `${file}: ${text}`),
  );
  expect(found).toEqual([]);
});

/** The words of a name: `nftSetOf` is nft, set and of. */
function wordsIn(name: string): readonly string[] {
  return name
    .split(/(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}

/** The names that a pattern gives to what it takes apart; of `{ again }` that of the key is not its own. */
function boundIn(pattern: Node | null): readonly string[] {
  switch (pattern?.type) {
    case 'Identifier':
    case 'PrivateIdentifier':
      return [pattern.name ?? ''];
    case 'ObjectPattern':
      return (pattern['properties'] as readonly Node[]).flatMap((one) => (one['shorthand'] === true ? [] : boundIn(one)));
    case 'Property':
      return boundIn(pattern['value'] as Node);
    case 'ArrayPattern':
      return (pattern['elements'] as readonly Node[]).flatMap(boundIn);
    case 'RestElement':
      return boundIn(pattern['argument'] as Node);
    case 'AssignmentPattern':
      return boundIn(pattern['left'] as Node);
    default:
      return [];
  }
}

/** The names that a node gives: to types, functions, constants, variables, parameters and the properties of types. */
function namesOf({ type = '', id, key, params }: Node): readonly string[] {
  const isType = /^(?:TSInterface|TSTypeAlias|Class)Declaration$/.test(type);
  const isNamed = isType || type === 'VariableDeclarator' || /^Function(?:Declaration|Expression)$/.test(type);
  return [
    ...(isNamed ? boundIn(id as Node | null) : []),
    ...(/^TS(?:Property|Method)Signature$|^(?:Method|Property)Definition$/.test(type) ? boundIn(key as Node) : []),
    ...(Array.isArray(params) ? (params as readonly Node[]).flatMap(boundIn) : []),
  ];
}

function namesIn(tree: unknown): readonly string[] {
  const names: string[] = [];
  visit(tree, (node) => names.push(...namesOf(node)));
  return names;
}

it('no file or folder, and nothing that a file names, has a word in its name that the glossary has another for', () => {
  const [table = '', staying = ''] = names.split('## Values that stay');
  const stays = [...staying.matchAll(/`(\w+)`/g)].map(([, word]) => word);
  const rows = table.split('\n').filter((line) => /^\| (?!not in a name|-)/.test(line));
  const not = rows.flatMap((line) => (line.split('|')[1] ?? '').trim().split(', '));
  expect(not.length).toBeGreaterThan(40);
  const whole = ['each', 'without'];
  const isBad = (name: string): boolean => {
    const words = wordsIn(name);
    return whole.includes(words.join(' ')) || not.some((word) => ` ${words.join(' ')} `.includes(` ${word} `));
  };
  const paths = files.filter((file) =>
    isBad(
      file
        .replace(/\.tsx?$/, '')
        .split('/')
        .at(-1) ?? '',
    ),
  );
  const declared = parsed.flatMap(({ file, tree }) =>
    namesIn(tree)
      .filter((name) => isBad(name) && !stays.includes(name))
      .map((name) => `${file}: ${name}`),
  );
  expect([...paths, ...declared]).toEqual([]);
});
