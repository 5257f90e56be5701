/** A wait that Ctrl-C and SIGTERM end in order: first what is waited for, then what it ran in, then this program. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What heeds the signals of a wait. */
export interface Stopping {
  /** Aborted when one comes. */
  readonly signal: AbortSignal;
  /** Heeds them no more; one that came has the effect that it would have had. */
  readonly goOn: () => void;
}

export function handleStop(): Stopping {
  const abort = new AbortController();
  let came: (typeof SIGNALS)[number] | undefined;
  const listeners = SIGNALS.map((name) => {
    const listener = (): void => {
      came ??= name;
      abort.abort();
    };
    process.on(name, listener);
    return { name, listener };
  });
  return {
    signal: abort.signal,
    goOn: () => {
      for (const { name, listener } of listeners) process.off(name, listener);
      // Others that listen have heard it as well, and say what is to come of it.
      if (came !== undefined && process.listenerCount(came) === 0) process.kill(process.pid, came);
    },
  };
}
