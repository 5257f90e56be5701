/** The ports on which something listens in a network namespace. */

import type { Namespace } from '../namespace/namespace.ts';

export interface Listening {
  readonly tcp: ReadonlySet<number>;
  readonly udp: ReadonlySet<number>;
}

/** Looks; undefined where the kernel's lists can't be read. */
export async function listeningIn({ run }: Pick<Namespace, 'run'>, deadline: number): Promise<Listening | undefined> {
  // A kernel without IPv6 has no tcp6; then tail fails, and has shown the others.
  const { stdout } = await run({ argv: ['tail', '-v', '-n', '+1', ...FILES.map((file) => `/proc/net/${file}`)], deadline });
  return stdout === '' ? undefined : parseListening(stdout);
}

const FILES = ['tcp', 'tcp6', 'udp', 'udp6'] as const;

// The state of a listening TCP socket, and that of a UDP socket that is not connected (include/net/tcp_states.h).
const STATES = { tcp: '0A', udp: '07' } as const;

/** Reads /proc/net/tcp and its like, each behind a line `==> /proc/net/tcp <==`. */
export function parseListening(text: string): Listening {
  const found = { tcp: new Set<number>(), udp: new Set<number>() };
  let protocol: keyof typeof found = 'tcp';
  for (const line of text.split('\n')) {
    const head = /^==> \/proc\/net\/(tcp|udp)/.exec(line)?.[1];
    if (head !== undefined) protocol = head === 'tcp' ? 'tcp' : 'udp';
    const [, port = '', state] = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /.exec(line) ?? [];
    if (state === STATES[protocol]) found[protocol].add(Number.parseInt(port, 16));
  }
  return found;
}
