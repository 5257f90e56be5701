/** The kernel's error codes by name and word, as Node writes them: what people look for in a log. */

import type { SystemError } from '../interface.ts';

/** What a call that failed answers, where code asks for it. */
export const FAILED = { ENOENT: -2, EAGAIN: -11, EPIPE: -32, EADDRINUSE: -98 } as const;

const ERRORS: Readonly<Record<number, readonly [name: string, words: string]>> = {
  1: ['EPERM', 'operation not permitted'],
  2: ['ENOENT', 'no such file or directory'],
  5: ['EIO', 'i/o error'],
  7: ['E2BIG', 'argument list too long'],
  9: ['EBADF', 'bad file descriptor'],
  11: ['EAGAIN', 'resource temporarily unavailable'],
  12: ['ENOMEM', 'not enough memory'],
  13: ['EACCES', 'permission denied'],
  20: ['ENOTDIR', 'not a directory'],
  21: ['EISDIR', 'illegal operation on a directory'],
  22: ['EINVAL', 'invalid argument'],
  23: ['ENFILE', 'file table overflow'],
  24: ['EMFILE', 'too many open files'],
  27: ['EFBIG', 'file too large'],
  28: ['ENOSPC', 'no space left on device'],
  30: ['EROFS', 'read-only file system'],
  32: ['EPIPE', 'broken pipe'],
  36: ['ENAMETOOLONG', 'name too long'],
  40: ['ELOOP', 'too many symbolic links encountered'],
  97: ['EAFNOSUPPORT', 'address family not supported'],
  98: ['EADDRINUSE', 'address already in use'],
  99: ['EADDRNOTAVAIL', 'address not available'],
  101: ['ENETUNREACH', 'network is unreachable'],
  104: ['ECONNRESET', 'connection reset by peer'],
  110: ['ETIMEDOUT', 'connection timed out'],
  111: ['ECONNREFUSED', 'connection refused'],
  113: ['EHOSTUNREACH', 'host is unreachable'],
};

/** The name of an error code; its number where it has none here. */
export function nameOfError(code: number): string {
  return ERRORS[Math.abs(code)]?.[0] ?? `error ${Math.abs(code)}`;
}

/** An Error as Node makes it: `ENOENT: no such file or directory, open 'x'`. */
export function errorOf(code: number, what: string): SystemError {
  const [name, words] = ERRORS[Math.abs(code)] ?? [nameOfError(code), 'unknown error'];
  return Object.assign(new Error(`${name}: ${words}, ${what}`), { code: name });
}
