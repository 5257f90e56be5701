/** The operating system as QuickJS gives it, with machine.c. */

import { addresses, deviceOf, nftTables, user } from 'quickjs:machine';
import * as os from 'quickjs:os';
import * as std from 'quickjs:std';
import type { System } from './interface.ts';
import { spawnChild } from './quickjs/children.ts';
import { files } from './quickjs/files.ts';
import { defineGlobals } from './quickjs/globals.ts';
import { lockSocket } from './quickjs/lock.ts';
import { onNumber } from './quickjs/signals.ts';

defineGlobals();

const NUMBERS = { SIGINT: os.SIGINT, SIGTERM: os.SIGTERM } as const;
const SIGKILL = 9;

export const system: System = {
  ...files,
  deviceOf,
  isLinux: true,
  pid: os.getpid(),
  user,
  environment: std.getenviron,
  runningAddresses: addresses,
  nftTables: () => {
    const tables = nftTables();
    return tables < 0 ? undefined : tables;
  },
  spawn: spawnChild,
  killGroup: (pid) => os.kill(-pid, SIGKILL),
  onSignal: (signal, heard) => onNumber(NUMBERS[signal], heard),
  signalNumber: (signal) => NUMBERS[signal],
  exit: (code) => std.exit(code ?? 0),
  onInputEnd: (heard) => {
    const bytes = new ArrayBuffer(256);
    os.setReadHandler(0, () => {
      if (os.read(0, bytes, 0, bytes.byteLength) <= 0) heard();
    });
  },
  lockSocket: async () => lockSocket,
  network: async () => (await import('./quickjs/network.ts')).network,
};
