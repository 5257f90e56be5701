/** Programs of this machine, as plain data; everything else takes {@link Run} as a parameter. */

import type { Child } from './system/interface.ts';
import { system } from './system.ts';

/** A program to start. */
export interface Command {
  /** The program and its arguments; never a shell's text. */
  readonly argv: readonly [string, ...string[]];
  readonly stdin?: string;
  /** Milliseconds after which the program and all that it started are killed. */
  readonly deadline: number;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** How many characters of each output are kept, the last ones; all of them where it is not said. */
  readonly keep?: number;
}

/** What became of it, as plain data; a failure is a result like any other. */
export interface Ran {
  readonly argv: readonly [string, ...string[]];
  /** Null where it never ran or was killed by a signal. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** There is no such program; no process was started. */
  readonly notFound: boolean;
}

export type Run = (command: Command) => Promise<Ran>;

/** A program that goes on until it is stopped. */
export interface Running {
  /** Resolves when the program says its first words: true; or ends without any: false. */
  readonly spoke: Promise<boolean>;
  /** Ends the program by closing its standard input. */
  readonly stop: () => void;
  /** Undefined where no process was started. */
  readonly pid: number | undefined;
  /** Resolves when the program has ended, to what it said on standard error. */
  readonly ended: Promise<string>;
}

/** Programs of this machine, and how many processes they took. */
export interface Programs {
  readonly run: Run;
  /** `heard` gets each piece of what it says on standard output. */
  readonly start: (command: Omit<Command, 'deadline' | 'stdin'>, heard?: (text: string) => void) => Running;
  readonly started: () => number;
}

/** Whether the program ran and says that all is well. */
export function succeeded(ran: Ran): boolean {
  return ran.exitCode === 0;
}

/** Starts real programs. */
export function programs(): Programs {
  let count = 0;
  const counted = (child: Child): Child => {
    // A program that does not exist has no process: fork and exec failed before there was one.
    if (child.pid !== undefined) count += 1;
    return child;
  };
  return {
    run: (command) => run(command, counted),
    start: (command, heard) => start(command, counted, heard),
    started: () => count,
  };
}

// A session of its own, so that a deadline can kill whatever the program started in turn, and so that
// Ctrl-C at a terminal reaches this program only: a restore under way is finished, never cut.
function open({ argv, env }: Pick<Command, 'argv' | 'env'>): Child {
  return system.spawn(argv, { ...env, LC_ALL: 'C' });
}

/** Characters of an output that is kept whole: the save of a node with 50,000 rules has 8 million. */
const MOST = 64_000_000;

// A pipe that a grandchild holds open must not keep a finished program from being finished.
const PIPES_CLOSE = 500;

function run(command: Command, counted: (child: Child) => Child): Promise<Ran> {
  return new Promise((resolve) => {
    const output = { stdout: '', stderr: '' };
    let timedOut = false;
    let done = false;
    const finish = (exitCode: number | null, signal: string | null, notFound = false): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      resolve({ argv: command.argv, exitCode, signal, ...output, timedOut, notFound });
    };
    const { pid, onFailure, onText, onClose, onExit, abandon, feed } = counted(open(command));
    const timer = setTimeout(() => {
      timedOut = true;
      if (pid !== undefined) system.killGroup(pid);
    }, command.deadline);
    onFailure((message, missing) => {
      output.stderr += message;
      finish(null, null, missing);
    });
    for (const name of ['stdout', 'stderr'] as const) {
      onText(name, (text) => {
        if (done) return;
        if (command.keep === undefined && output[name].length > MOST) {
          if (pid !== undefined) system.killGroup(pid);
          Object.assign(output, { stdout: '', stderr: `printed more than ${MOST / 1_000_000} MB, which is the most that is read` });
          finish(null, null);
          return abandon();
        }
        output[name] = command.keep === undefined ? output[name] + text : (output[name] + text).slice(-command.keep);
      });
    }
    onClose(finish);
    onExit((code, signal) => {
      setTimeout(() => {
        abandon();
        finish(code, signal);
      }, PIPES_CLOSE).unref();
    });
    feed(command.stdin ?? '');
  });
}

function start(
  command: Omit<Command, 'deadline' | 'stdin'>,
  counted: (child: Child) => Child,
  heard: (text: string) => void = () => undefined,
): Running {
  const child = counted(open(command));
  let stderr = '';
  child.onText('stderr', (text) => {
    stderr = (stderr + text).slice(-LAST_WORDS);
  });
  const spoke = new Promise<boolean>((resolve) => {
    child.onText('stdout', (text) => {
      resolve(true);
      heard(text);
    });
    child.onFailure(() => resolve(false));
    child.onClose(() => resolve(false));
  });
  const ended = new Promise<string>((resolve) => {
    child.onFailure(resolve);
    child.onClose(() => resolve(stderr));
  });
  return { spoke, stop: () => child.feed(''), pid: child.pid, ended };
}

// What a program that goes on for long says is no more than this: a message needs its last lines.
const LAST_WORDS = 4096;
