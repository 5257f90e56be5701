/** Sockets of the probe under Node and bun. */

import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import type { CallOutcome, Network } from './network.ts';

export const network: Network = {
  ids: () => ({ uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }),
  takeUser: (uid) => allowed(() => process.seteuid?.(uid)),
  takeGroup: (gid) => allowed(() => process.setegid?.(gid)),
  call: ({ host, port, localAddress, patience, made }) =>
    new Promise((resolve) => {
      const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
      // Node makes the socket in a tick that connect has queued before this one.
      process.nextTick(made);
      let text = '';
      let taken = false;
      const end = (met: CallOutcome): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(met);
      };
      const timer = setTimeout(() => end(taken ? { kind: 'silent' } : { kind: 'nobody', code: 'ETIMEDOUT' }), patience);
      socket.once('connect', () => {
        taken = true;
      });
      socket.setEncoding('utf8').on('data', (data: string) => {
        text += data;
      });
      socket.on('end', () => end({ kind: 'said', text }));
      socket.on('error', (error) => end(taken ? { kind: 'said', text } : { kind: 'nobody', code: codeOf(error) }));
    }),
  listen: (host, port, text) =>
    new Promise((resolve) => {
      const server = createServer((socket) => socket.on('error', () => socket.destroy()).end(text));
      server.once('error', (error) => resolve(codeOf(error))).listen({ host, port }, () => resolve({ close: () => server.close() }));
    }),
  routeTo: (host) =>
    new Promise((resolve) => {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      const end = (error?: unknown): void => {
        socket.close();
        resolve(error === undefined ? undefined : codeOf(error));
      };
      // With a callback an error comes as its argument, which the types do not know.
      const connected: (error?: unknown) => void = end;
      socket.on('error', end).connect(9, host, connected);
    }),
  token: () => randomBytes(16).toString('hex'),
};

function allowed(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
