import type { Waiting } from './interface.ts';

/** Milliseconds. */
const RETRY_AFTER = 5;

/** The time to look again whether the lock is free: who waits is rare, and the holder done in tens of milliseconds. */
export function retryDelay(): Waiting {
  let cancel = (): void => undefined;
  const freed = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, RETRY_AFTER);
    cancel = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return { freed, cancel: () => cancel() };
}
