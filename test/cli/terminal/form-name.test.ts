import { expect, it } from 'vitest';
import { formNamed } from '../../../src/cli/terminal/form-name.ts';

it.each([
  ['text', ['table', 'json'], 'table'],
  ['table', ['text', 'json'], 'text'],
  ['text', ['text', 'table'], 'text'],
  ['json', ['text', 'json'], 'json'],
])('-o %s among %j is %s', (word, forms, form) => {
  expect(formNamed(word, forms)).toBe(form);
});

it.each(['tabel', 'text', ''])('-o %j is refused where no form is for people, and where it is none', (word) => {
  expect(() => formNamed(word, ['json', 'patch'])).toThrow(`--output ${JSON.stringify(word)} is not one of json, patch`);
});
