/** The lock's socket, whichever runtime makes it. */

/** The socket, as one of the two runtimes makes it: what frees it, or why there is none. */
export type Take = (name: string) => Promise<(() => void) | 'taken' | 'unavailable'>;

/** A wait for the end of whoever holds it. */
export interface Waiting {
  readonly freed: Promise<void>;
  readonly cancel: () => void;
}
