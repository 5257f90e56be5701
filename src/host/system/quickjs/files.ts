/** Files, as QuickJS gives them. */

import { decode, encode, mayWrite, statusOf } from 'quickjs:machine';
import * as os from 'quickjs:os';
import type { FileStatus, System } from '../interface.ts';
import { errorOf, FAILED, nameOfError } from './errors.ts';

const READABLE_BY_ALL = 0o666;

/** The part of the system that files are. */
export const files: Pick<
  System,
  | 'close'
  | 'deviceOf'
  | 'exists'
  | 'linkOf'
  | 'mayWrite'
  | 'namesIn'
  | 'namesInFolder'
  | 'open'
  | 'overwrite'
  | 'print'
  | 'printError'
  | 'read'
  | 'readText'
  | 'statusOf'
  | 'writeText'
> = {
  readText: (path) => {
    const file = os.open(path, os.O_RDONLY);
    return file < 0 ? undefined : textOf(file);
  },
  writeText: (path, text) => {
    const file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, READABLE_BY_ALL);
    const failure = file < 0 ? file : writeAndClose(file, text);
    if (failure < 0) throw errorOf(failure, file < 0 ? `open '${path}'` : 'write');
  },
  overwrite: (path, text) => {
    const file = os.open(path, os.O_RDWR | os.O_TRUNC);
    return file >= 0 && writeAndClose(file, text) === 0;
  },
  exists: (path) => os.stat(path)[1] === 0,
  mayWrite,
  namesIn: (path) => {
    const [names, failure] = os.readdir(path);
    return failure === 0 ? names.filter((name) => name !== '.' && name !== '..') : [];
  },
  deviceOf: (handle) => {
    const status = statusOf(handle);
    return typeof status === 'number' ? status : status[2];
  },
  statusOf: (file) => {
    if (typeof file === 'string') {
      const [status, failure] = os.stat(file);
      if (status === null) throw errorOf(failure, `stat '${file}'`);
      return { kind: kindOf(status.mode), size: status.size };
    }
    const status = statusOf(file);
    if (typeof status === 'number') throw errorOf(status, 'fstat');
    return { kind: kindOf(status[0]), size: status[1] };
  },
  namesInFolder: (path) => {
    const [names, failure] = os.readdir(path);
    if (failure !== 0) throw errorOf(failure, `scandir '${path}'`);
    return names.filter((name) => name !== '.' && name !== '..');
  },
  read: (handle, bytes) => {
    for (;;) {
      const read = os.read(handle, bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
      if (read >= 0) return read;
      // A pipe that was opened not to wait: its writer is only slow.
      if (read !== FAILED.EAGAIN) throw errorOf(read, 'read');
      os.sleep(MOMENT);
    }
  },
  linkOf: (path) => {
    const [link, failure] = os.readlink(path);
    return failure === 0 ? link : undefined;
  },
  open: (path) => {
    const file = os.open(path, os.O_RDONLY);
    if (file < 0) throw errorOf(file, `open '${path}'`);
    return file;
  },
  close: os.close,
  // A reader that has gone away must not end a run between two tables.
  print: async (text) => {
    const failure = write(1, text);
    return failure === 0 || failure === FAILED.EPIPE ? undefined : nameOfError(failure);
  },
  printError: (text) => write(2, text),
};

/** Milliseconds. */
const MOMENT = 10;

// sys/stat.h
const KIND = 0o170000;
const KINDS = new Map<number, FileStatus['kind']>([
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o010000, 'pipe'],
]);

function kindOf(mode: number): FileStatus['kind'] {
  return KINDS.get(mode & KIND) ?? 'other';
}

// A file of /proc tells no size: it is read until it ends.
function textOf(file: number): string | undefined {
  let bytes = new ArrayBuffer(16_384);
  for (let end = 0; ; ) {
    const read = os.read(file, bytes, end, bytes.byteLength - end);
    if (read <= 0) {
      os.close(file);
      return read < 0 ? undefined : decode(bytes, 0, end);
    }
    end += read;
    if (end === bytes.byteLength) bytes = twice(bytes);
  }
}

function twice(bytes: ArrayBuffer): ArrayBuffer {
  const larger = new Uint8Array(bytes.byteLength * 2);
  larger.set(new Uint8Array(bytes));
  return larger.buffer;
}

function writeAndClose(file: number, text: string): number {
  const failure = write(file, text);
  os.close(file);
  return failure;
}

/** Writes all of a text; 0, or the error code below zero. */
export function write(file: number, text: string): number {
  const bytes = encode(text);
  for (let done = 0; done < bytes.byteLength; ) {
    const wrote = os.write(file, bytes, done, bytes.byteLength - done);
    // Someone made the pipe non-blocking, and it is full: its reader gets a moment.
    if (wrote === FAILED.EAGAIN) os.sleep(1);
    else if (wrote < 0) return wrote;
    else done += wrote;
  }
  return 0;
}
