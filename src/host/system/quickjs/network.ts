/** Sockets of the probe under QuickJS. */

import {
  acceptOn,
  decode,
  encode,
  group,
  listenOn,
  randomBytes,
  routeTo,
  setGroup,
  setUser,
  socketError,
  socketTo,
  user,
} from 'quickjs:machine';
import * as os from 'quickjs:os';
import type { CallOutcome, Network } from '../network.ts';
import { nameOfError } from './errors.ts';

const PIECE = 4096;

export const network: Network = {
  ids: () => ({ uid: user(), gid: group() }),
  takeUser: (uid) => setUser(uid) === 0,
  takeGroup: (gid) => setGroup(gid) === 0,
  call: ({ host, port, localAddress = '', patience, made }) =>
    new Promise((resolve) => {
      const socket = socketTo(host, port, localAddress);
      made();
      if (socket < 0) return resolve({ kind: 'nobody', code: nameOfError(socket) });
      let text = '';
      let taken = false;
      const end = (met: CallOutcome): void => {
        os.clearTimeout(timer);
        os.setReadHandler(socket, null);
        os.setWriteHandler(socket, null);
        os.close(socket);
        resolve(met);
      };
      const timer = os.setTimeout(() => end(taken ? { kind: 'silent' } : { kind: 'nobody', code: 'ETIMEDOUT' }), patience);
      os.setWriteHandler(socket, () => {
        os.setWriteHandler(socket, null);
        const failure = socketError(socket);
        if (failure < 0) return end({ kind: 'nobody', code: nameOfError(failure) });
        taken = true;
        os.setReadHandler(socket, () => {
          const bytes = new ArrayBuffer(PIECE);
          const read = os.read(socket, bytes, 0, PIECE);
          if (read <= 0) return end({ kind: 'said', text });
          text += decode(bytes, 0, read);
        });
      });
    }),
  listen: async (host, port, text) => {
    const listener = listenOn(host, port);
    if (listener < 0) return nameOfError(listener);
    const bytes = encode(text);
    os.setReadHandler(listener, () => {
      const caller = acceptOn(listener);
      if (caller < 0) return;
      os.write(caller, bytes, 0, bytes.byteLength);
      os.close(caller);
    });
    return {
      close: () => {
        os.setReadHandler(listener, null);
        os.close(listener);
      },
    };
  },
  routeTo: async (host) => {
    const failure = routeTo(host);
    return failure < 0 ? nameOfError(failure) : undefined;
  },
  token: () => {
    const bytes = randomBytes();
    if (typeof bytes === 'number') throw new Error(`no random bytes: ${nameOfError(bytes)}`);
    return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  },
};
