/** Packets at the edges of what rules ask for: the values that they name, and their neighbours. */

import { addressValue, networkRange, printAddress } from '../../../src/netfilter/address/address.ts';
import type { Ranges, Value } from '../../../src/netfilter/address/ranges.ts';
import { contains } from '../../../src/netfilter/address/ranges.ts';
import { withInterfaces } from '../../../src/netfilter/behavior/interfaces.ts';
import type { Operand } from '../../../src/netfilter/behavior/prepared.ts';
import type { Family } from '../../../src/netfilter/family.ts';
import type { Packet } from '../../../src/netfilter/packet.ts';
import type { Match } from '../../../src/netfilter/rule/match.ts';
import type { Ruleset } from '../../../src/netfilter/rule.ts';
import type { Host } from '../../../src/netfilter/trace/host.ts';
import { prepareHost } from '../../../src/netfilter/trace/prepare-host.ts';
import type { Random } from '../../netfilter/mutations.ts';

interface Edges {
  readonly ports: readonly number[];
  readonly addresses: readonly string[];
  readonly owners: readonly number[];
  readonly marks: readonly number[];
  readonly interfaces: readonly string[];
}

const PROTOCOLS = ['tcp', 'tcp', 'tcp', 'udp', 'udp', 'icmp', 'sctp'];

/** Hosts with the same interfaces, and what packets can be made of. */
export interface World {
  readonly family: Family;
  readonly hosts: readonly Sender[];
  readonly edges: Edges;
  /** Addresses that any host has, and that packets from outside can't come from. */
  readonly own: readonly string[];
}

/** A host, and what it delivers to itself. */
export interface Sender {
  readonly host: Host;
  readonly local: Ranges;
}

/** The world of two sides of a comparison. */
export function worldOf(sides: readonly [Operand, Operand]): World {
  const rulesets = sides.map(({ ruleset }) => ruleset);
  const names = sides.flatMap(({ host }) => host.interfaces.map(({ name }) => name));
  const { family } = sides[0].ruleset;
  const hosts = sides.map(({ host }): Sender => {
    const whole = withInterfaces(host, rulesets, names);
    return { host: whole, local: prepareHost(whole, family).local };
  });
  const own = hosts.flatMap(({ host }) => host.interfaces.flatMap(({ addresses }) => addresses));
  const interfaces = (hosts[0]?.host.interfaces ?? []).map(({ name }) => name).filter((name) => name !== 'lo');
  return {
    family,
    hosts,
    edges: edgesOf(
      rulesets,
      family,
      interfaces,
      own.filter((text) => text.includes(':') === (family === 'ip6')),
    ),
    own,
  };
}

function edgesOf(rulesets: readonly Ruleset[], family: Family, interfaces: readonly string[], own: readonly string[]): Edges {
  const all = rulesets.flatMap(({ tables }) => tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules)));
  const matches = all.flatMap((rule) => rule.matches);
  const numbers = (kinds: readonly Match['kind'][]): readonly number[] =>
    matches.flatMap((match) =>
      kinds.includes(match.kind) && 'value' in match
        ? [match.value].flat().flatMap((value) => (typeof value === 'object' && 'first' in value ? [value.first, value.last] : []))
        : [],
    );
  const networks = matches.flatMap((match) => (match.kind === 'source' || match.kind === 'destination' ? [networkRange(match.value)] : []));
  const limit: Value = family === 'ip' ? 0xffffffff : (1n << 128n) - 1n;
  const near = (value: Value): readonly Value[] =>
    typeof value === 'bigint' ? [value - 1n, value, value + 1n] : [value - 1, value, value + 1];
  const usual = family === 'ip' ? ['127.0.0.1', '127.0.0.6', '10.9.9.9', '203.0.113.7'] : ['::1', '::6', 'fd00::9', 'fe80::9', '2a00::7'];
  const values = [...usual, ...own].map((text) => addressValue(text, family));
  const edges = [...values, ...networks.flatMap(({ first, last }) => [...near(first), ...near(last)])].filter(
    (value) => value >= 0 && value <= limit,
  );
  const marked = [...matches, ...all.map(({ target }) => target)].flatMap((one) =>
    'value' in one && typeof one.value === 'object' && 'mask' in one.value ? [one.value.value] : [],
  );
  const around = (list: readonly number[], most: number): readonly number[] => [
    ...new Set(list.flatMap((value) => [value - 1, value, value + 1]).filter((value) => value >= 0 && value <= most)),
  ];
  return {
    ports: around([80, 8080, ...numbers(['source-port', 'destination-port', 'source-ports', 'destination-ports'])], 65535),
    addresses: [...new Set(edges)].map(printAddress),
    owners: around([0, 1000, 1337, ...numbers(['uid-owner', 'gid-owner'])], 0xfffffffe),
    marks: [0, 0, 0, 0, 1337, ...new Set(marked)],
    interfaces,
  };
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** A packet of the scope in which behaviour is compared. */
export function biasedPacket({ family, edges, own }: World, random: Random): Packet {
  const pick = <V>(list: readonly V[]): V => list[random(list.length)] as V;
  const protocol = pick(PROTOCOLS);
  const ports = protocol === 'icmp' ? {} : { sourcePort: random(4) === 0 ? pick(edges.ports) : 40000, destinationPort: pick(edges.ports) };
  const common = {
    family,
    protocol,
    ...ports,
    state: random(8) === 0 ? ('INVALID' as const) : ('NEW' as const),
    outInterface: pick(edges.interfaces),
  };
  if (random(3) === 0) {
    const outside = edges.addresses.filter((address) => !isLoopback(address));
    const here = outside.filter((address) => own.includes(address));
    const strangers = outside.filter((address) => !own.includes(address));
    return {
      ...common,
      origin: 'remote',
      source: pick(strangers),
      destination: here.length === 0 || random(2) === 0 ? pick(outside) : pick(here),
      inInterface: pick(edges.interfaces),
      mark: 0,
    };
  }
  const owner = random(20) === 0 ? { uid: null, gid: null } : { uid: pick(edges.owners), gid: pick(edges.owners) };
  return {
    ...common,
    origin: 'local',
    source: pick(edges.addresses),
    destination: pick(edges.addresses),
    mark: pick(edges.marks),
    ...owner,
  };
}

/** The packet as one host sends it: only what leaves it has a way out. */
export function sentBy({ host, local }: Sender, packet: Packet): Packet {
  const { family, destination = '', mark = 0 } = packet;
  const here = contains(local, addressValue(destination, family));
  const marked = host.localByMark.some((one) => one.family === family && ((mark ^ one.mark) & (one.mask ?? 0xffffffff)) === 0);
  return here || marked ? { ...packet, outInterface: undefined } : packet;
}

/** Whether routes let nobody send it: a loopback source that would leave. */
export function isStranded(sender: Sender, packet: Packet): boolean {
  const { origin, family, source = '' } = packet;
  return origin === 'local' && family === 'ip' && isLoopback(source) && sentBy(sender, packet).outInterface !== undefined;
}
