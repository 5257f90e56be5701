/** SIGTERM and SIGINT: what has begun is finished and verified, and the exit code then says which came. */

import { system } from '../host/system.ts';

export interface Signals {
  readonly signal: AbortSignal;
  /** 128 and the number of the signal that came, or undefined. */
  readonly exitCode: () => number | undefined;
}

/** Listens from now on. */
export function heedSignals(): Signals {
  const abort = new AbortController();
  let came: 'SIGTERM' | 'SIGINT' | undefined;
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    system.onSignal(name, () => {
      came ??= name;
      abort.abort();
    });
  }
  return { signal: abort.signal, exitCode: () => (came === undefined ? undefined : 128 + system.signalNumber(came)) };
}
