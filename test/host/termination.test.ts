import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeTermination } from '../../src/host/termination.ts';

const folder = mkdtempSync(join(tmpdir(), 'termination-'));

it('a report replaces what the file held', () => {
  const path = join(folder, 'log');
  writeFileSync(path, 'x'.repeat(100));
  expect(writeTermination({ outcome: 'applied' }, path)).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('{"outcome":"applied"}');
});

it('no file is made where the kubelet made none, and nothing fails', () => {
  const path = join(folder, 'none');
  expect(writeTermination({ outcome: 'applied' }, path)).toBe(false);
  expect(existsSync(path)).toBe(false);
  expect(writeTermination({ outcome: 'applied' }, folder)).toBe(false);
  expect(writeTermination({ outcome: 'applied' }, '/dev/full')).toBe(false);
});

it('a report that is too long for the kubelet stays JSON of at most 4096 bytes', () => {
  const path = join(folder, 'long');
  writeFileSync(path, '');
  const report = {
    outcome: 'failed',
    said: 'ä'.repeat(100_000),
    steps: Array.from({ length: 10_000 }, (_, step) => ({ text: `step ${step}` })),
  };
  expect(writeTermination(report, path)).toBe(true);
  const text = readFileSync(path);
  expect(text.length).toBeLessThanOrEqual(4096);
  expect(JSON.parse(text.toString())).toMatchObject({ outcome: 'failed' });
});
