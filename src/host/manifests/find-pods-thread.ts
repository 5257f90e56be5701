/** A thread of its own (dist/find-pods.cjs): is given pieces, and answers each with the pods in it. */

import { parentPort } from 'node:worker_threads';
import { findPods } from './find-pods.ts';

parentPort?.on('message', ({ buffer, byteOffset, length }: Uint8Array) =>
  parentPort?.postMessage(findPods(Buffer.from(buffer, byteOffset, length))),
);
