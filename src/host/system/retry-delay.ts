import type { Waiting } from './interface.ts';

/** Milliseconds. */
const LOOK_AGAIN = 5;

/** The time to look again whether the lock is free: who waits is rare, and the holder done in tens of milliseconds. */
export function lookAgain(): Waiting {
  let cancel = (): void => undefined;
  const freed = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, LOOK_AGAIN);
    cancel = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return { freed, cancel: () => cancel() };
}
