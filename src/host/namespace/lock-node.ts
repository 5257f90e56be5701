/** The lock's socket under Node. */

import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Take, Waiting } from './lock-socket.ts';

/** Listens on the abstract name. */
export const take: Take = (name) =>
  new Promise((resolve) => {
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

/** Calls the holder, who never speaks; that it closes is the news. No polling, and no delay after its death. */
export function untilFree(name: string): Waiting {
  const holder = connect({ path: `\0${name}` });
  holder.on('error', () => undefined);
  // Who finds no holder after finding the name taken came between two others: not in a tight loop.
  const freed = new Promise<void>((resolve) => holder.on('close', () => setTimeout(resolve, 2)));
  return { freed, cancel: () => holder.destroy() };
}
