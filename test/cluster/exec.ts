/**
 * A kubelet's stand-in for `kubectl exec`: the protocol v5.channel.k8s.io over WebSocket, as kubectl 1.31 and later speak it; what
 * a test says is run in place of a container's process.
 */

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** What a process in a container left. */
export interface Executed {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** The connection ends behind so many bytes of standard output, and no status is told. */
  readonly cutAfter?: number;
}

const [STDIN, STDOUT, STDERR, ERROR, CLOSED] = [0, 1, 2, 3, 255];
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Accepts the connection, and tells what the process left that was given what came. */
export async function answerExec(
  request: IncomingMessage,
  socket: Duplex,
  takesInput: boolean,
  execute: (input: string) => Promise<Executed>,
): Promise<void> {
  const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64');
  socket.on('error', () => undefined);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n`,
  );
  const { stdout, stderr, exitCode, cutAfter } = await execute(takesInput ? await inputOf(socket) : '');
  const out = Buffer.from(stdout);
  send(socket, STDERR, Buffer.from(stderr));
  send(socket, STDOUT, cutAfter === undefined ? out : out.subarray(0, cutAfter));
  if (cutAfter === undefined) send(socket, ERROR, Buffer.from(JSON.stringify(statusOf(exitCode))));
  socket.end(cutAfter === undefined ? Buffer.from([0x88, 2, 0x03, 0xe8]) : undefined);
}

function statusOf(exitCode: number): object {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

const PIECE = 30_000;

/** Frames of a server carry no mask; the first byte of each says which stream it is. */
function send(socket: Duplex, channel: number | undefined, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; at += PIECE) {
    const piece = bytes.subarray(at, at + PIECE);
    const length = piece.length + 1;
    const head = length < 126 ? Buffer.from([0x82, length]) : Buffer.from([0x82, 126, length >> 8, length & 255]);
    socket.write(Buffer.concat([head, Buffer.from([channel ?? 0]), piece]));
  }
}

/** What the client sends on the channel of standard input, until it closes that: its frames are masked. */
function inputOf(socket: Duplex): Promise<string> {
  let left = Buffer.alloc(0);
  const input: Buffer[] = [];
  return new Promise((resolve) => {
    socket.on('close', () => resolve(''));
    socket.on('data', (bytes: Buffer) => {
      left = Buffer.concat([left, bytes]);
      for (;;) {
        const short = (left[1] ?? 0) & 127;
        const start = short === 126 ? 4 : short === 127 ? 10 : 2;
        if (left.length < start) return;
        const length = short === 126 ? left.readUInt16BE(2) : short === 127 ? Number(left.readBigUInt64BE(2)) : short;
        if (left.length < Math.max(2, start + 4 + length)) return;
        const mask = left.subarray(start, start + 4);
        const payload = left.subarray(start + 4, start + 4 + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
        const isData = ((left[0] ?? 0) & 15) < 3;
        left = left.subarray(start + 4 + length);
        if (isData && payload[0] === CLOSED && payload[1] === STDIN) return resolve(Buffer.concat(input).toString('utf8'));
        if (isData && payload[0] === STDIN) input.push(Buffer.from(payload.subarray(1)));
      }
    });
  });
}
