/** What each match asks of a packet that says everything. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressValue, networkRange, printAddress } from '../../../src/netfilter/address/address.ts';
import { parseNetwork } from '../../../src/netfilter/address/network.ts';
import { contains, intersect, isWithin, overlaps, subtract, union } from '../../../src/netfilter/address/ranges.ts';
import type { Packet } from '../../../src/netfilter/packet.ts';
import { parseTranslation } from '../../../src/netfilter/trace/translation.ts';
import { property } from '../../property.ts';
import { arriving, leaving, simulate } from '../tracing.ts';

/** Whether a rule with these matches takes the packet. */
function matches(match: string, packet: Packet, family: 'ip' | 'ip6' = 'ip'): boolean {
  const chain = packet.origin === 'local' ? 'OUTPUT' : 'INPUT';
  const { end } = simulate({ mangle: [`-A ${chain} ${match} -j DROP`] }, {}, family).trace(packet);
  if (end.kind === 'unknown') throw new Error('not known');
  return end.kind === 'dropped';
}

describe('a match', () => {
  it.each<[match: string, packet: Packet, yes: boolean]>([
    ['-s 10.9.0.0/16', arriving(), true],
    ['-s 10.9.9.10/32', arriving(), false],
    ['! -s 10.9.9.10/32', arriving(), true],
    ['-s 10.9.9.8/31', arriving(), true],
    ['-s 10.9.9.10/31', arriving(), false],
    ['-d 10.0.0.5/32', arriving(), true],
    ['! -d 10.0.0.0/29', arriving(), false],
    ['! -d 127.0.0.1/32', leaving({ destination: '127.0.0.1' }), false],
    ['-p tcp', arriving(), true],
    ['-p 6', arriving(), true],
    ['-p udp', arriving(), false],
    ['! -p udp', arriving(), true],
    ['-p 250', arriving({ protocol: '250' }), true],
    ['-i eth0', arriving(), true],
    ['-i eth+', arriving(), true],
    ['-i eth', arriving(), false],
    ['! -i eth1', arriving(), true],
    ['-o eth0', leaving(), true],
    ['-o lo', leaving(), false],
    ['-o lo', leaving({ destination: '10.0.0.6' }), true],
    ['! -o lo', leaving({ destination: '127.0.0.6' }), false],
    ['-p tcp -m tcp --dport 80', arriving(), true],
    ['-p tcp -m tcp --dport 79', arriving(), false],
    ['-p tcp -m tcp --dport 80:90', arriving(), true],
    ['-p tcp -m tcp ! --dport 80', arriving(), false],
    ['-p tcp -m tcp --sport 40000:', arriving(), true],
    ['-p tcp -m tcp --sport :39999', arriving(), false],
    ['-p udp -m udp --dport 53', arriving({ protocol: 'udp', destinationPort: 53 }), true],
    ['-p tcp -m multiport --dports 22,80', arriving(), true],
    ['-p tcp -m multiport --dports 22,81:90', arriving(), false],
    ['-p tcp -m multiport ! --dports 22,80', arriving(), false],
    ['-p tcp -m multiport --sports 40000', arriving(), true],
    ['-p tcp -m multiport --ports 40000', arriving(), true],
    ['-p tcp -m multiport --ports 80', arriving(), true],
    ['-p tcp -m multiport ! --ports 80', arriving(), false],
    ['-p tcp -m multiport ! --ports 81', arriving(), true],
    ['-m owner --uid-owner 1000', leaving(), true],
    ['-m owner --uid-owner 1001', leaving(), false],
    ['-m owner ! --uid-owner 1001', leaving(), true],
    ['-m owner --uid-owner 0-1000', leaving(), true],
    ['-m owner --gid-owner 1000', leaving({ uid: 0 }), true],
    ['-m owner --uid-owner 0', leaving({ uid: 0 }), true],
    ['-m owner --uid-owner 0-4294967294', leaving({ uid: null }), false],
    ['-m owner ! --uid-owner 0-4294967294', leaving({ uid: null }), true],
    ['-m owner --uid-owner 0-4294967294', arriving(), false],
    ['-m owner ! --gid-owner 0', arriving(), true],
    ['-m mark --mark 0', arriving(), true],
    ['-m mark ! --mark 0x539', arriving({ mark: 1337 }), false],
    ['-m conntrack --ctstate NEW', arriving(), true],
    ['-m conntrack --ctstate RELATED,ESTABLISHED', arriving(), false],
    ['-m conntrack ! --ctstate RELATED,ESTABLISHED', arriving(), true],
    ['-m conntrack --ctstate INVALID', arriving({ state: 'INVALID' }), true],
    ['-m conntrack --ctstate UNTRACKED', arriving({ state: 'UNTRACKED' }), true],
    ['-m state --state NEW', arriving(), true],
    ['-m socket', arriving({ socket: true }), true],
    ['-m socket', arriving({ socket: false }), false],
  ])('%s of a packet: %#', (match, packet, yes) => {
    expect(matches(match, packet)).toBe(yes);
  });

  it('of ports holds for no packet without ports, negated or not', () => {
    const icmp = arriving({ protocol: 'icmp' });
    const lines = [
      '-A INPUT -m multiport --dports 80',
      '-A INPUT -m multiport ! --dports 80',
      '-A INPUT -m multiport --ports 80',
      '-A INPUT -m multiport ! --ports 80',
    ];
    for (const line of lines) {
      const { tables } = { tables: { filter: [`${line} -j DROP`] } };
      expect(simulate(tables).end(icmp)).toMatchObject({ kind: 'local' });
    }
  });

  it.each<[match: string, destination: string, yes: boolean]>([
    ['-d 2001:db8::/32', '2001:db8::9', true],
    ['-d 2001:db8::/127', '2001:db8::2', false],
    ['! -d ::1/128', '2001:db8::9', true],
    ['-d ::/1', '8000::1', false],
    ['-d 8000::/1', '8000::1', true],
    ['-d ::6/128', '0:0:0:0:0:0:0:6', true],
  ])('of IPv6 addresses: %s for %s', (match, destination, yes) => {
    expect(matches(match, leaving({ family: 'ip6', source: '2001:db8::5', destination }), 'ip6')).toBe(yes);
  });
});

describe('ranges', () => {
  const small = fc
    .array(
      fc.tuple(fc.nat(30), fc.nat(6)).map(([first, length]) => ({ first, last: first + length })),
      { maxLength: 5 },
    )
    .map(union);
  const values = (ranges: ReturnType<typeof union>): readonly number[] =>
    Array.from({ length: 40 }, (_, value) => value).filter((value) => contains(ranges, value));

  property([small, small])('are sets of values', (one, other) => {
    const [a, b] = [values(one), values(other)];
    expect(values(intersect(one, other))).toEqual(a.filter((value) => b.includes(value)));
    expect(values(subtract(one, other))).toEqual(a.filter((value) => !b.includes(value)));
    expect(values(union([...one, ...other]))).toEqual([...new Set([...a, ...b])].sort((x, y) => x - y));
    expect(overlaps(one, other)).toBe(a.some((value) => b.includes(value)));
    expect(isWithin(one, other)).toBe(a.every((value) => b.includes(value)));
  });

  it('hold IPv6 addresses as well', () => {
    const all = { first: 0n, last: 2n ** 128n - 1n };
    expect(subtract([all], [{ first: 1n, last: 1n }])).toEqual([
      { first: 0n, last: 0n },
      { first: 2n, last: all.last },
    ]);
  });
});

describe('an address', () => {
  property([fc.ipV4()])('of IPv4 is a number of 32 bits, and the same when printed', (text) => {
    const value = addressValue(text, 'ip');
    expect(value).toBe(text.split('.').reduce((number, part) => number * 256 + Number(part), 0));
    expect(printAddress(value)).toBe(text);
  });

  property([fc.stringMatching(/^[0-9.]{5,15}$/)])('of IPv4 is read as it is in rules', (text) => {
    const known = parseNetwork(text);
    if (known === null) expect(() => addressValue(text, 'ip')).toThrow(RangeError);
    else expect(addressValue(text, 'ip')).toBe(networkRange(known).first);
  });

  property([fc.ipV6()])('of IPv6 is a bigint, and prints as iptables does', (text) => {
    const known = parseNetwork(text);
    if (known !== null) expect(printAddress(addressValue(text, 'ip6'))).toBe(known.address);
  });
});

describe('what DNAT and SNAT take', () => {
  const one = (text: string, family: 'ip' | 'ip6' = 'ip') => {
    const value = addressValue(text, family);
    return { first: value, last: value };
  };

  it.each([
    ['10.0.0.1', 'ip', { addresses: one('10.0.0.1'), ports: null }],
    ['10.0.0.1:80', 'ip', { addresses: one('10.0.0.1'), ports: { first: 80, last: 80 } }],
    [
      '10.0.0.1-10.0.0.9:80-90',
      'ip',
      { addresses: { first: one('10.0.0.1').first, last: one('10.0.0.9').last }, ports: { first: 80, last: 90 } },
    ],
    [':80', 'ip', { addresses: null, ports: { first: 80, last: 80 } }],
    ['fd00::1', 'ip6', { addresses: one('fd00::1', 'ip6'), ports: null }],
    ['[fd00::1]:80', 'ip6', { addresses: one('fd00::1', 'ip6'), ports: { first: 80, last: 80 } }],
    [
      '[fd00::1-fd00::2]:80',
      'ip6',
      { addresses: { first: one('fd00::1', 'ip6').first, last: one('fd00::2', 'ip6').last }, ports: { first: 80, last: 80 } },
    ],
    [':80', 'ip6', { addresses: null, ports: { first: 80, last: 80 } }],
    ['', 'ip', null],
    ['10.0.0.9-10.0.0.1', 'ip', null],
    ['10.0.0.1:99999', 'ip', null],
    ['fd00::1', 'ip', null],
    ['10.0.0.1', 'ip6', null],
  ] as const)('%s (%s)', (text, family, read) => {
    expect(parseTranslation(text, family)).toEqual(read);
  });
});
