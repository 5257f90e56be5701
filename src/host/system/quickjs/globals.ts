/** What the drop-in uses of the globals that browsers, Node and bun have, and QuickJS has not. */

import { encode } from 'quickjs:machine';
import * as os from 'quickjs:os';

/** A signal that tells of its end once. */
class Abort {
  private readonly listeners = new Set<() => void>();
  aborted = false;

  addEventListener(_: 'abort', heard: () => void): void {
    this.listeners.add(heard);
  }

  removeEventListener(_: 'abort', heard: () => void): void {
    this.listeners.delete(heard);
  }

  abort(): void {
    this.aborted = true;
    for (const heard of this.listeners) heard();
    this.listeners.clear();
  }
}

/** Called before anything else runs. */
export function defineGlobals(): void {
  Object.assign(globalThis, {
    AbortController: class {
      readonly signal = new Abort();

      abort(): void {
        if (!this.signal.aborted) this.signal.abort();
      }
    },
    TextEncoder: class {
      encode(text: string): Uint8Array {
        return new Uint8Array(encode(text));
      }
    },
    // A process ends when its work is done: no timer keeps it.
    setTimeout: (heard: () => void, milliseconds = 0) => Object.assign(os.setTimeout(heard, milliseconds), { unref: () => undefined }),
    clearTimeout: (timer?: object) => {
      if (timer !== undefined) os.clearTimeout(timer);
    },
  });
}
