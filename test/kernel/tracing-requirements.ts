/** `describe` for tests that ask a kernel which rules a packet met. */

import { execa } from 'execa';
import { describe } from 'vitest';
import { describeKernel } from './requirements.ts';

const lacking: string[] = [];
for (const program of ['python3', 'nft']) {
  const { failed } = await execa(program, ['--version'], { reject: false });
  if (failed) lacking.push(program);
}
if (lacking.length > 0) {
  const line = `tests that trace packets can't run here: they need ${lacking.join(', ')}`;
  if (process.env['CI'] === 'true') throw new Error(line);
  console.warn(`skipped: ${line}`);
}

export const describeTraced: typeof describe.skip = lacking.length > 0 ? describe.skip : describeKernel;
