/** The lock's socket under QuickJS. */

import { lockPeer, lockTake } from 'quickjs:machine';
import * as os from 'quickjs:os';
import type { LockSocket } from '../interface.ts';
import { retryDelay } from '../retry-delay.ts';
import { FAILED } from './errors.ts';

export const lockSocket: LockSocket = {
  // Nobody is answered: a caller waits for the listener's end.
  take: async (name) => {
    const file = lockTake(name);
    return file >= 0 ? () => os.close(file) : file === FAILED.EADDRINUSE ? 'taken' : 'unavailable';
  },
  untilFree: retryDelay,
  peerOf: (name) => {
    const peer = lockPeer(name);
    if (typeof peer === 'number') return 'no listener';
    const [pid, user] = peer;
    return pid === undefined || user === undefined ? undefined : { pid, user };
  },
  // A word that the way in of this build knows.
  holder: () => [os.readlink('/proc/self/exe')[0], 'hold-lock'],
};
