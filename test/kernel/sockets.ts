/** Real sockets under real users in a namespace, and what a connection meets on its way. */

import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { PYTHON } from './python.ts';

/** A user and a group. */
export type Owner = readonly [uid: number, gid: number];

export type Place = readonly [host: string, port: number];

/** `192.0.2.1:80`, `[2001:db8::1]:80`. */
export function printed([host, port]: Place): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Where a connection came out. */
export interface Hop {
  /** The listener's name, or `nowhere`. */
  readonly at: string;
  /** Where the caller wanted to go, as the proxy there can find out. Like the next, not told of datagrams. */
  readonly to?: string;
  /** The listener's own end of the connection. */
  readonly arrived?: string;
  /** The caller's address as it is seen there. */
  readonly from?: string;
  readonly error?: string;
}

/** Answer to a question to a DNS server. */
interface Answered {
  readonly address?: string;
  readonly from?: string;
  readonly error?: string;
}

/** What a proxy does with a connection after it has noted the hop: it calls the original destination. */
export interface Relay {
  /** Address from which it calls; `peer` is the caller's own. */
  readonly source?: string;
  /** Destinations that stand for others, as a service address stands for a pod's. */
  readonly routes?: Readonly<Record<string, Place>>;
  readonly transparent?: boolean;
  readonly mark?: number;
}

type Request =
  | { readonly do: 'listen'; readonly as: Owner; readonly at: string; readonly host: string; readonly port: number; readonly relay?: Relay }
  | { readonly do: 'call'; readonly as: Owner; readonly to: Place; readonly source?: Place; readonly protocol?: 'tcp' | 'udp' }
  | {
      readonly do: 'ask';
      readonly as: Owner;
      readonly to: Place;
      readonly name: string;
      readonly protocol: 'tcp' | 'udp';
      readonly source?: Place;
    };

export interface Sockets {
  /** Listens until `end`. */
  readonly listen: (as: Owner, at: string, host: string, port: number, relay?: Relay) => Promise<void>;
  readonly call: (as: Owner, to: Place, more?: { readonly source?: Place; readonly protocol?: 'tcp' | 'udp' }) => Promise<readonly Hop[]>;
  readonly ask: (as: Owner, to: Place, name: string, protocol: 'tcp' | 'udp', source?: Place) => Promise<Answered>;
  readonly end: () => Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('sockets.py', import.meta.url));

/** Starts the program that makes the sockets in a namespace. */
export function socketsIn(namespace: string): Sockets {
  // Without site-packages it starts in a third of the time.
  const child = execa('ip', ['netns', 'exec', namespace, PYTHON, '-I', '-S', PROGRAM], {
    buffer: false,
    stderr: 'inherit',
    reject: false,
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const request = async <R>(asked: Request): Promise<R> => {
    child.stdin.write(`${JSON.stringify(asked)}\n`);
    const { value, done } = await lines.next();
    const result: unknown = done === true ? { failed: 'it has ended' } : JSON.parse(value);
    if (typeof result === 'object' && result !== null && 'failed' in result) throw new Error(`${JSON.stringify(asked)}: ${result.failed}`);
    return result as R;
  };
  return {
    listen: (as, at, host, port, relay) => request({ do: 'listen', as, at, host, port, ...(relay && { relay }) }),
    call: (as, to, more) => request({ do: 'call', as, to, ...more }),
    ask: (as, to, name, protocol, source) => request({ do: 'ask', as, to, name, protocol, ...(source && { source }) }),
    end: async () => {
      child.stdin.end();
      await child;
    },
  };
}
