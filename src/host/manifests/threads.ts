/** Threads that find pods in pieces. */

import { Worker } from 'node:worker_threads';
import type { FoundPods } from './known-pods.ts';

export interface Threads {
  /** What the next of them finds in a piece; undefined where it has failed. Never rejects. */
  readonly find: (piece: Buffer) => Promise<FoundPods | undefined>;
  readonly end: () => Promise<void>;
}

// Without a bound, each takes as much room for what is short-lived as the main thread.
const ROOM = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 };

/** Starts so many, from a script; each gets pieces in turn. */
export function startThreads(script: string, count: number): Threads {
  const threads = Array.from({ length: count }, () => startThread(script));
  let next = 0;
  return {
    find: (piece) => {
      const thread = threads[next] as Threads;
      next = (next + 1) % count;
      return thread.find(piece);
    },
    end: async () => {
      await Promise.all(threads.map(({ end }) => end()));
    },
  };
}

function startThread(script: string): Threads {
  // What the program itself was started with is not for it.
  const worker = new Worker(script, { execArgv: [], resourceLimits: ROOM });
  const waiting: ((found: FoundPods | undefined) => void)[] = [];
  let failed = false;
  const fail = (): void => {
    failed = true;
    for (const answer of waiting.splice(0)) answer(undefined);
  };
  worker.on('message', (found: FoundPods) => waiting.shift()?.(found));
  worker.on('error', fail);
  worker.on('exit', fail);
  return {
    find: (piece) =>
      failed
        ? Promise.resolve(undefined)
        : new Promise((resolve) => {
            waiting.push(resolve);
            worker.postMessage(piece);
          }),
    end: async () => {
      await worker.terminate();
    },
  };
}
