/**
 * Our own lock: one run at a time in a network namespace, from the first look to the last. The xtables
 * lock does not cover read plus write (four cold restores at once left four jumps, kernel.md).
 *
 * It is an abstract Unix socket: those belong to the network namespace, need no file (a read-only root
 * is no hindrance), and are freed by the kernel when their owner dies, however it dies.
 *
 * For another namespace the socket has to be made *in there*, or the pod's own run and one from the
 * node would not see each other. Node can't enter a namespace, so a second copy of this program's
 * runtime is started inside, holds the socket, and ends when its standard input does: with us. That
 * costs a process of 25 ms, and only where a namespace is named.
 */

import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Namespace } from './namespace.ts';

/** A lock that is held. */
export interface Held {
  readonly release: () => void;
}

/** Why there is none: another run kept it, we were told to stop, or this machine does not let us have such a socket. */
export type NotHeld = 'busy' | 'interrupted' | 'unavailable';

/** Waits for the lock of a namespace, for at most `limit` milliseconds. */
export type TakeLock = (namespace: Namespace, limit: number, signal?: AbortSignal) => Promise<Held | NotHeld>;

// 108 bytes with the leading NUL, all that an address holds: Node 20 pads a shorter name with zeros and
// Bun does not, and the two would lock different things.
export const NAME = 'istio-init: one run at a time in a network namespace '.padEnd(107, '.');

/** Takes the lock in the namespace itself, wherever it is. */
export const takeLock: TakeLock = async (namespace, limit, signal) => {
  if (signal?.aborted) return 'interrupted';
  const attempt = namespace.here ? takeHere() : takeThere(namespace);
  return new Promise((resolve) => {
    const end = (result: Held | NotHeld): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupt);
      if (typeof result === 'string') attempt.cancel();
      resolve(result);
    };
    const interrupt = (): void => end('interrupted');
    const timer = setTimeout(() => end('busy'), limit);
    signal?.addEventListener('abort', interrupt);
    void attempt.held.then(end);
  });
};

interface Attempt {
  readonly held: Promise<Held | 'unavailable'>;
  readonly cancel: () => void;
}

function takeHere(): Attempt {
  let cancelled = false;
  let waiting: Socket | undefined;
  const held = (async (): Promise<Held | 'unavailable'> => {
    while (!cancelled) {
      const server = await listen();
      if (typeof server === 'object' && cancelled) server.release();
      if (server !== 'taken') return server;
      await new Promise<void>((resolve) => {
        // The holder never speaks; that it closes is the news. No polling, and no delay after its death.
        waiting = connect({ path: `\0${NAME}` });
        waiting.on('error', () => undefined);
        // Who finds no holder after finding the name taken came between two others: not in a tight loop.
        waiting.on('close', () => setTimeout(resolve, 2));
      });
    }
    return 'unavailable';
  })();
  return {
    held,
    cancel: () => {
      cancelled = true;
      waiting?.destroy();
    },
  };
}

function listen(): Promise<Held | 'taken' | 'unavailable'> {
  return new Promise((resolve) => {
    const waiters = new Set<Socket>();
    const server: Server = createServer((socket) => {
      waiters.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => waiters.delete(socket));
    });
    server.on('error', (error) => resolve('code' in error && error.code === 'EADDRINUSE' ? 'taken' : 'unavailable'));
    server.listen({ path: `\0${NAME}` }, () =>
      resolve({
        release: () => {
          server.close();
          for (const waiter of waiters) waiter.destroy();
        },
      }),
    );
  });
}

// The same as above for a runtime that has only this text. A NUL can't be an argument, so it is added inside.
const HOLDER = `const net = require('node:net'), path = '\\0' + process.argv.at(-1);
process.stdin.on('end', () => process.exit()).resume();
(function take() {
  const server = net.createServer((socket) => socket.on('error', () => {}));
  server.on('error', () => net.connect(path).on('error', () => {}).on('close', () => setTimeout(take, 2)));
  server.listen({ path }, () => process.stdout.write('held'));
})();`;

function takeThere(namespace: Namespace): Attempt {
  // BUN_BE_BUN makes an executable that bun compiled the plain runtime again; Node does not know it.
  const holder = namespace.start({ argv: [process.execPath, '-e', HOLDER, NAME], env: { BUN_BE_BUN: '1', NODE_OPTIONS: '' } });
  return { held: holder.spoke.then((spoke) => (spoke ? { release: holder.stop } : 'unavailable')), cancel: holder.stop };
}
