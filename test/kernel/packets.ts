/** Single packets of processes in a pod and of machines outside of it, and what the kernel and the sockets told of them. */

import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Family } from '../../src/netfilter/family.ts';
import { PYTHON } from './python.ts';
import type { Header } from './tracing-header.ts';
import { readHeader } from './tracing-header.ts';

export type Protocol = 'tcp' | 'udp' | 'icmp';

export const SYN = 2;
export const RST = 4;
export const ACK = 16;

interface Addressed {
  readonly protocol: Protocol;
  readonly source: string;
  /** That of an echo request is its number. */
  readonly sport: number;
  readonly destination: string;
  readonly dport: number;
}

/** What a packet has that is written by hand, and not by the kernel for a socket. */
export interface Written {
  /** Of TCP. */
  readonly flags: number;
  /** The identification of IPv4, the flow label of IPv6: tells packets apart whose source ports are no longer their own. */
  readonly label: number;
}

/** A packet of a process in the pod: TCP tries to connect, or says what is written, for which no socket is bound. */
export interface PodPacket extends Addressed, Partial<Written> {
  readonly uid: number;
  readonly gid: number;
  readonly mark?: number;
}

/** A packet that arrives at a device of the pod. */
export interface WirePacket extends Addressed, Written {
  readonly in: string;
}

export type SentPacket = PodPacket | WirePacket;

/** Source ports that one packet alone has. */
export const SINGLE = { first: 20_000, end: 50_000 } as const;
/** Source ports of flows that are traced in both directions, and answered by whoever gets them. */
export const ANSWERED = { first: 50_000, end: 60_000 } as const;

export function isWithin({ first, end }: typeof SINGLE | typeof ANSWERED, port: number): boolean {
  return port >= first && port < end;
}

/** A transparent socket on all addresses, for TCP and UDP. */
export type Listening = readonly [family: Family, port: number, uid: number, gid: number];

export interface Arrival {
  readonly protocol: Protocol;
  readonly port: number;
  readonly peer: string;
  readonly peerPort: number;
}

/** A packet that left the pod. */
export interface Departure {
  readonly device: string;
  readonly header: Header;
}

/** What became of the packets of a round; the messages are the kernel's own. */
export interface Played {
  readonly traces: readonly Buffer[];
  readonly logs: readonly Buffer[];
  readonly arrivals: readonly Arrival[];
  readonly departures: readonly Departure[];
  /** Why a packet was not sent, by its index: no route leads from its source to its destination. */
  readonly unsent: ReadonlyMap<number, string>;
}

export interface Packets {
  /** Runs a script in the pod, and answers what it printed, and the messages that describe the rules in nftables. */
  readonly run: (script: string) => Promise<{ readonly stdout: string; readonly rules: readonly Buffer[] }>;
  readonly play: (packets: readonly SentPacket[], listen: readonly Listening[]) => Promise<Played>;
  readonly end: () => Promise<void>;
}

type RecordOf = readonly [letter: string, data: Buffer];

const PROGRAM = fileURLToPath(new URL('packets.py', import.meta.url));

/** Starts the program that sends, on one processor; the devices have the same names in both namespaces. */
export function packetsIn(pod: string, outside: string, processor: number, devices: readonly string[]): Packets {
  const child = execa(PYTHON, ['-I', '-S', '-B', PROGRAM, pod, outside, String(processor), ...devices], {
    buffer: false,
    stderr: 'inherit',
    reject: false,
  });
  const answers = answersOf(child.stdout);
  const ask = async (asked: object): Promise<readonly RecordOf[]> => {
    child.stdin.write(`${JSON.stringify(asked)}\n`);
    const { value, done } = await answers.next();
    if (done === true) throw new Error('the program that sends packets has ended');
    const error = value.find(([letter]) => letter === 'E')?.[1].toString() ?? '';
    if (error !== '') throw new Error(error);
    return value;
  };
  return {
    run: async (script) => {
      const records = await ask({ run: script });
      return { stdout: String(of(records, 'O')[0] ?? ''), rules: of(records, 'R') };
    },
    play: async (packets, listen) => {
      const records = await ask({ packets, listen, answers: packets.some(({ sport }) => isWithin(ANSWERED, sport)) });
      const unsent = JSON.parse(String(of(records, 'S')[0])) as Record<string, string>;
      return {
        traces: of(records, 'T'),
        logs: of(records, 'L'),
        arrivals: of(records, 'A').map(readArrival),
        departures: of(records, 'F').flatMap(readDeparture),
        unsent: new Map(Object.entries(unsent).map(([index, why]) => [Number(index), why])),
      };
    },
    end: async () => {
      child.stdin.end();
      await child;
    },
  };
}

function of(records: readonly RecordOf[], wanted: string): readonly Buffer[] {
  return records.flatMap(([letter, data]) => (letter === wanted ? [data] : []));
}

/** Each answer is a row of records, the last of which has the letter E. */
async function* answersOf(output: AsyncIterable<Buffer>): AsyncGenerator<readonly RecordOf[], undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let records: RecordOf[] = [];
  for await (const chunk of output) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= 5) {
      const end = at + 5 + rest.readUInt32LE(at + 1);
      if (end > rest.length) break;
      const letter = String.fromCharCode(rest.readUInt8(at));
      records.push([letter, rest.subarray(at + 5, end)]);
      at = end;
      if (letter !== 'E') continue;
      yield records;
      records = [];
    }
    rest = rest.subarray(at);
  }
  return undefined;
}

function readArrival(data: Buffer): Arrival {
  const [protocol, port, peer, peerPort] = JSON.parse(String(data)) as [Protocol, number, string, number];
  return { protocol, port, peer, peerPort };
}

function readDeparture(data: Buffer): readonly Departure[] {
  const end = 1 + data.readUInt8(0);
  const header = readHeader(data.subarray(end));
  return header === null ? [] : [{ device: data.toString('latin1', 1, end), header }];
}
