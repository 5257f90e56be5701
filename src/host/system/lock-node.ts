/** The lock's socket under Node. */

import { connect, createServer, type Server, type Socket } from 'node:net';
import type { LockResult, Waiting } from './interface.ts';

/** Listens on the abstract name. */
export function take(name: string): Promise<LockResult> {
  return new Promise((resolve) => {
    const waiters = new Set<Socket>();
    const server: Server = createServer((socket) => {
      waiters.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => waiters.delete(socket));
    });
    server.on('error', (error) => resolve('code' in error && error.code === 'EADDRINUSE' ? 'taken' : 'unavailable'));
    server.listen({ path: `\0${name}` }, () =>
      resolve(() => {
        server.close();
        for (const waiter of waiters) waiter.destroy();
      }),
    );
  });
}

/** Calls the holder, who never speaks; that it closes is the news. No polling, and no delay after its death. */
export function untilFree(name: string): Waiting {
  const holder = connect({ path: `\0${name}` });
  holder.on('error', () => undefined);
  // Who finds no holder after finding the name taken came between two others: not in a tight loop.
  const freed = new Promise<void>((resolve) => holder.on('close', () => setTimeout(resolve, 2)));
  return { freed, cancel: () => holder.destroy() };
}

/** Node can't ask a socket who its peer is. */
export const peerOf = undefined;

// Node can't enter a namespace: a second copy of it is started inside. A NUL can't be an argument, so it is added inside.
const HOLDER = `const net = require('node:net'), path = '\\0' + process.argv.at(-1);
process.stdin.on('end', () => process.exit()).resume();
(function take() {
  const server = net.createServer((socket) => socket.on('error', () => {}));
  server.on('error', () => net.connect(path).on('error', () => {}).on('close', () => setTimeout(take, 2)));
  server.listen({ path }, () => process.stdout.write('held'));
})();`;

/** Node with the text that holds the lock. */
export function holder(name: string): readonly [string, ...string[]] {
  return [process.execPath, '-e', HOLDER, name];
}
