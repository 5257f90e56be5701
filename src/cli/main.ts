/** The program. */

import { runProgram } from './program.ts';
import { BAD_INPUT } from './talk.ts';

// A reader that has gone away ends the program quietly (`| head -1`); output that is lost on a full disk does not.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return;
  process.stderr.write(`istio-init: standard output can not be written: ${code}\n`);
  process.exitCode = BAD_INPUT;
});
process.stderr.on('error', () => undefined);

runProgram(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`istio-init: this should not have happened: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  // EX_SOFTWARE of sysexits: an error of this program, not of its input.
  process.exitCode = 70;
});
