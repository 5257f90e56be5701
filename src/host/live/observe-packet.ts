/** The way of a real packet through a namespace, as its kernel tells it: traced by a table of our own, which goes away again. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { RuleKey } from '../../netfilter/observed/handles.ts';
import { keysByHandle } from '../../netfilter/observed/handles.ts';
import type { ObservedPath } from '../../netfilter/observed/observed-path.ts';
import { PathWatcher } from '../../netfilter/observed/observed-path.ts';
import { readTraceLine } from '../../netfilter/observed/trace-lines.ts';
import { TRACING_TABLE, tracingScript } from '../../netfilter/observed/tracing-table.ts';
import type { Packet } from '../../netfilter/packet.ts';
import { explainFailure } from '../failure/explain-failure.ts';
import type { Namespace } from '../namespace/namespace.ts';
import { succeeded } from '../run.ts';
import { system } from '../system.ts';

export interface ObserveRequest {
  readonly packet: Packet;
  /** How long to wait for it. */
  readonly seconds: number;
  /** Sends such a packet, where nobody else does. */
  readonly send: (() => Promise<void>) | undefined;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

export interface ObservedPacket {
  /** Undefined where no such packet was seen. */
  readonly path: ObservedPath | undefined;
  readonly keys: ReadonlyMap<string, RuleKey>;
}

/** Milliseconds for each program. */
const DEADLINE = 10_000;
/** Milliseconds within which all of a packet that was seen is told. */
const QUIET = 700;
const POLL = 20;
const READY = 3000;
/** To remove the table. */
const MOST_TRIES = 5;

/** Removes what a run that was killed has left there, and answers the names of these tables. */
export async function removeLeftTables(namespace: Namespace): Promise<readonly string[]> {
  const ran = await namespace.run({ argv: ['nft', 'list', 'tables'], deadline: DEADLINE });
  const left = [...ran.stdout.matchAll(new RegExp(`^table inet (${TRACING_TABLE}(\\d+))$`, 'gm'))].flatMap(([, name = '', pid = '']) =>
    system.exists(`/proc/${pid}`) ? [] : [name],
  );
  for (const name of left) await remove(namespace, name);
  return left;
}

/** Tries again where it fails, as when somebody kills nft. Throws an Error in words where the table stays; one that somebody else took away is gone. */
async function remove(namespace: Namespace, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const ran = await namespace.run({ argv: ['nft', 'delete', 'table', 'inet', name], deadline: DEADLINE });
    if (succeeded(ran) || ran.stderr.includes('No such file or directory')) return;
    if (attempt === MOST_TRIES) throw new Error(`its table inet ${name} can not be removed: ${explainFailure(ran).text}`);
    await sleep(POLL * attempt);
  }
}

/** Watches until such a packet has ended its way, or the time is over. Throws an Error in words where it can't; nothing is left behind. */
export async function observePacket(namespace: Namespace, { packet, seconds, send, signal }: ObserveRequest): Promise<ObservedPacket> {
  const name = `${TRACING_TABLE}${system.pid}`;
  const watcher = new PathWatcher(name);
  let rest = '';
  const before = await listenersOfTraces(namespace);
  // A monitor that nobody hears any more ends by itself.
  const monitor = namespace.start({ argv: ['timeout', '-k', '1', `${seconds + 30}`, 'nft', '-a', 'monitor', 'trace'] }, (text) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = readTraceLine(line);
      if (event !== undefined) watcher.add(event);
    }
  });
  let failed: string | undefined;
  void monitor.ended.then((ended) => {
    failed = ended.trim() || 'nft monitor has ended';
  });
  const orFail = (): void => {
    if (failed !== undefined) throw new Error(`packets can not be observed there: ${failed}`);
  };
  try {
    for (let waited = 0; (await listenersOfTraces(namespace)) <= before; waited += POLL) {
      orFail();
      if (waited > READY) throw new Error('packets can not be observed there: nft monitor does not listen');
      await sleep(POLL);
    }
    const made = await namespace.run({ argv: ['nft', '-f', '-'], stdin: tracingScript(name, packet, seconds + 5), deadline: DEADLINE });
    if (!succeeded(made)) throw new Error(`packets can not be observed there: ${explainFailure(made).text}`);
    const listed = await namespace.run({ argv: ['nft', '-j', 'list', 'ruleset'], deadline: DEADLINE });
    const keys = keysByHandle(listed.stdout);
    if (keys === undefined) throw new Error('packets can not be observed there: this nft knows no JSON, by which rules are found again');
    const sent = send?.();
    for (let waited = 0, quiet = 0; waited < seconds * 1000 && quiet < QUIET && !watcher.ended && !signal.aborted; waited += POLL) {
      orFail();
      await sleep(POLL);
      if (watcher.path() !== undefined) quiet += POLL;
    }
    await sent;
    return { path: watcher.path(), keys };
  } finally {
    if (monitor.pid !== undefined) system.killGroup(monitor.pid);
    await remove(namespace, name);
  }
}

/** How many sockets of the namespace listen to traces (group 9 of netfilter's netlink). */
async function listenersOfTraces(namespace: Namespace): Promise<number> {
  const ran = await namespace.run({ argv: ['tail', '-n', '+1', '/proc/net/netlink'], deadline: DEADLINE });
  if (!succeeded(ran)) throw new Error(`packets can not be observed there: ${explainFailure(ran).text}`);
  return ran.stdout.split('\n').filter((line) => {
    const [, protocol, , groups = '0'] = line.trim().split(/\s+/);
    return protocol === '12' && (Number.parseInt(groups, 16) & 0x100) !== 0;
  }).length;
}
