/** Splitting into words: lines of the ordinary kinds are split by short ways, and come out as by the long one. */

import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { printable, spelledOut } from '../../src/netfilter/printable.ts';
import { leavesQuoteOpen, plainWords, quoteForPasting, quoteForShell, splitWords } from '../../src/netfilter/words.ts';
import { property } from '../property.ts';

it.each([
  ['-A X -m comment --comment "a b" -j Y', ['-A', 'X', '-m', 'comment', '--comment', 'a b', '-j', 'Y']],
  ['a"b c"d "" "e"', ['ab cd', '', 'e']],
  ['  a\t"b\tc"  ', ['a', 'b\tc']],
  ['a "b', null],
  ['"a\nb" c', ['a\nb', 'c']],
])('%j is split as iptables-restore does it', (line, words) => {
  expect(splitWords(line)?.map(({ text }) => text) ?? null).toEqual(words);
  expect(leavesQuoteOpen(line)).toBe(words === null);
});

// A backslash before the last letter of a line sends it the long way, and means nothing there.
const line = fc.string({ unit: fc.constantFrom('a', '-', '"', ' ', '\t', '\n', '\u00a0', 'é', '=', '#'), maxLength: 24 });

property([line])('a line of words and double quotes is split the short way as the long way', (text) => {
  const short = splitWords(`${text} z`);
  const long = splitWords(`${text} \\z`);
  expect(short?.map((word) => word.text)).toEqual(long?.map((word) => word.text));
  expect(leavesQuoteOpen(`${text} z`)).toBe(long === null);
});

property([line])('plain words are what white space separates', (text) => {
  expect(plainWords(text)).toEqual(text.split(/\s+/).filter((word) => word !== ''));
});

/** Whatever a file may be called: what a shell reads otherwise, and what a terminal obeys. */
const NAMES: readonly string[] = [
  ...Array.from({ length: 31 }, (_, code) => `a${String.fromCharCode(code + 1)}7b`),
  ...['\u007f', '\u0085', '\u009b1m', '\u200e', '\u202e', '\u2028', '\u2066'].map((character) => `a${character}0b`),
  ...[
    "it's",
    '"',
    '`x`',
    '$(x)',
    '$HOME',
    '*',
    '?',
    '[a]',
    '{a,b}',
    '~',
    '~root',
    '#',
    '!',
    '!!',
    ';',
    '&',
    '|',
    '<',
    '>',
    '\\',
    '\\n',
    "\\'",
    '=x',
    '-',
    '--',
    '-k',
    '',
    ' ',
    'ä ö',
    '%1',
    '^a^b',
    "$'a'",
    "\t'\\",
  ],
];

it('a word that is quoted is the same word to a shell, and one that is shown has nothing that a terminal obeys', () => {
  const shell = (program: string, words: readonly string[]): readonly string[] =>
    execFileSync(program, ['-c', words.map((word) => `printf '%s\\0' ${word}`).join('\n')], { encoding: 'utf8' })
      .split('\0')
      .slice(0, -1);
  expect(shell('bash', NAMES.map(quoteForPasting))).toEqual(NAMES);
  expect(shell('sh', NAMES.map(quoteForShell))).toEqual(NAMES);
  for (const name of NAMES) {
    const shown = quoteForPasting(name);
    expect(spelledOut(printable(shown))).toBe(shown);
  }
});
