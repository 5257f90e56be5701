/** What a shell in a container is given to run, and how its answer is taken apart: the words of several commands, and a mark between their outputs. */

import { quoteForShell } from '../../../netfilter/words.ts';
import type { Command, Ran } from '../../run.ts';
import { ClusterFailure } from '../failure.ts';

/** How a shell gets to where the commands run. */
export interface Entry {
  /** Lines before the commands; they end the shell with a sentence on standard error where there is no way. */
  readonly lines: string;
  /** The words before each command. */
  readonly prefix: readonly string[];
}

/** A container is in the pod's network namespace by itself. */
export const NO_ENTRY: Entry = { lines: '', prefix: [] };

/** `mark` must be a word that nothing in the pod can know. Each command ends with a line of it on both outputs, so that half an answer is known. */
export function scriptOf(commands: readonly Pick<Command, 'argv' | 'stdin' | 'env'>[], mark: string, { lines, prefix }: Entry): string {
  const parts = commands.map(({ argv, stdin = '', env = {} }) => {
    const set = Object.entries({ ...env, LC_ALL: 'C' }).map(([name, value]) => `${name}=${quoteForShell(value)}`);
    const words = [...prefix, ...argv].map(quoteForShell);
    return `printf %s ${quoteForShell(stdin)} | ${[...set, ...words].join(' ')}; printf '\\n%s %s\\n' ${mark} $?; printf '\\n%s\\n' ${mark} >&2`;
  });
  return [lines, ...parts, 'exit 0'].filter((line) => line !== '').join('\n');
}

/** What each command said. Throws a ClusterFailure where a mark is missing. */
export function answersIn(
  commands: readonly Pick<Command, 'argv'>[],
  mark: string,
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
): readonly Ran[] {
  const outs = stdout.split(new RegExp(`\\n${mark} (\\d+)\\n`));
  const errs = stderr.split(`\n${mark}\n`);
  if (outs.length !== commands.length * 2 + 1 || errs.length < commands.length + 1)
    throw new ClusterFailure('cut', 'the answer was cut off: nothing of it counts');
  return commands.map(({ argv }, index) => {
    const message = errs[index] ?? '';
    const exitCode = Number(outs[index * 2 + 1]);
    const notFound = exitCode === 127 && /not found|failed to execute/.test(message);
    return {
      argv,
      exitCode: notFound ? null : exitCode,
      signal: null,
      stdout: outs[index * 2] ?? '',
      stderr: message,
      timedOut: false,
      notFound,
    };
  });
}
