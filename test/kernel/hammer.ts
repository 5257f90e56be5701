/** Connections without pause between a pod and a client: who answers tells where each came out. */

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ResultPromise } from 'execa';
import { execa } from 'execa';
import type { Namespace } from './namespace.ts';
import type { Pair } from './pod-and-client.ts';
import { ADDRESSES } from './pod-and-client.ts';
import { PYTHON } from './python.ts';

const PROXY = 1337;
const APPLICATION = 1000;

/** Where connections are meant to go: from the client to the pod, and from an application in the pod to the client. */
export interface Destinations {
  readonly inbound: readonly number[];
  readonly outbound: readonly number[];
  /** UDP, from the application. */
  readonly datagrams: readonly number[];
}

/** How many the proxy answered, how many the one they were meant for, and what became of any others. */
export interface Answers {
  readonly captured: number;
  readonly escaped: number;
  readonly lost: Readonly<Record<string, number>>;
}

type Script = ResultPromise<{ readonly stdin: 'pipe' }>;

/** The proxy of the pod listens, and so does everyone for whom a connection is meant; the answer ends them. */
export async function listenIn({ pod, client }: Pair, { inbound, outbound, datagrams }: Destinations): Promise<() => Promise<void>> {
  // Each connection leaves an entry in the connection tracking, which has an end.
  await pod.run('echo 1 > /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close');
  const tcp = (ports: readonly number[]): readonly string[] => ports.map((port) => `tcp:0.0.0.0:${port}`);
  // The answer to a redirected datagram has to come from the address that it was redirected to.
  const proxy = [...tcp([15001, 15006, 15053]), 'udp:127.0.0.1:15053'];
  const listeners = [
    script(pod, ['listen', 'c', `${PROXY}`, ...proxy]),
    script(pod, ['listen', 'e', `${APPLICATION}`, ...tcp(inbound)]),
    script(client, ['listen', 'e', `${APPLICATION}`, ...tcp(outbound), ...datagrams.map((port) => `udp:0.0.0.0:${port}`)]),
  ];
  await Promise.all(listeners.map(begins));
  return async () => {
    for (const { stdin } of listeners) stdin.end();
    await Promise.all(listeners);
  };
}

let begun = 0;

/** Two processes connect without pause, at least twenty times, one from outside and one from an application in the pod; the answer, which comes when both do, ends them. */
export async function connectIn({ pod, client }: Pair, { inbound, outbound, datagrams }: Destinations): Promise<() => Promise<Answers>> {
  const tcp = (ports: readonly number[]): readonly string[] => ports.map((port) => `tcp:${port}`);
  // In the same pair one after the other, none may use the source ports of the one before.
  const first = `${(begun++ % 40) * 1200}`;
  const callers = [
    script(client, ['connect', first, `${APPLICATION}`, ADDRESSES.ip.pod, ...tcp(inbound)]),
    script(pod, ['connect', first, `${APPLICATION}`, ADDRESSES.ip.client, ...tcp(outbound), ...datagrams.map((port) => `udp:${port}`)]),
  ];
  await Promise.all(callers.map(begins));
  return async () => {
    for (const { stdin } of callers) stdin.end();
    const said = await Promise.all(
      callers.map(async (caller) => JSON.parse((await caller).stdout.replace(/^.*\n/, '')) as Record<string, number>),
    );
    const total: Record<string, number> = {};
    for (const [letter, count] of said.flatMap((one) => Object.entries(one))) total[letter] = (total[letter] ?? 0) + count;
    const { c: captured = 0, e: escaped = 0, ...lost } = total;
    return { captured, escaped, lost };
  };
}

const PROGRAM = fileURLToPath(new URL('hammer.py', import.meta.url));

/** When it has said that it begins, or has ended before. */
async function begins(script: Script): Promise<void> {
  await Promise.race([once(script.stdout, 'data'), script]);
}

// Each ends when its standard input does, and so with this process as well, however that ends.
function script({ name }: Namespace, args: readonly string[]): Script {
  return execa('ip', ['netns', 'exec', name, PYTHON, '-I', '-S', PROGRAM, ...args], { stdin: 'pipe' });
}
