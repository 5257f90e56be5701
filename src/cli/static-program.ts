/** The command line of the static executable: what changes the rules of a pod, and what proves them. */

import { nearest, quoted } from '../istio/problems.ts';
import { applyCommand, cleanCommand } from './apply/command.ts';
import { runCommandLine } from './command-line.ts';
import { helpCommand } from './help/command.ts';
import type { Tasks } from './help/help.ts';
import { probeCommand } from './probe/command.ts';
import { outputLost } from './terminal/output-lost.ts';
import { versionCommand } from './version/command.ts';

const TASKS = {
  Check: [probeCommand],
  Change: [applyCommand, cleanCommand],
  Other: [helpCommand, versionCommand],
} as const satisfies Tasks;

const ELSEWHERE = 'the image istio-init:tools has the other commands';

/** Runs the program with the words behind its name; resolves to its exit code. */
export async function runStaticProgram(words: readonly string[]): Promise<number> {
  process.stdout.on('error', outputLost);
  await runCommandLine(words, {
    tasks: TASKS,
    elsewhere: `This is the executable of an init container; ${ELSEWHERE}.`,
    noCommand: (word, names) =>
      `${quoted(word)} is not a command of this executable, which has ${[...names, 'istio-iptables'].join(', ')}${nearest(word, names)}; ${ELSEWHERE}`,
  });
  return Number(process.exitCode ?? 0);
}
