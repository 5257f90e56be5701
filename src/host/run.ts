/**
 * The one place that starts programs. Everything else takes {@link Run} as a parameter.
 *
 * `node:child_process` and not execa: an init container pays for every millisecond of CPU, and a whole
 * cold run (save, restore, save) took 28 ms with plain spawn against 40 with execa, which costs 10 ms
 * alone to load (measured, bun-compiled). What execa would add is little here: no shell, no streams.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

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
  readonly start: (command: Omit<Command, 'deadline' | 'stdin'>) => Running;
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
    start: (command) => start(command, counted),
    started: () => count,
  };
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

// A session of its own, so that a deadline can kill whatever the program started in turn, and so that
// Ctrl-C at a terminal reaches this program only: a restore under way is finished, never cut.
function open({ argv: [file, ...args], env }: Pick<Command, 'argv' | 'env'>): Child {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: { ...process.env, ...env, LC_ALL: 'C' } });
  // Out of file handles bun hands out a child without pipes, and says so nowhere (bun 1.4.5); Node's says it by an event.
  if (child.stdin === undefined || child.stdout === undefined || child.stderr === undefined || child.stderr === null) {
    child.on('error', () => undefined).kill('SIGKILL');
    throw new Error(TOO_FEW_HANDLES);
  }
  return child;
}

const TOO_FEW_HANDLES = 'too few file handles (EMFILE)';

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
    let child: Child;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child?.pid);
    }, command.deadline);
    try {
      child = counted(open(command));
    } catch (error) {
      output.stderr = messageOf(error);
      return finish(null, null, isMissing(error));
    }
    child.on('error', (error) => {
      output.stderr += messageOf(error);
      finish(null, null, isMissing(error));
    });
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        output[name] = command.keep === undefined ? output[name] + chunk : (output[name] + chunk).slice(-command.keep);
      });
    }
    child.on('close', (code, signal) => finish(code, signal));
    child.on('exit', (code, signal) => {
      setTimeout(() => {
        for (const pipe of [child.stdout, child.stderr]) pipe.destroy();
        finish(code, signal);
      }, PIPES_CLOSE).unref();
    });
    feed(child, command.stdin ?? '');
  });
}

// A program may exit before it has read everything, iptables-restore even with exit code 0 (kernel.md):
// EPIPE is no failure, its exit code says what happened.
function feed(child: Child, text: string): void {
  child.stdin.on('error', () => undefined);
  child.stdin.end(text);
}

function start(command: Omit<Command, 'deadline' | 'stdin'>, counted: (child: Child) => Child): Running {
  let child: Child;
  try {
    child = counted(open(command));
  } catch (error) {
    return { spoke: Promise.resolve(false), stop: () => undefined, pid: undefined, ended: Promise.resolve(messageOf(error)) };
  }
  child.stdin.on('error', () => undefined);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-LAST_WORDS);
  });
  const spoke = new Promise<boolean>((resolve) => {
    child.stdout.once('data', () => resolve(true));
    child.on('error', () => resolve(false));
    child.on('close', () => resolve(false));
  });
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(messageOf(error)));
    child.on('close', () => resolve(stderr));
  });
  return { spoke, stop: () => child.stdin.end(), pid: child.pid, ended };
}

// What a program that goes on for long says is no more than this: a message needs its last lines.
const LAST_WORDS = 4096;

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
