import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tourPage } from '../../src/explorer/tour-page.ts';
import { ROOT } from '../cli/program.ts';

const read = (file: string): string => readFileSync(join(ROOT, 'docs', file), 'utf8');

it('docs/tour.md and its pictures are what the tour of the page is (npm run readme)', () => {
  const { page, pictures } = tourPage();
  expect(read('tour.md')).toBe(page);
  expect(Object.keys(pictures)).toHaveLength(8);
  for (const [file, picture] of Object.entries(pictures)) expect([file, read(`pictures/${file}`)]).toEqual([file, picture]);
});
