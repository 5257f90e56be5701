/** The operating system as Node and bun give it. */

import { type ChildProcess, spawn } from 'node:child_process';
import {
  accessSync,
  closeSync,
  createReadStream,
  existsSync,
  constants as fileConstants,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { constants, networkInterfaces } from 'node:os';
import type { Child, FileStatus, System, SystemError } from './interface.ts';
import { neverStarted } from './never-started.ts';
import { ownProgram } from './own-program-node.ts';

export const system: System = {
  readText: (path) => attempt(() => readFileSync(path, 'utf8')),
  writeText: writeFileSync,
  overwrite: (path, text) => attempt(() => overwrite(path, text)) ?? false,
  exists: existsSync,
  mayWrite: (path) => attempt(() => accessSync(path, fileConstants.W_OK) ?? true) ?? false,
  namesIn: (path) => attempt(() => readdirSync(path)) ?? [],
  linkOf: (path) => attempt(() => readlinkSync(path)),
  statusOf,
  namesInFolder: (path) => readdirSync(path),
  read,
  piecesOf,
  inputPieces: () => process.stdin,
  ask: async (question) => (await import('./ask-node.ts')).ask(question),
  open: (path) => openSync(path, 'r'),
  close: closeSync,
  deviceOf: (handle) => fstatSync(handle).dev,
  isLinux: process.platform === 'linux',
  pid: process.pid,
  user: () => process.geteuid?.(),
  environment: () => process.env,
  interfaceAddresses: () =>
    attempt(() =>
      Object.values(networkInterfaces()).flatMap((list) =>
        (list ?? []).filter(({ internal }) => !internal).map(({ cidr, address }) => cidr ?? address),
      ),
    ),
  // It has no sockets of this kind.
  netlinkListing: () => undefined,
  ownProgram,
  spawn: spawnChild,
  killGroup: (pid) => attempt(() => process.kill(-pid, 'SIGKILL')),
  print,
  printError: (text) => process.stderr.write(text),
  onSignal: (signal, heard) => process.on(signal, heard),
  signalNumber: (signal) => constants.signals[signal],
  exit: (code) => process.exit(code),
  onInputEnd: (heard) => process.stdin.on('end', heard).resume(),
  // Loaded only where a lock is taken: a dry run takes none, and `node:net` costs milliseconds.
  lockSocket: () => import('./lock-node.ts'),
  network: async () => (await import('./network-node.ts')).network,
};

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function print(text: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    process.stdout.write(text, (error?: SystemError | null) => resolve(error?.code === 'EPIPE' ? undefined : error?.code));
  });
}

function statusOf(file: string | number): FileStatus {
  const status = typeof file === 'number' ? fstatSync(file) : statSync(file);
  const kind = status.isFile() ? 'file' : status.isDirectory() ? 'folder' : status.isFIFO() ? 'pipe' : 'other';
  return { kind, size: status.size };
}

/**
 * Of thousands of files only one is open at a time. Of a pipe nobody knows when its next piece comes; a file is there, and a
 * stream of it costs four times the CPU of reading it. Between its pieces signals and timers have their turn.
 */
async function* piecesOf(
  path: string,
  length: number,
  memory: () => Buffer = () => Buffer.allocUnsafeSlow(length),
): AsyncGenerator<Buffer> {
  if (!statSync(path).isFile()) return yield* createReadStream(path, { highWaterMark: length });
  const handle = openSync(path, 'r');
  try {
    for (let count = 1; ; count += 1) {
      const bytes = memory();
      const filled = readSync(handle, bytes);
      if (filled === 0) return;
      yield bytes.subarray(0, filled);
      if (count % PIECES_A_TURN === 0) await new Promise(setImmediate);
    }
  } finally {
    closeSync(handle);
  }
}

const PIECES_A_TURN = 64;

/** Milliseconds. */
const MOMENT = 10;

function read(handle: number, bytes: Uint8Array): number {
  for (;;) {
    try {
      return readSync(handle, bytes);
    } catch (error) {
      // A pipe that was opened not to wait: its writer is only slow.
      if ((error as SystemError).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, MOMENT);
    }
  }
}

function overwrite(path: string, text: string): true {
  const file = openSync(path, 'r+');
  try {
    ftruncateSync(file);
    writeSync(file, text);
    return true;
  } finally {
    closeSync(file);
  }
}

/**
 * `node:child_process` and not execa: an init container pays for every millisecond of CPU, and a whole cold run (save,
 * restore, save) took 28 ms with plain spawn against 40 with execa, which costs 10 ms alone to load (measured, bun-compiled).
 */
function spawnChild([file, ...args]: readonly [string, ...string[]], added: Readonly<Record<string, string>>): Child {
  let child: ChildProcess;
  try {
    child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: { ...process.env, ...added } });
  } catch (error) {
    return neverStarted((error as Error).message, isMissing(error as Error));
  }
  const { stdin, stdout, stderr } = child;
  // Out of file handles bun hands out a child without pipes, and says so nowhere (bun 1.4.5); Node's says it by an event. That of
  // Node was never started, and its kill() goes to process 0: all of the group that this program is in, itself included (Node 20).
  if (!stdin || !stdout || !stderr) {
    child.on('error', () => undefined);
    if (child.pid !== undefined) child.kill('SIGKILL');
    return neverStarted('too few file handles (EMFILE)', false);
  }
  // A program may exit before it has read everything, iptables-restore even with exit code 0 (kernel.md):
  // EPIPE is no failure, its exit code says what happened.
  stdin.on('error', () => undefined);
  return {
    pid: child.pid,
    onText: (output, heard) => child[output]?.setEncoding('utf8').on('data', heard),
    onFailure: (heard) => child.on('error', (error) => heard(error.message, isMissing(error))),
    onExit: (heard) => child.on('exit', heard),
    onClose: (heard) => child.on('close', heard),
    feed: (text) => stdin.end(text),
    abandon: () => {
      for (const output of [stdout, stderr]) output.destroy();
    },
  };
}

function isMissing(error: Error): boolean {
  return 'code' in error && error.code === 'ENOENT';
}
