/** One connection of a probe: with whose ids, from where, and what it is told at the other end. */

import { createSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import type { Family } from '../../netfilter/family.ts';

export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/** The ids that new sockets of this process get. */
export function ownIds(): Ids {
  return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
}

/** The ids that this process gets when it asks for some; null where it may not have the user. */
export function idsToHave(ids: Ids): Ids | null {
  const restore = takeIds(ids);
  const taken = restore === null ? null : ownIds();
  restore?.();
  return taken;
}

/** Takes ids for new sockets; returns what gives the process its own back, or null where it may not have the user. */
function takeIds({ uid, gid }: Ids): (() => void) | null {
  const own = ownIds();
  const restore = (): void => {
    process.seteuid?.(own.uid);
    process.setegid?.(own.gid);
  };
  try {
    if (gid !== own.gid) process.setegid?.(gid);
  } catch {
    // The rules know the proxy by its user as well.
  }
  try {
    if (uid !== own.uid) process.seteuid?.(uid);
    return restore;
  } catch {
    restore();
    return null;
  }
}

/** What a connection met. */
export type CallOutcome =
  /** Someone who said this, perhaps nothing. */
  | { readonly kind: 'said'; readonly text: string }
  /** Someone who took the connection and kept silent. */
  | { readonly kind: 'silent' }
  /** Nobody: no answer at all, or an error of the kernel. */
  | { readonly kind: 'nobody'; readonly code: string };

export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string | undefined;
  readonly ids: Ids;
  /** Milliseconds. */
  readonly patience: number;
}

/** Makes one connection and listens to what is said. */
export function callOnce({ host, port, localAddress, ids, patience }: Connection): Promise<CallOutcome> {
  return new Promise((resolve) => {
    const restore = takeIds(ids);
    const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
    // Node makes the socket in a tick that connect has queued before this one.
    process.nextTick(() => restore?.());
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
  });
}

/** Says one text to everyone who calls; or the code of the error that kept it from listening. */
export function listen(host: string, port: number, text: string): Promise<Server | string> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.on('error', () => socket.destroy()).end(text));
    server.once('error', (error) => resolve(codeOf(error))).listen({ host, port }, () => resolve(server));
  });
}

/**
 * Undefined where the machine has a route to an address, else the code of the error that it gives.
 * Nothing is sent: the same error of a connection could come from a router far away, which a call then has reached.
 */
export function routeTo(family: Family, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(family === 'ip' ? 'udp4' : 'udp6');
    const end = (error?: unknown): void => {
      socket.close();
      resolve(error === undefined ? undefined : codeOf(error));
    };
    // With a callback an error comes as its argument, which the types do not know.
    const connected: (error?: unknown) => void = end;
    socket.on('error', end).connect(9, host, connected);
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
