/** What a listing of nft says, walked by packets: each of these was seen in a kernel, and read wrongly before. */

import { describe, expect, it } from 'vitest';
import { readNft } from '../../../src/netfilter/nft/read.ts';
import { rulesetOfNft } from '../../../src/netfilter/nft/ruleset-of-nft.ts';
import type { Packet } from '../../../src/netfilter/packet.ts';
import { firstPacket } from '../../../src/netfilter/packet.ts';
import type { End } from '../../../src/netfilter/trace/result.ts';
import { simulatorFor } from '../../../src/netfilter/trace.ts';

const HOST = {
  interfaces: [{ name: 'eth0', addresses: ['10.1.2.3', 'fd00::3'] }],
  localByMark: [],
  transparentPorts: [],
  boundListeners: [],
  forwarding: false,
};

const OUT: Partial<Packet> = { origin: 'local', uid: 1000, gid: 1000 };
const IN: Partial<Packet> = { origin: 'remote', inInterface: 'eth0', source: '10.9.9.9', destination: '10.1.2.3' };
const OUT6: Partial<Packet> = { ...OUT, family: 'ip6', source: 'fd00::3', destination: 'fd01::5' };

function chain(hook: string, rules: readonly string[], rest = 'priority filter; policy accept;'): string {
  return `  chain ${hook}_${rest.length} {\n    type filter hook ${hook} ${rest}\n${rules.map((rule) => `    ${rule}\n`).join('')}  }\n`;
}

/** Where a packet ends in these tables. */
function endIn(text: string, given: Partial<Packet>): End {
  const read = readNft(text);
  if (read === undefined) throw new Error('no rules of nft');
  const packet = firstPacket({
    ...{
      family: 'ip',
      protocol: 'tcp',
      source: '10.1.2.3',
      destination: '10.9.9.9',
      sourcePort: 40_000,
      destinationPort: 80,
      origin: 'local',
    },
    ...given,
  });
  return simulatorFor(rulesetOfNft(read.ruleset, packet.family), HOST).end(packet);
}

const table = (body: string, family = 'inet'): string => `table ${family} foreign {\n${body}}\n`;
const kindIn = (rules: readonly string[], packet: Partial<Packet>, hook = 'output', rest?: string): string =>
  endIn(table(chain(hook, rules, rest)), packet).kind;

describe('a rule of nft', () => {
  it.each([
    ['that logs before it drops, drops', ['log prefix "rejected: " drop'], 'dropped'],
    ['that logs and counts by a name before it drops, drops', ['counter name "lost" log level info flags all drop'], 'dropped'],
    ['that only logs lets go on', ['log prefix "x drop"', 'accept'], 'sent'],
    ['with one state of a set is for that state', ['ct state { new, related } drop'], 'dropped'],
    ['with none of a set of states is not for that state', ['ct state != { new, related } drop'], 'sent'],
    ['other than two states at once is for all: nft compares with both bits', ['ct state != new | untracked drop'], 'dropped'],
    ['for the first bits of a mark', ['meta mark set 0xf0000001', 'meta mark 0xf0000000/4 drop'], 'dropped'],
    ['for other first bits of a mark', ['meta mark set 0xf0000001', 'meta mark != 0xf0000000/4 drop'], 'sent'],
    ['for higher ports', ['tcp dport > 79 drop'], 'dropped'],
    ['for higher ports is not for that one', ['tcp dport > 80 drop', 'tcp dport >= 81 drop'], 'sent'],
    ['for lower ports', ['tcp dport <= 80 drop'], 'dropped'],
    ['for lower ports of another protocol', ['udp dport < 90 drop'], 'sent'],
    ['for addresses of this machine', ['fib daddr type local drop'], 'sent'],
    ['for a range of addresses', ['ip daddr 10.9.9.3-10.9.9.200 drop'], 'dropped'],
    ['for all but a range of addresses', ['ip daddr != 10.9.9.3-10.9.9.200 drop'], 'sent'],
    ['for the first direction of a flow', ['ct direction original drop'], 'dropped'],
    ['for the other direction of a flow', ['ct direction reply drop', 'ct direction != original drop'], 'sent'],
    ['for what is asked behind what is not known', ['limit rate 5/second tcp dport 81 drop'], 'sent'],
    ['that says it rejects, rejects', ['reject with icmp port-unreachable'], 'rejected'],
    ['that goes on, goes on', ['continue', 'drop'], 'dropped'],
    ['for a user is for none that is another', ['meta skuid 1337 drop'], 'sent'],
    ['that changes what is no matter here lets go on', ['meta priority set 1:2', 'meta nftrace set 1', 'accept'], 'sent'],
  ])('%s', (_, rules, kind) => {
    expect(kindIn(rules, OUT)).toBe(kind);
  });

  it.each([
    ['a port behind no protocol', ['th dport 80 drop']],
    ['a named set', ['ip daddr @hosts drop']],
    ['several statements', ['meta mark set 0x1 drop']],
    ['what it asks only after it has done something', ['meta mark set 0x1 tcp dport 81', 'meta mark 0x1 drop']],
    ['words that end in a change', ['ip dscp 1 meta mark set 0x1', 'meta mark 0x1 drop']],
  ])('with %s is not known', (_, rules) => {
    expect(kindIn(rules, OUT)).toBe('unknown');
  });

  it('for IPv4 alone does nothing to IPv6', () => {
    for (const rule of ['ip protocol tcp drop', 'meta nfproto ipv4 drop', 'ip daddr != 10.0.0.1 drop']) {
      expect(kindIn([rule], OUT)).toBe('dropped');
      expect(kindIn([rule], OUT6)).toBe('sent');
    }
    expect(kindIn(['meta nfproto != ipv4 drop'], OUT6)).toBe('dropped');
  });

  it('that asks for another user is for no packet without one, which iptables takes for another', () => {
    expect(kindIn(['meta skuid != 1337 drop'], { ...IN, uid: null }, 'prerouting')).toBe('local');
    expect(kindIn(['meta skuid != 1337 drop'], { ...OUT, uid: null, gid: null })).toBe('sent');
  });

  it('with a socket that is not there goes on, where TPROXY of iptables drops', () => {
    const rules = ['meta l4proto tcp tproxy ip to :15006 meta mark set 0x539 accept', 'meta mark 0x539 drop'];
    expect(kindIn(rules, IN, 'prerouting', 'priority mangle; policy accept;')).toBe('local');
  });

  it.each([
    ['meta mark set meta mark | 0x10', 0x11],
    ['meta mark set meta mark & 0xfe', 0],
    ['meta mark set meta mark ^ 0x3', 2],
    ['meta mark set meta mark & 0xfffffff0 | 0x2', 2],
  ])('%s', (rule, mark) => {
    expect(kindIn([rule, `meta mark ${mark} drop`], { ...OUT, mark: 1 })).toBe('dropped');
  });

  it('with JSON of a shape that is not known may do anything', () => {
    const rule = (expr: object): string =>
      JSON.stringify({
        nftables: [
          { table: { family: 'inet', name: 'f' } },
          { chain: { family: 'inet', table: 'f', name: 'o', type: 'filter', hook: 'output', prio: 0, policy: 'accept' } },
          { rule: { family: 'inet', table: 'f', chain: 'o', expr: [expr] } },
        ],
      });
    for (const expr of [
      { vmap: { key: 1, data: 2 } },
      { dnat: { addr: { map: 1 } } },
      { mangle: { key: { meta: 1 }, value: 2 } },
      { new: {} },
    ])
      expect(endIn(rule(expr), OUT).kind).toBe('unknown');
    expect(endIn(rule({ log: { prefix: 'x' } }), OUT).kind).toBe('sent');
  });
});

describe('tables of nft', () => {
  const nat = (name: string, port: number): string =>
    `table ip ${name} {\n  chain out {\n    type nat hook output priority -100; policy accept;\n    meta l4proto tcp redirect to :${port}\n  }\n}\n`;

  it('that are asleep, and those of a program that owns them, are read', () => {
    const drops = chain('output', ['drop']);
    expect(endIn(`table inet f {\n  flags dormant\n${drops}}\n`, OUT).kind).toBe('sent');
    const owned = readNft(`table inet f { # progname firewalld\n  flags owner,persist\n  comment "x"\n${drops}}\n`);
    expect(owned?.unread).toEqual([]);
  });

  it('of one priority are asked in an order that nobody knows, and of one table in that of their making, the last one first', () => {
    const end = endIn(nat('a', 1001) + nat('b', 1002), OUT);
    expect(end).toMatchObject({ kind: 'unknown', why: { kind: 'order', first: 'ip b out', others: ['ip a out'] } });
    expect(endIn(nat('a', 1001) + nat('b', 1002).replace('redirect to :1002', 'return'), OUT)).toMatchObject({ kind: 'local', port: 1001 });
    const two = `table ip a {\n${['x', 'y']
      .map((name, at) =>
        nat('a', 1001 + at)
          .split('\n')
          .slice(1, -2)
          .join('\n')
          .replace('out', name),
      )
      .join('\n')}\n}\n`;
    expect(endIn(two, OUT)).toMatchObject({ kind: 'local', port: 1002 });
  });

  it('that translate to what a packet has already have had their say', () => {
    const chains = [1, 2].map(
      (at) =>
        `  chain c${at} {\n    type nat hook postrouting priority ${90 + at}; policy accept;\n    snat to 10.1.2.${at === 1 ? 3 : 4}\n  }\n`,
    );
    const { final } = simulatorFor(rulesetOfNft(readNft(table(chains.join(''), 'ip'))?.ruleset ?? { tables: [] }, 'ip'), HOST).trace(
      firstPacket({
        family: 'ip',
        protocol: 'tcp',
        source: '10.1.2.3',
        destination: '10.9.9.9',
        sourcePort: 4000,
        destinationPort: 80,
        origin: 'local',
      }),
    );
    expect(final?.source).toBe('10.1.2.3');
  });

  it('listed with their handles have no other rules', () => {
    const listing =
      'table inet f { # handle 1\n  chain o { # handle 2\n    type filter hook output priority filter; policy accept;\n    accept # handle 3\n  }\n}\n';
    expect(readNft(listing)).toMatchObject({
      unread: [],
      ruleset: { tables: [{ chains: [{ rules: [{ target: { verdict: 'ACCEPT' } }] }] }] },
    });
    expect(readNft(listing)?.ruleset.tables[0]?.chains[0]?.rules).toHaveLength(1);
  });

  it('in which a chain hangs in words that are not known are told as unread', () => {
    expect(
      readNft(`table inet f {\n  chain c {\n    type filter hook output priority mystery; policy drop;\n  }\n}\n`)?.unread,
    ).toHaveLength(1);
  });
});

const NAMED = `  set near { type ipv4_addr; flags interval; elements = { 10.9.0.0/16, 192.0.2.1-192.0.2.6 }; }
  set moving { type ipv4_addr; flags dynamic,timeout; elements = { 10.9.9.9 timeout 1h expires 59m }; }
  map ways { type inet_service : verdict; elements = { 80 comment "x, y" : drop, 443 : jump further }; }
  map services {
    type ipv4_addr . inet_proto . inet_service : verdict
    elements = { 10.9.9.9 . tcp . 80 comment "default/web" : goto service-X/default/web,
           10.9.9.8 . udp . 53 : drop }
  }
  chain further { accept; }
  chain marks { meta mark set 2; }
  chain service-X/default/web { tcp dport 80 drop; }
`;

it('a rule of nft asks nothing but the state of a packet that has only a zone yet, and no flow', () => {
  const rules = [
    'ct zone set 2',
    'ct mark 0x0 drop',
    'ct mark & 0xf == 0x0 drop',
    'ct direction original drop',
    'ct state new accept',
    'drop',
  ];
  expect(endIn(table(chain('output', rules, 'priority -290; policy accept;')), OUT).kind).toBe('sent');
});

describe('a rule of nft that looks a value up', () => {
  it.each([
    ['in a list', ['ip daddr { 10.9.9.8, 10.9.9.9 } drop'], 'dropped'],
    ['in a list that has it not', ['ip daddr { 10.9.9.7, 10.9.9.8 } drop'], 'sent'],
    ['that is to be in no list', ['ip daddr != { 10.9.9.8, 10.9.9.9 } drop'], 'sent'],
    ['that is in no list', ['ip daddr != { 10.9.9.7, 10.9.9.8 } drop'], 'dropped'],
    ['in a range', ['ip daddr { 10.9.9.3-10.9.9.200 } drop'], 'dropped'],
    ['in a named set of networks', ['ip daddr @near drop'], 'dropped'],
    ['in no named set', ['ip daddr != @near drop'], 'sent'],
    ['in a set that packets change', ['ip daddr @moving drop'], 'unknown'],
    ['in a set that is not shown', ['ip daddr @hidden drop'], 'unknown'],
    ['in a list of interfaces', ['oifname { "lo", "eth*" } drop'], 'dropped'],
    ['in two lists', ['meta l4proto { tcp, udp } th dport { 53, 80 } drop'], 'dropped'],
    ['of two fields at once', ['ip daddr . tcp dport { 10.9.9.9 . 443, 10.9.9.8 . 80 } drop'], 'sent'],
    ['of two fields with networks and ranges', ['ip daddr . tcp dport { 10.9.0.0/16 . 80-90 } drop'], 'dropped'],
    [
      'of two fields whose networks lie over each other',
      ['ip daddr . tcp dport vmap { 10.9.9.9 . 80 : continue, 10.0.0.0/8 . 80-90 : drop }'],
      'sent',
    ],
    [
      'of two fields whose networks lie over each other, in whatever order they are listed',
      ['ip daddr . tcp dport vmap { 10.0.0.0/8 . 1-1000 : accept, 10.9.0.0/16 . 80-90 : accept, 10.9.9.9 . 80 : drop }'],
      'dropped',
    ],
    [
      'of two fields that cross each other',
      ['ip daddr . tcp dport vmap { 10.9.0.0/16 . 80 : accept, 10.9.9.9 . 80-90 : drop }'],
      'unknown',
    ],
    ['in a named map, behind the name of a protocol', ['meta l4proto tcp tcp dport vmap @ways'], 'dropped'],
    ['in a named set, behind the name of a protocol', ['ip protocol tcp ip daddr @near drop'], 'dropped'],
    ['of two fields that is to be in no list', ['ip daddr . tcp dport != { 10.9.9.9 . 443 } drop'], 'unknown'],
    ['in a map of verdicts', ['tcp dport vmap { 22 : accept, 80 : drop }'], 'dropped'],
    ['in a map of verdicts that has it not', ['tcp dport vmap { 22 : drop }', 'accept'], 'sent'],
    ['in a map that accepts', ['tcp dport vmap { 80 : accept }', 'drop'], 'sent'],
    ['in a named map', ['tcp dport vmap @ways'], 'dropped'],
    ['in a map of three fields', ['ip daddr . meta l4proto . th dport vmap @services', 'accept'], 'dropped'],
    ['by a number that is made up', ['numgen random mod 2 vmap { 0 : drop, 1 : drop }'], 'dropped'],
    ['by a number that may be another', ['numgen random mod 3 vmap { 0 : drop, 1 : drop }'], 'unknown'],
    ['in a map of states', ['ct state vmap { established : accept, new : drop }'], 'dropped'],
    [
      'of a mark that its own rule changes',
      ['meta mark set 1', 'meta mark { 1, 2 } meta mark set meta mark ^ 3', 'meta mark 2 drop'],
      'dropped',
    ],
    ['of a mark that a chain changes to which it leads', ['meta mark set 1', 'meta mark vmap { 0x1 : jump marks, 0x2 : drop }'], 'sent'],
    ['of a mark', ['meta mark set 2', 'meta mark { 1, 2 } drop'], 'dropped'],
  ] as const)('%s', (_, rules, kind) => {
    expect(endIn(`table inet foreign {\n${NAMED}${chain('output', rules)}}\n`, OUT).kind).toBe(kind);
  });

  it('for an address to translate to is sent there', () => {
    const rules = ['meta l4proto tcp dnat ip to tcp dport map { 80 : 10.9.9.1, 81 : 10.9.9.2 }'];
    const nat = chain('output', rules).replace('type filter', 'type nat').replace('priority filter', 'priority -100');
    const kinds = ['10.9.9.1', '10.9.9.2'].map((to) => endIn(table(nat + chain('postrouting', [`ip daddr ${to} drop`])), OUT).kind);
    expect(kinds).toEqual(['dropped', 'sent']);
  });
});
