/** Our own lock: whether another run of this program is at work in this network namespace. It is only looked at. */

import { NAME } from '../namespace/lock.ts';
import type { Aspect } from './aspect.ts';
import { amiss, fine } from './aspect.ts';
import { textOf } from './text-of.ts';

/** Whether /proc/net/unix lists a socket that holds the lock; the kernel shows the leading NUL as an @. */
export function isHeld(sockets: string): boolean {
  return sockets.split('\n').some((line) => line.endsWith(` @${NAME}`));
}

export function ownLockAspect(): Aspect {
  const sockets = textOf('/proc/net/unix');
  if (sockets === undefined) return fine('own lock', 'not known: /proc/net/unix can not be read');
  return isHeld(sockets)
    ? amiss('own lock', 'another run of istio-init is at work in this network namespace', 'wait for it to end, then check again')
    : fine('own lock', 'free: no other run of istio-init is at work here');
}
