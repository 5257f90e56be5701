/** Whether this machine can run the tests that ask a kernel. Where it can't, they are skipped with one line; CI=true makes that a failure. */

import { execa } from 'execa';
import { describe } from 'vitest';

const PROGRAMS = [
  'ip',
  'iptables',
  'ip6tables',
  'iptables-nft-restore',
  'iptables-legacy-restore',
  'ip6tables-nft-restore',
  'ip6tables-legacy-restore',
];

async function whatIsLacking(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'they need root';
  const lacking: string[] = [];
  for (const program of PROGRAMS) {
    const { failed } = await execa(program, [program === 'ip' ? '-V' : '--version'], { reject: false });
    if (failed) lacking.push(program);
  }
  if (lacking.length > 0) return `they need ${lacking.join(', ')}`;
  // Root of a container has all programs and may still not make a namespace or a table.
  const trial = await execa('unshare', ['--net', 'iptables-nft-restore'], { input: '*nat\n:TRIAL - [0:0]\nCOMMIT\n', reject: false });
  return trial.failed ? `they need a network namespace to change: ${trial.shortMessage}` : undefined;
}

const lacking = await whatIsLacking();
if (lacking !== undefined) {
  const line = `kernel tests can't run here: ${lacking}`;
  if (process.env['CI'] === 'true') throw new Error(line);
  console.warn(`skipped: ${line}`);
}

/** `describe` for tests that need root, iptables and a network namespace. */
export const describeKernel: typeof describe.skip = describe.skipIf(lacking !== undefined) as typeof describe.skip;

/** The same for tests of some builds alone: of the others they are not there, for a skipped test is one that this machine lacks something for. */
export function describeKernelOf(isThisBuild: boolean): typeof describeKernel {
  return isThisBuild ? describeKernel : ((() => undefined) as unknown as typeof describeKernel);
}
