/**
 * The lock's socket in the executable, by the C library's own calls: bun's `node:net` takes no name that
 * fills a whole address, as Node 20's always does (bun 1.4.5: EINVAL from 107 characters on). To load
 * these calls also costs 0.6 ms, where `node:net` costs 3.
 */

import { closeSync } from 'node:fs';
import type { LockResult, Peer } from './interface.ts';

/** What is used of bun:ffi. */
interface Ffi {
  readonly dlopen: (library: string, symbols: object) => { readonly symbols: Readonly<Record<string, (...args: unknown[]) => number>> };
  readonly ptr: (bytes: Uint8Array | Int32Array) => number;
  readonly read: { readonly i32: (pointer: number) => number };
}

const SIGNATURES = {
  socket: { args: ['int', 'int', 'int'], returns: 'int' },
  bind: { args: ['int', 'ptr', 'int'], returns: 'int' },
  listen: { args: ['int', 'int'], returns: 'int' },
  connect: { args: ['int', 'ptr', 'int'], returns: 'int' },
  getsockopt: { args: ['int', 'int', 'int', 'ptr', 'ptr'], returns: 'int' },
  __errno_location: { args: [], returns: 'ptr' },
};

// The numbers of Linux on x64 and on arm64.
const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 0o2000001;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const EADDRINUSE = 98;

/** Listens on the abstract name; Node's waiters find a listener that never answers, and wait for its end. */
export async function take(name: string): Promise<LockResult> {
  const { ptr, read } = ffi();
  const { socket, bind, listen, __errno_location } = libc();
  const file = socket?.(AF_UNIX, SOCK_STREAM_CLOEXEC, 0) ?? -1;
  if (file < 0) return 'unavailable';
  const address = addressOf(name);
  if (bind?.(file, ptr(address), address.length) === 0 && listen?.(file, 4096) === 0) return () => closeSync(file);
  const taken = read.i32(__errno_location?.() ?? 0) === EADDRINUSE;
  closeSync(file);
  return taken ? 'taken' : 'unavailable';
}

/**
 * Who listened on the abstract name, by the kernel's word. Nobody who holds the lock lets callers queue up until no
 * more get in, or binds without listening: then it is no run of this program.
 */
export function peerOf(name: string): Peer {
  const { ptr } = ffi();
  const { socket, connect, getsockopt } = libc();
  const file = socket?.(AF_UNIX, SOCK_STREAM_CLOEXEC | SOCK_NONBLOCK, 0) ?? -1;
  if (file < 0) return undefined;
  const address = addressOf(name);
  const credentials = new Int32Array(3);
  const size = Int32Array.of(credentials.byteLength);
  const connected = connect?.(file, ptr(address), address.length) === 0;
  const read = connected && getsockopt?.(file, SOL_SOCKET, SO_PEERCRED, ptr(credentials), ptr(size)) === 0;
  closeSync(file);
  const [pid = 0, user = 0] = credentials;
  return read ? { pid, user: user >>> 0 } : connected ? undefined : 'no listener';
}

function ffi(): Ffi {
  return process.getBuiltinModule('bun:ffi' as 'node:fs') as unknown as Ffi;
}

function libc(): Readonly<Record<string, (...args: unknown[]) => number>> {
  return ffi().dlopen('libc.so.6', SIGNATURES).symbols;
}

function addressOf(name: string): Buffer {
  return Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), Buffer.from(`\0${name}`)]);
}

export { retryDelay as untilFree } from './retry-delay.ts';

/** The executable runs no text: this is a word that src/cli/main.ts knows. */
export function holder(): readonly [string, ...string[]] {
  return [process.execPath, 'hold-lock'];
}
