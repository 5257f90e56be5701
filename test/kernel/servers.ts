/** `describe` for tests that need programs of others at the other end of a connection. */

import { execa } from 'execa';
import { describe } from 'vitest';
import { describeKernel } from './requirements.ts';

const lacking: string[] = [];
for (const program of ['python3', 'dnsmasq', 'setpriv']) {
  const { failed } = await execa(program, ['--version'], { reject: false });
  if (failed) lacking.push(program);
}
if (lacking.length > 0) {
  const line = `tests with real traffic can't run here: they need ${lacking.join(', ')}`;
  if (process.env['CI'] === 'true') throw new Error(line);
  console.warn(`skipped: ${line}`);
}

export const describeSockets: typeof describe.skip = lacking.length > 0 ? describe.skip : describeKernel;
