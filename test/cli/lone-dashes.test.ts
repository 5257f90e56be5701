import { expect, it } from 'vitest';
import { dashesIn } from '../../src/cli/lone-dashes.ts';

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
