// The pages of docs/lint by their codes, which `lint --explain` shows: they are in the program, as it runs where no docs are.

import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../docs/lint/', import.meta.url);

export const LINT_PAGES = Object.fromEntries(
  readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => [file.slice(0, -'.md'.length), readFileSync(new URL(file, folder), 'utf8')]),
);
