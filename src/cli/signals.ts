/** SIGTERM and SIGINT, and SIGHUP where that is asked for: what has begun is finished and verified, and the exit code then says which came. */

import { system } from '../host/system.ts';

export interface Signals {
  readonly signal: AbortSignal;
  /** 128 and the number of the signal that came, or undefined. */
  readonly exitCode: () => number | undefined;
}

type HandledSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

/** Listens from now on. */
export function handleSignals(names: readonly HandledSignal[] = ['SIGTERM', 'SIGINT']): Signals {
  const abort = new AbortController();
  let came: HandledSignal | undefined;
  for (const name of names) {
    system.onSignal(name, () => {
      came ??= name;
      abort.abort();
    });
  }
  return { signal: abort.signal, exitCode: () => (came === undefined ? undefined : 128 + system.signalNumber(came)) };
}
