/** The ways of packets through a kernel, put together from what it told of each. */

import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import { isBuiltIn, TABLES } from '../../src/netfilter/rule.ts';
import type { Played, SentPacket } from './packets.ts';
import { ANSWERED, isWithin, SINGLE } from './packets.ts';
import type { Header } from './tracing-header.ts';
import type { KernelRule, TraceEvent } from './tracing-netlink.ts';
import { readLogMessages, readTraceMessages } from './tracing-netlink.ts';
import { deviceName, OWN_TABLE } from './tracing-place.ts';
import type { LoadedRules } from './tracing-pods.ts';

/** One thing on the way, as a line: `rule nat ISTIO_OUTPUT 3`, with the mark that the packet has then. */
export interface Passed {
  readonly what: 'chain' | 'rule' | 'end' | 'policy';
  readonly table: string;
  readonly chain: string;
  /** 1-based; only of a rule. */
  readonly position?: number;
  readonly drops: boolean;
  readonly mark: number;
  /** Names of devices; only of a chain. */
  readonly in?: string | undefined;
  readonly out?: string | undefined;
}

/** Where the kernel says that a packet ended. */
export type KernelEnd =
  /** `port` is that of a listener, where one gets it. */
  | { readonly kind: 'local'; readonly address: string; readonly dport: number; readonly listener: number | undefined }
  | { readonly kind: 'left'; readonly device: string; readonly header: Header }
  | { readonly kind: 'dropped'; readonly by: Passed }
  /** No chain dropped it, and it came to no end: what is routed dropped it. */
  | { readonly kind: 'not-routed' };

/** A packet's way. */
export interface Journey {
  /** As it was when it was first seen. */
  readonly header: Header;
  readonly mark: number;
  readonly passed: readonly Passed[];
  readonly end: KernelEnd;
}

interface Open {
  readonly header: Header;
  readonly mark: number;
  readonly passed: Passed[];
  local?: { address: string; dport: number; listener: number | undefined };
  left?: { device: string; header: Header };
}

/** Where rules stand: by family, table and handle in nf_tables; and how many a chain has, by family, table and chain. */
export interface Positions {
  readonly byHandle: ReadonlyMap<string, number>;
  readonly counts: ReadonlyMap<string, number>;
  /** Base chains of nft's own tables, as `inet foreign output`. */
  readonly bases: ReadonlySet<string>;
}

/** Native tables of tests are never called as those of iptables are. */
export function isOfIptables(family: string, table: string): boolean {
  return family !== 'inet' && TABLES.includes(table);
}

/** Tables of nft's own have their family in their name, as the simulator's have. */
function tableName(family: Family | 'inet', table: string): string {
  return isOfIptables(family, table) ? table : `${family} ${table}`;
}

/** A rule of nft's own tables has the line of the listing as its position: some rules of a chain are for one family only. */
export function positionsOf(rules: readonly KernelRule[], plan: LoadedRules): Positions {
  const counted = new Map<string, number>();
  const byHandle = new Map(
    rules.map(({ family, table, chain, handle }): [string, number] => {
      const position = (counted.get(`${family} ${table} ${chain}`) ?? 0) + 1;
      counted.set(`${family} ${table} ${chain}`, position);
      return [`${family} ${table} ${handle}`, position];
    }),
  );
  const counts = FAMILIES.flatMap((family) =>
    plan[family].tables.flatMap(({ name, chains }) =>
      chains.map((chain): [string, number] => [`${family} ${name} ${chain.name}`, chain.rules.length]),
    ),
  );
  return { byHandle: new Map([...byHandle, ...linesOf(plan.listing)]), counts: new Map(counts), bases: basesOf(plan) };
}

function linesOf(listing: string): readonly (readonly [string, number])[] {
  let table = '';
  return listing.split('\n').flatMap((line, index): readonly (readonly [string, number])[] => {
    const [, family = '', name = ''] = /^table (\S+) (\S+) \{/.exec(line) ?? [];
    if (name !== '') table = isOfIptables(family, name) ? '' : `${family} ${name}`;
    const [, handle] = /^\t\t.* # handle (\d+)$/.exec(line) ?? [];
    return handle === undefined || table === '' ? [] : [[`${table} ${handle}`, index + 1]];
  });
}

function basesOf(plan: Readonly<Record<Family, Ruleset>>): ReadonlySet<string> {
  const tables = FAMILIES.flatMap((family) => plan[family].tables);
  return new Set(
    tables.flatMap(({ name, chains }) => chains.flatMap((chain) => (chain.base === undefined ? [] : [`${name} ${chain.name}`]))),
  );
}

/** A name for a packet that neither translation nor a second pass changes. Two directions of a flow, and TCP's three steps, differ. */
function nameOf({ flow, ...header }: Omit<Header, 'source' | 'destination'>): string {
  return flow === undefined
    ? nameByPorts(header)
    : nameByPorts({ ...header, ...(flow.back ? { sport: 0, dport: flow.port } : { sport: flow.port }) });
}

function nameByPorts({ family, protocol, sport, dport, flags, label }: Omit<Header, 'source' | 'destination' | 'flow'>): string {
  if (isWithin(ANSWERED, sport)) return `${family} ${protocol} ${sport} first ${flags}`;
  if (isWithin(ANSWERED, dport)) return `${family} ${protocol} ${dport} back ${flags}`;
  if (isWithin(SINGLE, sport)) return `${family} ${protocol} ${sport}`;
  return `${family} ${protocol} written ${label}`;
}

export interface Journeys {
  /** Whether a packet was sent again, since nobody answered it: only what its first copy met is told. */
  readonly repeated: boolean;
  /** The packet that was sent. */
  readonly of: (packet: SentPacket) => Journey | undefined;
  /** A later packet of the same flow, in the direction of the first or back. */
  readonly later: (packet: SentPacket, direction: 'first' | 'back', flags: number) => Journey | undefined;
}

/** Sorts what was told. `legacy` gives the rules from the packet log, and nf_tables only where a packet came in and went. */
export function journeysOf({ traces, logs }: Played, positions: Positions): Journeys {
  const all = new Map<string, Open>();
  const newest = new Map<string, Open>();
  let repeated = false;
  const current = new Map<number, Open>();
  for (const event of readTraceMessages(traces)) {
    const { id = 0, header } = event;
    if (event.table !== OWN_TABLE) {
      const journey = current.get(id);
      if (journey !== undefined) pass(journey, event, positions.byHandle.get(`${event.family} ${event.table} ${event.rule}`), positions);
      continue;
    }
    if (header !== undefined) {
      const name = nameOf(header);
      if (event.chain === 'output' || (event.chain === 'prerouting' && deviceName(event.in) !== 'lo')) {
        newest.set(name, { header, mark: event.mark, passed: [] });
        repeated ||= all.has(name);
        if (!all.has(name)) all.set(name, newest.get(name) as Open);
      }
      const journey = newest.get(name);
      if (journey === undefined) continue;
      current.set(id, journey);
      if (event.chain === 'input') journey.local = { address: header.destination, dport: header.dport, listener: undefined };
      if (event.chain === 'postrouting') journey.left = { device: deviceName(event.out) ?? '', header };
    } else if (event.chain === 'input' && event.what === 'rule') {
      const local = current.get(id)?.local;
      if (local !== undefined && event.mark !== 0) local.listener = event.mark;
    }
  }
  for (const event of readLogMessages(logs)) {
    const journey = event.header && all.get(nameOf(event.header));
    // A rule without a match is told as the end of its chain, with its own number.
    const isRule = event.rule <= (positions.counts.get(`${event.family} ${event.table} ${event.chain}`) ?? 0);
    if (journey !== undefined) pass(journey, isRule ? { ...event, what: 'rule' } : event, event.rule, positions);
  }
  const found = (name: string): Journey | undefined => {
    const journey = all.get(name);
    return journey && { header: journey.header, mark: journey.mark, passed: journey.passed, end: endOf(journey) };
  };
  return {
    repeated,
    of: ({ protocol, sport, dport, flags = 2, label = 0, destination }) =>
      found(nameOf({ family: familyOf(destination), protocol, sport, dport, flags: protocol === 'tcp' ? flags : 0, label })),
    later: ({ protocol, sport, destination }, direction, flags) => {
      const [from, to] = direction === 'first' ? [sport, 0] : [0, sport];
      return found(nameOf({ family: familyOf(destination), protocol, sport: from, dport: to, flags, label: 0 }));
    },
  };
}

export function familyOf(address: string): Family {
  return address.includes(':') ? 'ip6' : 'ip';
}

function pass(journey: Open, event: TraceEvent, position: number | undefined, { bases }: Positions): void {
  const { chain, what, mark, verdict, id } = event;
  const table = tableName(event.family, event.table);
  // On legacy each message has the header: where a chain begins is not told.
  if (event.header !== undefined && id !== undefined)
    journey.passed.push({ what: 'chain', table, chain, drops: false, mark, in: deviceName(event.in), out: deviceName(event.out) });
  const place = { table, chain, drops: verdict === 'drop', mark };
  if (what === 'policy') journey.passed.push({ what: 'policy', ...place });
  else if (what === 'rule') journey.passed.push({ what: 'rule', position: position ?? 0, ...place });
  else if (!isBuiltIn(table, chain) && !bases.has(`${table} ${chain}`)) journey.passed.push({ what: 'end', ...place });
}

function endOf({ passed, local, left }: Open): KernelEnd {
  if (local !== undefined) return { kind: 'local', ...local };
  if (left !== undefined && left.device !== 'lo') return { kind: 'left', ...left };
  const last = passed.at(-1);
  return last?.drops ? { kind: 'dropped', by: last } : { kind: 'not-routed' };
}
