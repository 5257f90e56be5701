/** Splitting into words: lines of the ordinary kinds are split by short ways, and come out as by the long one. */

import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { leavesQuoteOpen, plainWords, splitWords } from '../../src/netfilter/words.ts';

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

test.prop([line])('a line of words and double quotes is split the short way as the long way', (text) => {
  const short = splitWords(`${text} z`);
  const long = splitWords(`${text} \\z`);
  expect(short?.map((word) => word.text)).toEqual(long?.map((word) => word.text));
  expect(leavesQuoteOpen(`${text} z`)).toBe(long === null);
});

test.prop([line])('plain words are what white space separates', (text) => {
  expect(plainWords(text)).toEqual(text.split(/\s+/).filter((word) => word !== ''));
});
