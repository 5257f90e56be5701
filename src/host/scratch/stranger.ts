/** A command that people wait for, and of which nobody knows what it is: by execa, and with the ends of what it says. */

import type { Ran } from '../run.ts';

interface Stranger {
  readonly argv: Ran['argv'];
  /** Milliseconds after which it is killed. */
  readonly deadline: number;
  /** How many characters of each output are kept, the last ones: a command that prints without end must not fill our memory. */
  readonly keep: number;
  /** Kills it when it is aborted. */
  readonly signal?: AbortSignal;
}

// A pipe that a grandchild holds open must not keep a finished command from being finished.
const PIPES_CLOSE = 500;

/** Runs it. A failure is a result like any other. What it leaves running is for the caller to end, with its namespaces. */
export async function runStranger({ argv, deadline, keep, signal: stop }: Stranger): Promise<Ran> {
  // Loaded where a command is asked for: its import alone takes as long as a small plan.
  const { execa } = await import('execa');
  const [program, ...args] = argv;
  const running = execa(program, args, {
    reject: false,
    stdin: 'ignore',
    // What it says is heard piece by piece below.
    buffer: false,
    timeout: deadline,
    killSignal: 'SIGKILL',
    ...(stop && { cancelSignal: stop }),
    // Ctrl-C at a terminal reaches this program only, which ends the command and then the namespaces.
    detached: true,
    env: { LC_ALL: 'C' },
  });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    running[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] = (printed[name] + text).slice(-keep);
    });
  running.once('exit', () => {
    setTimeout(() => {
      running.stdout.destroy();
      running.stderr.destroy();
    }, PIPES_CLOSE).unref();
  });
  const { exitCode = null, signal = null, timedOut, code, shortMessage } = await running;
  const neverRan = exitCode === null && signal === null && !timedOut;
  return { argv, exitCode, signal, ...printed, ...(neverRan && { stderr: shortMessage ?? '' }), timedOut, notFound: code === 'ENOENT' };
}
