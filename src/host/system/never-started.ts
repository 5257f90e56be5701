import type { Child } from './interface.ts';

/** A program of which no process was started, and why. */
export function neverStarted(message: string, missing: boolean): Child {
  const nothing = (): void => undefined;
  return {
    pid: undefined,
    onText: nothing,
    onFailure: (heard) => heard(message, missing),
    onExit: nothing,
    onClose: nothing,
    feed: nothing,
    abandon: nothing,
  };
}
