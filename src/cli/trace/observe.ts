/** `--observe`: a real packet beside the simulated one. */

import { observePacket, removeLeftTables } from '../../host/live/observe-packet.ts';
import type { Namespace } from '../../host/namespace/namespace.ts';
import { openNamespace } from '../../host/namespace/namespace.ts';
import { callIn } from '../../host/probe/probe-there.ts';
import { programs } from '../../host/run.ts';
import { badOption, unusable } from '../../istio/bad-option.ts';
import { traceIn } from '../../istio/packets/pod-network.ts';
import { quoted } from '../../istio/problems.ts';
import { comparePaths } from '../../netfilter/observed/compare-paths.ts';
import type { ObservedPath } from '../../netfilter/observed/observed-path.ts';
import type { Packet } from '../../netfilter/packet.ts';
import { parseSource } from '../../sources/source-name.ts';
import { timeoutGiven } from '../duration.ts';
import { handleSignals } from '../signals.ts';
import type { TraceContext } from './context.ts';
import type { Found, ObservedReport } from './report.ts';

export interface ObserveOptions {
  readonly connect: boolean;
  readonly seconds: number;
}

/** Seconds. */
const LONGEST = 9999;

/** What the options say. Throws a ProblemError for what makes no sense. */
export function observeOptions(connect: boolean, timeout = '30s'): ObserveOptions {
  const bare = /^\d+$/.test(timeout) ? `${timeout}s` : timeout;
  const seconds = timeoutGiven(bare) / 1000;
  if (seconds < 1 || seconds > LONGEST) throw badOption('--timeout', `${quoted(timeout)} is not a time from 1s to ${LONGEST}s`);
  return { connect, seconds: Math.ceil(seconds) };
}

/** The namespace of a source, with nothing in it that an earlier run has left. Throws a ProblemError where it is none. */
export async function observedNamespace(
  source: string | undefined,
): Promise<{ readonly namespace: Namespace; readonly left: readonly string[] }> {
  const name = parseSource(source);
  if (name.kind !== 'namespace')
    throw badOption('--observe', 'takes a live namespace as SOURCE, as netns:/run/netns/NAME, pid:4711 or live: only there are packets');
  try {
    const namespace = openNamespace(name.target, programs());
    return { namespace, left: await removeLeftTables(namespace) };
  } catch (error) {
    throw unusable(source ?? '', error);
  }
}

/** Waits for such a packet, or sends it, and lays its way beside the one that is predicted for it. */
export async function observe(
  { podNetwork, legacyTables = [] }: TraceContext,
  found: Extract<Found, { kind: 'packet' }>,
  namespace: Namespace,
  { connect, seconds }: ObserveOptions,
): Promise<ObservedReport> {
  const { packet } = found.spoken;
  checkPacket(packet, connect);
  // The end of a terminal leaves no table behind either.
  const { signal, exitCode } = handleSignals(['SIGTERM', 'SIGINT', 'SIGHUP']);
  const send = connect ? (): Promise<void> => call(namespace, packet) : undefined;
  const { path, keys } = await observePacket(namespace, { packet, seconds, send, signal }).catch((error: unknown) => {
    throw unusable('--observe', error);
  });
  const interrupted = exitCode();
  if (path === undefined) return { seconds, connect, ...(interrupted !== undefined && { interrupted }) };
  const hidden = (table: string): boolean => legacyTables.includes(table);
  const trace = traceIn(podNetwork, asObserved(packet, path));
  return {
    seconds,
    connect,
    path,
    legacyTables,
    compared: comparePaths(trace, path, keys, hidden),
    ...(interrupted !== undefined && { interrupted }),
  };
}

function checkPacket({ destination, state, origin, protocol, inInterface = '' }: Packet, connect: boolean): void {
  if (destination === undefined) throw badOption('--to', 'is missing: --observe looks for packets to one address');
  if (state !== 'NEW') throw badOption('--state', 'does not go with --observe, which looks for the packet that opens a connection');
  if (!/^[^"\\\s/]{0,15}$/.test(inInterface)) throw badOption('--in', `${quoted(inInterface)} is not the name of an interface`);
  if (connect && (origin !== 'local' || protocol !== 'tcp'))
    throw badOption('--connect', 'makes a TCP connection from inside; call from outside, or with another protocol, yourself');
}

async function call(namespace: Namespace, { destination = '', destinationPort = 0, uid, gid, source, unbound }: Packet): Promise<void> {
  const bound = source === undefined || unbound === true ? {} : { localAddress: source };
  const ids = { uid: uid ?? 0, gid: gid ?? 0 };
  await callIn(namespace, { ids, call: { host: destination, port: destinationPort, patience: 1500, ...bound } });
}

/** What the packet that was seen says more than the question did. */
function asObserved(packet: Packet, { header }: ObservedPath): Packet {
  return {
    ...packet,
    ...(header.source !== undefined && { source: header.source }),
    ...(header.sourcePort !== undefined && { sourcePort: header.sourcePort }),
    ...(packet.origin === 'remote' && header.inInterface !== undefined && { inInterface: header.inInterface }),
  };
}
