/** The program: the drop-in, which loads no more than it needs, or the command line with all its commands. */

import { isOwnWord, OWN_WORDS } from './own-words.ts';
import { outputLost } from './terminal/output-lost.ts';

const DROP_IN = 'istio-iptables';

async function main(words: readonly string[]): Promise<void> {
  // The executable has no second file for the drop-in's own name: a link with that name leads to it.
  const [first, ...rest] = process.argv0.split('/').at(-1) === DROP_IN ? [DROP_IN, ...words] : words;
  // A reader that has gone away must not end a run between two tables.
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', first === DROP_IN ? () => undefined : outputLost);
  if (first === DROP_IN) {
    process.exitCode = await (await import('./drop-in/drop-in.ts')).dropIn(rest, process.env);
    return;
  }
  if (isOwnWord(first)) return OWN_WORDS[first]();
  await (await import('./program.ts')).runProgram(first === undefined ? rest : [first, ...rest]);
}

/** Runs the program with the words behind its name; a process may do so again and again. Never throws; sets the exit code of the process. */
export async function run(words: readonly string[]): Promise<void> {
  try {
    await main(words);
  } catch (error) {
    process.stderr.write(
      `istio-init: this should not have happened: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    // EX_SOFTWARE of sysexits: an error of this program, not of its input.
    process.exitCode = 70;
  }
}

run(process.argv.slice(2));
