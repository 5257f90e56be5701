/** Programs that were started, as QuickJS gives them: pipes that are read when something is in them, ends that a signal tells. */

import { decode, encode, spawn } from 'quickjs:machine';
import * as os from 'quickjs:os';
import type { Child, System } from '../interface.ts';
import { neverStarted } from '../never-started.ts';
import { errorOf, FAILED } from './errors.ts';
import { onNumber } from './signals.ts';

type Heard<T extends unknown[]> = (...values: T) => void;
type End = [code: number | null, signal: string | null];

/** Starts a program. */
export const spawnChild: System['spawn'] = (argv, added) => {
  const variables = Object.entries(added).map(([name, value]) => `${name}=${value}`);
  // Who can't hear the end of a program must not start one.
  const heard = onNumber(os.SIGCHLD, reap);
  const started = heard < 0 ? heard : spawn(argv, variables);
  if (typeof started !== 'number') return childOf(...started);
  const what = `spawn ${argv[0]}`;
  return started === FAILED.ENOENT ? neverStarted(`${what} ENOENT`, true) : neverStarted(errorOf(started, what).message, false);
};

/** Those that have not ended, with what to do then. */
const running = new Map<number, (end: End) => void>();

// One signal can stand for several ends.
function reap(): void {
  for (const [pid, ended] of running) {
    const [found, status] = os.waitpid(pid, os.WNOHANG);
    if (found !== pid) continue;
    running.delete(pid);
    const signal = status & 0x7f;
    ended(signal === 0 ? [status >> 8, null] : [null, NAMES[signal] ?? `signal ${signal}`]);
  }
}

const NAMES: Readonly<Record<number, string>> = { 2: 'SIGINT', 6: 'SIGABRT', 9: 'SIGKILL', 11: 'SIGSEGV', 13: 'SIGPIPE', 15: 'SIGTERM' };

function childOf(pid: number, input: number, stdout: number, stderr: number): Child {
  const exit = once<End>();
  const close = once<End>();
  const outputs = { stdout: outputOf(stdout), stderr: outputOf(stderr) };
  let end: End | undefined;
  const settle = (): void => {
    if (end !== undefined && outputs.stdout.ended() && outputs.stderr.ended()) close.notify(...end);
  };
  for (const { onEnd } of Object.values(outputs)) onEnd(settle);
  running.set(pid, (found) => {
    end = found;
    exit.notify(...found);
    settle();
  });
  return {
    pid,
    onText: (output, heard) => outputs[output].onText(heard),
    onFailure: () => undefined,
    onExit: exit.listen,
    onClose: close.listen,
    feed: (text) => feed(input, text),
    abandon: () => {
      for (const { abandon } of Object.values(outputs)) abandon();
    },
  };
}

/** Something that happens once, and is told to who listened before. */
function once<T extends unknown[]>(): { readonly listen: (heard: Heard<T>) => void; readonly notify: Heard<T> } {
  const listeners: Heard<T>[] = [];
  return {
    listen: (heard) => {
      listeners.push(heard);
    },
    notify: (...values) => {
      for (const heard of listeners.splice(0)) heard(...values);
    },
  };
}

// A program may exit before it has read everything, iptables-restore even with exit code 0 (kernel.md): that is no failure.
function feed(file: number, text: string): void {
  const bytes = encode(text);
  let done = 0;
  const finish = (): void => {
    os.setWriteHandler(file, null);
    os.close(file);
  };
  const push = (): void => {
    while (done < bytes.byteLength) {
      const wrote = os.write(file, bytes, done, bytes.byteLength - done);
      if (wrote === FAILED.EAGAIN) return;
      if (wrote < 0) break;
      done += wrote;
    }
    finish();
  };
  os.setWriteHandler(file, push);
  push();
}

interface Output {
  readonly onText: (heard: (text: string) => void) => void;
  readonly onEnd: (heard: () => void) => void;
  readonly ended: () => boolean;
  readonly abandon: () => void;
}

const PIECE = 65_536;

/** An output is read from the start, heard or not: a full pipe would keep the program from ending. */
function outputOf(file: number): Output {
  const listeners: ((text: string) => void)[] = [];
  const end = once<[]>();
  const bytes = new ArrayBuffer(PIECE);
  let kept = 0;
  let open = true;
  const abandon = (): void => {
    if (!open) return;
    open = false;
    os.setReadHandler(file, null);
    os.close(file);
    end.notify();
  };
  const notify = (to: number): void => {
    const text = to === 0 ? '' : decode(bytes, 0, to);
    if (text !== '') for (const heard of listeners) heard(text);
  };
  os.setReadHandler(file, () => {
    const read = os.read(file, bytes, kept, PIECE - kept);
    if (read === FAILED.EAGAIN) return;
    if (read <= 0) {
      notify(kept);
      return abandon();
    }
    const all = new Uint8Array(bytes, 0, kept + read);
    const whole = wholeCharacters(all);
    notify(whole);
    kept = all.length - whole;
    all.copyWithin(0, whole);
  });
  return { onText: (heard) => listeners.push(heard), onEnd: end.listen, ended: () => !open, abandon };
}

/** How many bytes it is to the last end of a character: a read can cut one. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
