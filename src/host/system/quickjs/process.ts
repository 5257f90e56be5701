/** What the command line uses of Node's process; the build puts it in the place of the global. */

import * as os from 'quickjs:os';
import * as std from 'quickjs:std';
import { nameOfError } from './errors.ts';
import { write } from './files.ts';
import { onNumber } from './signals.ts';

/** QuickJS's own: the program's name and its arguments. */
declare const scriptArgs: readonly [string, ...string[]];

type Lost = (error: { readonly code: string }) => void;
type Signal = keyof typeof SIGNALS;

const SIGNALS = { SIGHUP: 1, SIGINT: os.SIGINT, SIGTERM: os.SIGTERM } as const;
const [argv0, ...words] = scriptArgs;

/** Who listens to a signal now: as long as nobody does, it ends the process as it would without. */
const listeners = new Map<Signal, Set<(signal: Signal) => void>>();

export const process = {
  argv0,
  // Node's script has no counterpart here.
  argv: [argv0, argv0, ...words],
  env: std.getenviron(),
  exitCode: undefined as number | undefined,
  stdin: { isTTY: os.isatty(0) },
  stdout: outputTo(1),
  stderr: outputTo(2),
  exit: std.exit,
  on: (signal: Signal, heard: (signal: Signal) => void) => {
    const all = listeners.get(signal);
    if (all !== undefined) return all.add(heard);
    const heardBy = new Set([heard]);
    listeners.set(signal, heardBy);
    const number = SIGNALS[signal];
    return onNumber(number, () => {
      if (heardBy.size === 0) std.exit(128 + number);
      for (const one of heardBy) one(signal);
    });
  },
  off: (signal: Signal, heard: (signal: Signal) => void) => listeners.get(signal)?.delete(heard),
};

function outputTo(file: number) {
  const isTTY = os.isatty(file);
  const lost: Lost[] = [];
  return {
    isTTY,
    columns: isTTY ? os.ttyGetWinSize(file)?.[0] : undefined,
    on: (_: 'error', heard: Lost) => lost.push(heard),
    write: (text: string, written?: () => void) => {
      const failure = write(file, text);
      if (failure < 0) for (const heard of lost) heard({ code: nameOfError(failure) });
      written?.();
      return failure === 0;
    },
  };
}
