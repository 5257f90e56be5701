/** The operating system as QuickJS gives it, with machine.c. */

import { addresses, decode, nftTold, user } from 'quickjs:machine';
import * as os from 'quickjs:os';
import * as std from 'quickjs:std';
import type { System } from './interface.ts';
import { spawnChild } from './quickjs/children.ts';
import { files } from './quickjs/files.ts';
import { defineGlobals } from './quickjs/globals.ts';
import { lockSocket } from './quickjs/lock.ts';
import { onNumber } from './quickjs/signals.ts';

defineGlobals();

const NUMBERS = { SIGHUP: 1, SIGINT: os.SIGINT, SIGTERM: os.SIGTERM } as const;
const SIGKILL = 9;
const PIECE = 65_536;

export const system: System = {
  ...files,
  isLinux: true,
  pid: os.getpid(),
  user,
  environment: std.getenviron,
  interfaceAddresses: () => {
    const found = addresses();
    return typeof found === 'number' ? undefined : found;
  },
  netlinkListing: () => {
    const output = nftTold();
    return typeof output === 'number' ? undefined : output;
  },
  ownProgram: () => [os.readlink('/proc/self/exe')[0]],
  spawn: spawnChild,
  killGroup: (pid) => os.kill(-pid, SIGKILL),
  onSignal: (signal, heard) => onNumber(NUMBERS[signal], heard),
  signalNumber: (signal) => NUMBERS[signal],
  exit: (code) => std.exit(code ?? 0),
  piecesOf: async function* (path, length) {
    yield* (await import('./quickjs/pieces.ts')).piecesOf(path, length);
  },
  inputPieces: async function* () {
    yield* (await import('./quickjs/pieces.ts')).piecesIn(0, PIECE);
  },
  ask: async (question) => {
    if (!os.isatty(0) || !os.isatty(2)) return undefined;
    files.printError(question);
    // A terminal answers with a line.
    const bytes = new Uint8Array(PIECE);
    return decode(bytes.buffer, 0, files.read(0, bytes));
  },
  onInputEnd: (heard) => {
    const bytes = new ArrayBuffer(256);
    os.setReadHandler(0, () => {
      if (os.read(0, bytes, 0, bytes.byteLength) <= 0) heard();
    });
  },
  lockSocket: async () => lockSocket,
  network: async () => (await import('./quickjs/network.ts')).network,
};
