/** Our own lock: whether another run of this program is at work in this network namespace. It is only looked at. */

import { NAME } from '../namespace/lock.ts';
import { findHolder, holderText } from '../namespace/lock-holder.ts';
import { system } from '../system.ts';
import type { Aspect } from './aspect.ts';
import { fine, warning } from './aspect.ts';

export function ownLockAspect(): Aspect {
  if (system.readText('/proc/net/unix') === undefined) return fine('own lock', 'not known: /proc/net/unix can not be read');
  const holder = findHolder('self', NAME);
  if (holder === undefined) return fine('own lock', 'free: no other run of istio-init is at work here');
  const who = holderText(holder);
  return holder.rightful === false
    ? warning('own lock', `${who} holds it and may not change rules here: it is passed over`, 'find out what that process is for')
    : warning('own lock', `another run of istio-init is at work in this network namespace: ${who}`, 'wait for it to end, then check again');
}
