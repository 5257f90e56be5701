/** The numbers of docs/evidence.md: a test that has counted hands over its row. `npm run evidence` prints the rows, any other run compares. */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

export interface Evidence {
  /** The folder of golden/ */
  readonly of: string;
  readonly releases: number;
  /** Cases, command lines or manifests. */
  readonly inputs: number;
  /** Of an input and a release. */
  readonly pairs: number;
  readonly equal: number;
}

const page = new URL('../docs/evidence.md', import.meta.url);

/** Compares the counts with the row of the page. */
export function expectEvidence({ of, releases, inputs, pairs, equal }: Evidence): void {
  const numbers = [releases, inputs, pairs, equal, pairs - equal].map((count) => count.toLocaleString('en-US'));
  const row = `| \`golden/${of}\` | ${numbers.join(' | ')} |`;
  if (process.env['EVIDENCE'] === 'print') process.stdout.write(`${row}\n`);
  else
    expect(
      readFileSync(page, 'utf8')
        .split('\n')
        .find((line) => line.startsWith(`| \`golden/${of}\` |`)),
    ).toBe(row);
}
