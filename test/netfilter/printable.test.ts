import { expect, it } from 'vitest';
import { printable, spelledOut } from '../../src/netfilter/printable.ts';

const OBEYED = [
  0x00, 0x07, 0x08, 0x0d, 0x1b, 0x1f, 0x7f, 0x85, 0x9b, 0x9d, 0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069,
];

it.each(OBEYED.map((code) => [`U+${code.toString(16).padStart(4, '0')}`, code]))('%s is spelled out', (_, code) => {
  const spelling = `\\u${code.toString(16).padStart(4, '0')}`;
  expect(printable(`a${String.fromCharCode(code)}b`)).toBe(`a${spelling}b`);
  expect(spelledOut(`a${String.fromCharCode(code)}b`)).toBe(`a${spelling}b`);
  // The same document in JSON.
  expect(JSON.parse(printable(JSON.stringify([String.fromCharCode(code)])))).toEqual([String.fromCharCode(code)]);
});

it('texts of all languages stay as they are, and line ends where several lines may be', () => {
  const text = 'Größe שלום 例 🙂 a\tb\nc';
  expect(printable(text)).toBe(text);
  expect(spelledOut(text)).toBe('Größe שלום 例 🙂 a\\u0009b\\u000ac');
});

it('the colours of the program stay on a terminal, and nothing else that begins like them', () => {
  const coloured = '\u001b[31mremoved\u001b[0m';
  expect(printable(coloured, { colours: true })).toBe(coloured);
  expect(printable(coloured)).toBe('\\u001b[31mremoved\\u001b[0m');
  expect(printable('\u001b[2J \u001b[8m \u001b]0;x', { colours: true })).toBe('\\u001b[2J \\u001b[8m \\u001b]0;x');
});
