/**
 * Our own lock: one run at a time in a network namespace, from the first look to the last. The xtables
 * lock does not cover read plus write (four cold restores at once left four jumps, kernel.md).
 *
 * It is an abstract Unix socket: those belong to the network namespace, need no file (a read-only root
 * is no hindrance), and are freed by the kernel when their owner dies, however it dies. No file could do that: what a
 * pod's container and its node both see is the namespace alone. But any process of the pod can bind one, so a
 * holder counts only if it may change rules (lock-holder.ts); another is passed over, and named.
 *
 * For another namespace the socket has to be made *in there*, or the pod's own run and one from the
 * node would not see each other. No runtime can enter a namespace, so a second copy of this program's
 * runtime is started inside, holds the socket, and ends when its standard input does: with us. That
 * costs a process of 25 ms, and only where a namespace is named.
 */

import type { Waiting } from '../system/interface.ts';
import { system } from '../system.ts';
import type { Holder } from './lock-holder.ts';
import type { Namespace } from './namespace.ts';

/** A lock that is held. */
export interface Held {
  readonly release: () => void;
}

/**
 * Why there is none: another run kept it all the time (`busy`), someone who may not change rules holds its name
 * (`passedOver`: work may begin), we were told to stop, or this machine does not let us have such a socket.
 */
export type NotHeld = { readonly busy: Holder } | { readonly passedOver: Holder } | 'interrupted' | 'unavailable';

/** Waits for the lock of a namespace, for at most `limit` milliseconds. */
export type TakeLock = (namespace: Namespace, limit: number, signal?: AbortSignal) => Promise<Held | NotHeld>;

// 108 bytes with the leading NUL, all that an address holds: Node 20 pads a shorter name with zeros, and who
// does not would lock another thing.
export const NAME = 'istio-init: one run at a time in a network namespace '.padEnd(107, '.');

/** Takes the lock in the namespace itself, wherever it is. */
export const takeLock: TakeLock = async (namespace, limit, signal) => {
  if (signal?.aborted) return 'interrupted';
  const attempt = namespace.here ? takeHere() : takeThere(namespace);
  return new Promise((resolve) => {
    let ended = false;
    const end = (result: Held | NotHeld): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      clearTimeout(question);
      signal?.removeEventListener('abort', interrupt);
      if (typeof result === 'string' || !('release' in result)) attempt.cancel();
      resolve(result);
    };
    const interrupt = (): void => end('interrupted');
    const holder = async (): Promise<Holder> => (await attempt.holder()) ?? { rightful: undefined };
    const timer = setTimeout(async () => end({ busy: await holder() }), limit);
    // Who holds it can change while we wait.
    let doubts = 0;
    const ask = async (): Promise<void> => {
      const found = await holder();
      doubts = found.rightful === false ? doubts + 1 : 0;
      if (doubts > 1) end({ passedOver: found });
      else if (!ended) question = setTimeout(ask, doubts === 0 ? POLL_PAUSE : ASK_FIRST);
    };
    let question = setTimeout(ask, ASK_FIRST);
    signal?.addEventListener('abort', interrupt);
    void attempt.held.then(end);
  });
};

// Milliseconds. A run is done in tens of them; twice the same answer, for a run of ours is between bind and listen for an instant.
const ASK_FIRST = 50;
const POLL_PAUSE = 500;

interface LockAttempt {
  readonly held: Promise<Held | 'unavailable'>;
  /** Who has it now; undefined where nobody does. */
  readonly holder: () => Promise<Holder | undefined>;
  readonly cancel: () => void;
}

function takeHere(): LockAttempt {
  let cancelled = false;
  let waiting: Waiting | undefined;
  const held = (async (): Promise<Held | 'unavailable'> => {
    const { take, untilFree } = await system.lockSocket();
    while (!cancelled) {
      const release = await take(NAME);
      if (typeof release === 'string') {
        if (release === 'unavailable') return 'unavailable';
        waiting = untilFree(NAME);
        await waiting.freed;
      } else if (cancelled) release();
      else return { release };
    }
    return 'unavailable';
  })();
  const holder = async (): Promise<Holder | undefined> => {
    const { findHolder, holderOfPeer } = await import('./lock-holder.ts');
    const { peerOf } = await system.lockSocket();
    // A container's root may not see what other users' processes have open, but may ask the socket.
    return peerOf === undefined ? findHolder('self', NAME) : holderOfPeer(peerOf(NAME));
  };
  return {
    held,
    holder,
    cancel: () => {
      cancelled = true;
      waiting?.cancel();
    },
  };
}

/** Holds the lock for another process of the executable, for as long as that keeps the standard input open, and then ends this one. */
export async function holdLock(): Promise<never> {
  system.onInputEnd(() => system.exit(0));
  if ((await takeHere().held) === 'unavailable') system.exit(1);
  system.print('held');
  return new Promise(() => undefined);
}

function takeThere(namespace: Namespace): LockAttempt {
  const starting = system.lockSocket().then(({ holder }) => namespace.start({ argv: holder(NAME), env: { NODE_OPTIONS: '' } }));
  return {
    held: starting.then(async ({ spoke, stop }) => ((await spoke) ? { release: stop } : 'unavailable')),
    holder: async () => {
      const { pid } = await starting;
      return pid === undefined ? undefined : (await import('./lock-holder.ts')).findHolder(pid, NAME);
    },
    cancel: () => void starting.then(({ stop }) => stop()),
  };
}
