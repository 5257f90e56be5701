import type { Child } from './interface.ts';

/** A program of which no process was started, and why. */
export function neverStarted(message: string, missing: boolean): Child {
  const ignore = (): void => undefined;
  return {
    pid: undefined,
    onText: ignore,
    onFailure: (heard) => heard(message, missing),
    onExit: ignore,
    onClose: ignore,
    feed: ignore,
    abandon: ignore,
  };
}
