import { expect, it } from 'vitest';
import { dashesIn, withDashes } from '../../src/cli/lone-dashes.ts';

const OPTIONS = {
  filename: { alias: 'f', type: 'string' },
  values: { type: 'string' },
  output: { alias: ['o', 'form'], type: 'string' },
  summarize: { type: 'boolean' },
} as const;

it.each([
  ['lint a.yaml - -o json', ['-']],
  ['lint -f - --values - --form -', []],
  ['lint -f - -', ['-']],
  ['audit --summarize - -', ['-', '-']],
  ['lint -- -', []],
])('lone dashes are operands, unless an option takes them: %s', (words, dashes) => {
  expect(dashesIn(words.split(' '), OPTIONS)).toEqual(dashes);
});

it.each([
  ['why - 10.0.0.5:80', ['10.0.0.5:80'], ['-', '10.0.0.5:80']],
  ['why a.txt - 10.0.0.5:80', ['a.txt', '10.0.0.5:80'], ['a.txt', '-', '10.0.0.5:80']],
  ['why -f - a.txt -', ['a.txt'], ['a.txt', '-']],
  ['why --output=json a.txt b', ['a.txt', 'b'], ['a.txt', 'b']],
])('lone dashes go back to where they stood: %s', (words, operands, placed) => {
  expect(withDashes(words.split(' '), operands, OPTIONS)).toEqual(placed);
});
