/** One random pod with several listeners and proxies: what its calls get, and what the simulator says of each. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TraceContext } from '../../src/cli/trace/context.ts';
import { readTraceContext } from '../../src/cli/trace/context.ts';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import type { Owner } from '../../src/istio/packets/pod.ts';
import { traceIn, verdictIn } from '../../src/istio/packets/pod-network.ts';
import { simulateRequest } from '../../src/istio/packets/stories.ts';
import type { Family } from '../../src/netfilter/family.ts';
import type { Packet } from '../../src/netfilter/packet.ts';
import { iptables, printRestore } from '../../src/netfilter/print.ts';
import { feed } from './namespace.ts';
import type { Random } from './packets-random.ts';
import type { Pair } from './pod-and-client.ts';
import { ADDRESSES } from './pod-and-client.ts';
import { PYTHON } from './python.ts';

export interface Listening extends Required<Owner> {
  readonly where: 'pod' | 'client';
  readonly port: number;
  /** Of a socket: for IPv4, for IPv6 alone, for both. */
  readonly families: '4' | '6' | '46';
  readonly address?: string;
  /** A proxy: it calls on where the connection was to go. */
  readonly forwards: boolean;
}

export interface Calling extends Required<Owner> {
  readonly where: 'pod' | 'client';
  readonly to: string;
  readonly port: number;
}

export interface Setup {
  readonly release: string;
  /** Rules of another program, without their family, in front of Istio's or behind them; each is put in first, or added. */
  readonly others: readonly string[];
  readonly listeners: readonly Listening[];
}

const OTHER_UID = 2102;
const OTHER_PORT = 4140;
const APP: Required<Owner> = { uid: 1000, gid: 1000 };
const ENVOY: Required<Owner> = { uid: 1337, gid: 1337 };
const OTHER: Required<Owner> = { uid: OTHER_UID, gid: OTHER_UID };

/** Rules, and who listens, by chance. */
export function randomSetup({ pick, chance }: Random): Setup {
  const sockets = (port: number, owner: Required<Owner>, forwards: boolean): readonly Listening[] => {
    const where = { where: 'pod', port, forwards, ...owner } as const;
    const kind = pick(['4', '6', '46', '46', '46', 'loopback', 'pod', 'none'] as const);
    if (kind === 'none') return [];
    if (kind === 'loopback') return [{ ...where, families: '4', address: '127.0.0.1' }];
    if (kind === 'pod') return [{ ...where, families: '4', address: ADDRESSES.ip.pod }];
    return [{ ...where, families: kind }];
  };
  return {
    release: pick(['1.12', '1.20', '1.28']),
    others: chance(1 / 3) ? [] : otherRules(pick, chance),
    listeners: [
      ...sockets(15001, ENVOY, true),
      ...sockets(15006, ENVOY, true),
      ...sockets(OTHER_PORT, OTHER, true),
      ...sockets(OTHER_PORT + 3, OTHER, true),
      ...sockets(8080, APP, false),
      { where: 'client', port: 80, families: '46', forwards: false, uid: 0, gid: 0 },
    ],
  };
}

function otherRules(pick: Random['pick'], chance: Random['chance']): readonly string[] {
  const insert = pick(['-I', '-A']);
  const passing = pick([`--uid-owner ${OTHER_UID}`, `--gid-owner ${OTHER_UID}`]);
  const lets = [passing, ...(chance(0.5) ? ['--uid-owner 1337'] : [])];
  const chained = [
    '-N GUARD_OUT',
    ...lets.map((owner) => `-A GUARD_OUT -m owner ${owner} -j RETURN`),
    ...(chance(0.5) ? ['-A GUARD_OUT -o lo -j RETURN'] : []),
    `-A GUARD_OUT -p tcp -j REDIRECT --to-ports ${OTHER_PORT}`,
    `${insert} OUTPUT -p tcp -j GUARD_OUT`,
  ];
  const plain = [`${insert} OUTPUT -p tcp --dport 80 -m owner ! --uid-owner ${OTHER_UID} -j REDIRECT --to-ports ${OTHER_PORT}`];
  const inbound = chance(0.5) ? [`${insert} PREROUTING -p tcp --dport 8080 -j REDIRECT --to-ports ${OTHER_PORT + 3}`] : [];
  return [...pick([chained, plain]), ...inbound];
}

/** What is called in every set-up. */
export function callsOf(): readonly Calling[] {
  return (['ip', 'ip6'] as const).flatMap((family): readonly Calling[] => {
    const { pod, service } = ADDRESSES[family];
    const local = family === 'ip' ? '127.0.0.1' : '::1';
    const from = (owner: Required<Owner>, to: string, port: number): Calling => ({ where: 'pod', ...owner, to, port });
    return [
      from(APP, service, 80),
      from(APP, service, 81),
      from(APP, pod, 8080),
      from(APP, local, 8080),
      from(ENVOY, service, 80),
      from(OTHER, service, 80),
      { where: 'client', uid: 0, gid: 0, to: pod, port: 8080 },
      { where: 'client', uid: 0, gid: 0, to: pod, port: 9090 },
    ];
  });
}

export interface Compared {
  readonly call: Calling;
  readonly real: string;
  readonly simulated: string;
}

/** Plays a set-up in a pair whose rules are none; takes them away again. */
export async function playSetup(pair: Pair, setup: Setup): Promise<readonly Compared[]> {
  const plan = planFromSettings({
    sets: setup.release === '1.12' ? ['inbound.includePorts=*'] : ['inbound.includePorts=*', 'dualStack=true'],
    facts: { addresses: [ADDRESSES.ip.pod, ADDRESSES.ip6.pod] },
    release: { value: setup.release, source: { kind: 'option', option: '--release' } },
  });
  const families = (['ip', 'ip6'] as const).filter((family) => plan[family].tables.length > 0);
  const loaded = families.map(
    (family) =>
      `${feed(`${iptables(family)}-restore`, printRestore(plan[family]))}${setup.others.map((rule) => `${iptables(family)} -t nat ${rule}\n`).join('')}`,
  );
  const made = await pair.pod.run(`set -e\nip -6 addr add ::6/128 dev lo nodad 2>/dev/null || true\n${loaded.join('')}`);
  if (made.exitCode !== 0) throw new Error(made.stderr);
  const script = fileURLToPath(new URL('listeners.py', import.meta.url));
  const words = ['netns', 'exec', pair.pod.name, PYTHON, script, `/run/netns/${pair.client.name}`];
  const running = spawn('ip', words, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const lines = createInterface({ input: running.stdout })[Symbol.asyncIterator]();
  try {
    running.stdin.write(`${JSON.stringify(setup.listeners)}\n`);
    await lines.next();
    const given = { sets: [], env: [], addresses: [], nameservers: [] };
    const context = await readTraceContext(`netns:/run/netns/${pair.pod.name}`, given, { beforeProxy: false });
    const calls = callsOf();
    const simulated = calls.map((call) => simulate(context, setup, call));
    running.stdin.end(`${JSON.stringify(calls)}\n`);
    const { value } = await lines.next();
    const real = JSON.parse(value ?? '[]') as readonly string[];
    return calls.map((call, index) => ({ call, real: real[index] ?? '', simulated: simulated[index] ?? '' }));
  } finally {
    // Its listeners are in its group, and may be more than it has ended.
    if (running.pid !== undefined) killGroup(running.pid);
    await pair.pod.run('iptables -t nat -F; iptables -t nat -X; ip6tables -t nat -F; ip6tables -t nat -X');
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them have ended.
  }
}

function packetOf({ where, to, port, uid, gid }: Calling): Packet & { readonly destination: string } {
  const family: Family = to.includes(':') ? 'ip6' : 'ip';
  const source = where === 'client' ? ADDRESSES[family].client : sourceTo(to, family);
  const from = where === 'client' ? { origin: 'remote' as const, inInterface: 'v0' } : { origin: 'local' as const, uid, gid };
  return { family, protocol: 'tcp', state: 'NEW', mark: 0, source, destination: to, destinationPort: port, ...from };
}

function sourceTo(to: string, family: Family): string {
  return to === '127.0.0.1' || to === '::1' ? to : ADDRESSES[family].pod;
}

// As many as the listeners pass on (listeners.py).
const MOST = 12;

/** The same words as the callers get. */
function simulate(
  { podNetwork }: TraceContext,
  { listeners }: Setup,
  call: Calling,
  depth: ReadonlyMap<number, number> = new Map(),
): string {
  const packet = packetOf(call);
  const trace = traceIn(podNetwork, packet);
  const { id, words } = verdictIn(podNetwork, trace);
  const { end } = trace;
  if (id === 'refused' || words.includes('nothing listens')) return 'refused';
  if (id === 'unknown' || end.kind === 'dropped') return `${id}: ${words}`;
  if (end.kind !== 'local') return call.port === 80 ? '80.' : 'refused';
  const port = end.port ?? 0;
  const proxy = listeners.find((one) => one.where === 'pod' && one.port === port && one.forwards);
  if (proxy === undefined || end.how === 'plain') return `${port}.`;
  const round = (depth.get(port) ?? 0) + 1;
  if (round > MOST) return `${port}>LOOP`;
  const { uid, gid } = proxy;
  return `${port}>${simulate({ podNetwork } as TraceContext, { listeners } as Setup, { where: 'pod', uid, gid, to: call.to, port: call.port }, new Map([...depth, [port, round]]))}`;
}

/** Whether `--request app-to-outside` says that a call of the application loops. */
export function toldToLoop({ podNetwork }: TraceContext, family: Family): boolean {
  const to = { place: { family, address: ADDRESSES[family].service }, port: 80 } as const;
  return simulateRequest('app-to-outside', podNetwork, { family, to }).calls.some(({ outcome }) => outcome.kind === 'loop');
}
