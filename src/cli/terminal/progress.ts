/** How far a long work is, on a terminal. */

import { system } from '../../host/system.ts';
import type { WorkProgress } from '../../sources/options.ts';
import { grouped, workloadsText } from '../../sources/workloads/counts.ts';

interface Stream {
  readonly isTTY?: boolean;
  readonly write: (text: string) => unknown;
}

/** What ends the program from outside, and how it ends itself. */
export interface Ends {
  readonly on: (signal: Signal, listener: (signal: Signal) => void) => unknown;
  readonly off: (signal: Signal, listener: (signal: Signal) => void) => unknown;
  readonly exit: (code: number) => unknown;
}

type Signal = (typeof SIGNALS)[number];

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// In milliseconds. What takes less than a second needs no bar.
const QUIET = 1000;
const PAUSE = 100;
const WIDTH = 24;
const MEGABYTE = 1_000_000;
const NO_PROGRESS: WorkProgress = { update: () => {}, clear: () => {} };

// To the start of the line, and nothing behind it (ECMA-48, EL).
const CLEAR = '\r\u001b[K';

/**
 * A bar for a terminal that can take it away again; for any other stream one that does nothing. `clock` tells milliseconds.
 * While the bar is there a signal takes it away before it ends the program, with the exit code that a shell gives it.
 */
export function progressFor(
  stream: Stream,
  environment: Readonly<Record<string, string | undefined>>,
  clock: () => number,
  ends: Ends = process,
  counted: (count: number) => string = workloadsText,
): WorkProgress {
  if (stream.isTTY !== true || environment['TERM'] === 'dumb') return NO_PROGRESS;
  const start = clock();
  let next = start + QUIET;
  let visible = false;
  const clear = (): void => {
    if (!visible) return;
    visible = false;
    stream.write(CLEAR);
    for (const signal of SIGNALS) ends.off(signal, end);
  };
  const end = (signal: Signal): void => {
    clear();
    ends.exit(128 + system.signalNumber(signal));
  };
  return {
    update: (progress, workloads) => {
      const now = clock();
      if (now < next) return;
      next = now + PAUSE;
      if (!visible) for (const signal of SIGNALS) ends.on(signal, end);
      visible = true;
      stream.write(`${CLEAR}${barText(progress, counted(workloads), workloads / ((now - start) / 1000))}`);
    },
    clear,
  };
}

function barText({ read, total }: Parameters<WorkProgress['update']>[0], counted: string, perSecond: number): string {
  const rate = `${counted}, ${grouped(Math.round(perSecond))} per second`;
  if (total === undefined || total === 0) return read < MEGABYTE ? rate : `${(read / MEGABYTE).toFixed(0)} MB, ${rate}`;
  const part = Math.min(1, read / total);
  const full = Math.floor(part * WIDTH);
  // What is not counted in bytes has no million parts.
  const bytes = total < MEGABYTE ? '' : `${(read / MEGABYTE).toFixed(0)} of ${(total / MEGABYTE).toFixed(0)} MB, `;
  return `[${'#'.repeat(full)}${' '.repeat(WIDTH - full)}] ${String(Math.floor(part * 100)).padStart(3)} %  ${bytes}${rate}`;
}
