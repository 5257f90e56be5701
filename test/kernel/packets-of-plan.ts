/** Packets for a plan: for each rule such as should match it and such as should not, and others without a plan. */

import type { Family } from '../../src/netfilter/family.ts';
import type { KnownMatch } from '../../src/netfilter/rule/match.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import type { Protocol, SentPacket } from './packets.ts';
import { ACK, ANSWERED, RST, SINGLE, SYN } from './packets.ts';
import type { Sketch } from './packets-fit.ts';
import { fits } from './packets-fit.ts';
import type { Random } from './packets-random.ts';
import type { Values } from './packets-values.ts';
import { deviceTo, isLoopback, valuesOf } from './packets-values.ts';
import type { Wanted } from './packets-wanted.ts';
import { wantedOf } from './packets-wanted.ts';
import type { Device } from './tracing-place.ts';
import { DEVICE_NAMES, POD } from './tracing-place.ts';

/** Numbers that no two packets of a namespace share. */
export interface Numbers {
  readonly single: () => number;
  readonly answered: () => number;
  readonly label: () => number;
}

export function freshNumbers(): Numbers {
  const row = (first: number, end: number): (() => number) => {
    let next = first;
    return () => {
      if (next === end) throw new RangeError('there are no ports left that no packet has had');
      return next++;
    };
  };
  return { single: row(SINGLE.first, SINGLE.end), answered: row(ANSWERED.first, ANSWERED.end), label: row(1, 0x10000) };
}

/** What a packet is picked from. */
interface Choice {
  readonly family: Family;
  readonly values: Values;
  readonly numbers: Numbers;
  readonly random: Random;
}

export interface Wish {
  /** At least so many. */
  readonly count: number;
  /** Addresses that the plan gives to `lo`. */
  readonly added: readonly string[];
  /** Whether packets leave by each device, or all by the first. */
  readonly ways: 'all' | 'first';
}

/** Packets for the rules of a family. */
export function packetsFor(rules: Ruleset, { count, added, ways }: Wish, numbers: Numbers, random: Random): readonly SentPacket[] {
  const { family } = rules;
  const all = valuesOf(rules, added, random);
  const remote = ways === 'all' ? all.remote : all.remote.filter((address) => deviceTo(address, family, all.local) === DEVICE_NAMES[0]);
  const choice: Choice = { family, values: { ...all, remote }, numbers, random };
  const { hits, misses } = wantedOf(rules, random);
  const wanted = [...hits, ...random.some(misses, Math.max(0, Math.floor((count - hits.length) / 2)))];
  const free = Array.from({ length: Math.max(0, count - wanted.length) }, (): Wanted => ({ from: 'any', matches: [], before: [] }));
  const packets = [...wanted, ...free].map((one) => numbered(sketchFor(one, choice), choice));
  // Of packets that have not a port of their own, two might be of one flow, or become so by translation to elsewhere.
  const flowOf = ({ protocol, source, sport, destination, dport }: SentPacket): string =>
    [protocol, source, sport, ...(ways === 'all' ? [destination, dport] : [])].join(' ');
  return [...new Map(packets.map((packet) => [flowOf(packet), packet])).values()];
}

/** Ports on which an application answers. */
export const APPLICATION: readonly number[] = [80, 443, 8080];

const TRIES = 6;

/** A sketch that no earlier rule takes away, where one is found. */
function sketchFor(wanted: Wanted, choice: Choice): Draft {
  let draft = sketchOf(wanted, choice);
  for (let tries = 1; tries < TRIES && wanted.before.some((rule) => rule.every((match) => fits(match, draft.sketch))); tries += 1)
    draft = sketchOf(wanted, choice);
  return draft;
}

type Kinds = readonly KnownMatch['kind'][];

/** One of the values for which the matches of these kinds hold, or any where there is none. */
function pickFor<V>(wanted: Wanted, kinds: Kinds, list: readonly V[], sketch: (value: V) => Partial<Sketch>, random: Random): V {
  const asked = wanted.matches.filter(({ kind }) => kinds.includes(kind));
  const fitting = list.filter((value) => asked.every((match) => fits(match, sketch(value))));
  return random.pick(fitting.length > 0 ? fitting : list);
}

function asks(wanted: Wanted, kind: KnownMatch['kind']): boolean {
  return wanted.matches.some((match) => match.kind === kind && !match.negated);
}

/** A packet but for the numbers that are its own. */
interface Draft {
  readonly sketch: Sketch;
  readonly arrives: boolean;
  readonly ports: 'single' | 'answered' | 'asked';
  /** The port that nobody else has is the destination's. */
  readonly turned: boolean;
  readonly flags: number;
}

function sketchOf(wanted: Wanted, choice: Choice): Draft {
  const { random, values } = choice;
  const devices = asks(wanted, 'in-interface') ? (['lo', ...DEVICE_NAMES] as const) : (['eth0', ...DEVICE_NAMES] as const);
  const device = pickFor(wanted, ['in-interface'], devices, (name) => ({ in: name }), random);
  const marked = asks(wanted, 'mark') && values.marks.length > 0;
  const within = wanted.matches.some(
    ({ kind, negated, value }) => !negated && (kind === 'source' || kind === 'destination') && isLoopback(value.address),
  );
  const arrives =
    wanted.from === 'wire' ? asks(wanted, 'in-interface') || !(marked || within) : wanted.from === 'any' && random.chance(0.4);
  return arrives && device !== 'lo' ? fromWire(wanted, device, choice) : fromPod(wanted, choice);
}

const PROTOCOLS: readonly Protocol[] = ['tcp', 'tcp', 'tcp', 'tcp', 'tcp', 'tcp', 'udp', 'udp', 'icmp'];
const DPORTS: Kinds = ['destination-port', 'destination-ports', 'either-ports'];

function portsFor(
  wanted: Wanted,
  protocol: Protocol,
  { values, random }: Choice,
): Pick<Draft, 'ports' | 'turned'> & Pick<Sketch, 'sport' | 'dport'> {
  if (protocol === 'icmp') return { sport: 0, dport: 0, ports: 'single', turned: false };
  const states = wanted.matches.flatMap((match) => (match.kind === 'conntrack-state' || match.kind === 'state' ? match.value : []));
  const later = states.includes('ESTABLISHED') || asks(wanted, 'connmark') || asks(wanted, 'socket');
  const likely = later ? APPLICATION : [...values.ports, random.whole(1, SINGLE.first - 1)];
  const dport = pickFor(wanted, DPORTS, likely, (port) => ({ dport: port }), random);
  if (asks(wanted, 'source-port') || asks(wanted, 'source-ports')) {
    const asked = wanted.matches.filter(({ kind }) => DPORTS.includes(kind));
    const sport = pickFor(wanted, ['source-port', 'source-ports'], values.ports, (port) => ({ sport: port }), random);
    return { sport, dport, ports: 'asked', turned: asked.every((match) => fits(match, { dport: SINGLE.first })) };
  }
  return { sport: 0, dport, ports: later || random.chance(0.08) ? 'answered' : 'single', turned: false };
}

const LOOPBACK: Readonly<Record<Family, string>> = { ip: '127.0.0.6', ip6: '::1' };

function fromWire(wanted: Wanted, device: Device, choice: Choice): Draft {
  const { family, values, random } = choice;
  const protocol = pickFor(wanted, ['protocol'], PROTOCOLS, (name) => ({ protocol: name }), random);
  const martian = random.chance(0.05);
  const own = POD[device][family];
  // What is passed on leaves by the first device, which is all that the simulator is told of routes.
  const away = values.remote.filter((address) => deviceTo(address, family, values.local) === DEVICE_NAMES[0]);
  const to = [
    ...Array<string>(6).fill(own),
    ...values.local.filter((address) => !isLoopback(address)),
    ...(martian ? [LOOPBACK[family]] : []),
    ...away,
  ];
  const likely = wanted.matches.some(({ kind }) => kind === 'destination') || random.chance(0.3) ? to : [own];
  const destination = pickFor(wanted, ['destination'], likely, (address) => ({ destination: address }), random);
  const from = martian && random.chance(0.5) ? [LOOPBACK[family], own] : values.remote;
  const source = pickFor(wanted, ['source'], from, (address) => ({ source: address }), random);
  const invalid = wanted.matches.some((match) => match.kind === 'conntrack-state' && match.value.includes('INVALID') && !match.negated);
  const nonDefault = invalid ? [RST, SYN | ACK] : random.chance(0.04) ? [ACK, RST] : [SYN];
  const flags = protocol === 'tcp' ? random.pick(nonDefault) : 0;
  const { sport, dport, ports, turned } = portsFor(wanted, protocol, choice);
  const sketch = { source, destination, in: device, out: '', protocol, sport, dport, uid: -1, gid: -1, mark: 0 };
  // Only what opens a flow is answered, and only here.
  const answerable = (flags === SYN || flags === 0) && values.local.includes(destination) && !values.local.includes(source);
  return { sketch, arrives: true, ports: answerable || ports === 'asked' ? ports : 'single', turned, flags };
}

function fromPod(wanted: Wanted, choice: Choice): Draft {
  const { family, values, random } = choice;
  const protocol = pickFor(wanted, ['protocol'], PROTOCOLS, (name) => ({ protocol: name }), random);
  const back = wanted.from !== 'pod' && wanted.matches.length > 0;
  // The mark of a flow is that of a packet before.
  const marks = asks(wanted, 'mark') || asks(wanted, 'connmark');
  const asked = wanted.matches.some(({ kind }) => kind === 'destination' || kind === 'out-interface');
  const to = asked ? [...values.local, ...values.remote] : back || marks || random.chance(0.4) ? values.local : values.remote;
  const by = (address: string): Device | 'lo' => deviceTo(address, family, values.local);
  const destination = pickFor(
    wanted,
    ['destination', 'out-interface'],
    to,
    (address) => ({ destination: address, out: by(address) }),
    random,
  );
  const out = by(destination);
  const from = out === 'lo' ? [destination, ...values.local] : [POD[out][family]];
  const { sport, dport, ports, turned } = portsFor(wanted, protocol, choice);
  const sketch = {
    ...{ destination, in: 'lo', out, protocol, sport, dport },
    source: pickFor(wanted, ['source'], from, (address) => ({ source: address }), random),
    uid: pickFor(wanted, ['uid-owner'], values.uids, (uid) => ({ uid }), random),
    gid: pickFor(wanted, ['gid-owner'], values.gids, (gid) => ({ gid }), random),
    mark: marks || random.chance(0.04) ? pickFor(wanted, ['mark', 'connmark'], [0, ...values.marks], (mark) => ({ mark }), random) : 0,
  };
  return { sketch, arrives: false, ports, turned, flags: protocol === 'tcp' ? SYN : 0 };
}

function numbered({ sketch, arrives, ports, turned, flags }: Draft, { numbers }: Choice): SentPacket {
  const { source, destination, protocol, uid, gid, mark } = sketch;
  const sport = ports === 'asked' ? sketch.sport : numbers[ports]();
  const packet = { protocol, source, sport, destination, dport: turned ? numbers.single() : sketch.dport };
  if (arrives) return { in: sketch.in, ...packet, flags, label: numbers.label() };
  return { ...packet, uid, gid, ...(mark !== 0 && { mark }), ...(ports === 'asked' && { flags, label: numbers.label() }) };
}
