/** The order of hooks and tables, and where the packet is between them. Measured on kernel 6.18 with iptables-nft 1.8.9: docs/semantics.md. */

import { describe, expect, it } from 'vitest';
import type { Family } from '../../../src/netfilter/family.ts';
import { BUILT_IN_CHAINS } from '../../../src/netfilter/rule.ts';
import { arriving, expectEnd, leaving, simulate, trail, visited } from '../tracing.ts';

/** A rule that only counts in every chain of every table, and one that needs conntrack. */
const EVERYWHERE: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(BUILT_IN_CHAINS).map(([table, chains]) => [
    table,
    [...chains.map((chain) => `-A ${chain} -p tcp`), ...(table === 'nat' ? ['-A NEVER -p tcp -j REDIRECT --to-ports 1'] : [])],
  ]),
);

describe('a packet from outside', () => {
  it('for this machine meets PREROUTING and INPUT', () => {
    const trace = expectEnd(simulate(EVERYWHERE), arriving(), 'local 10.0.0.5:80 plain');
    expect(visited(trace)).toEqual([
      'raw PREROUTING',
      'mangle PREROUTING',
      'nat PREROUTING',
      'mangle INPUT',
      'filter INPUT',
      'nat INPUT',
      'security INPUT',
    ]);
  });

  it('for another machine meets PREROUTING, FORWARD and POSTROUTING where packets are passed on', () => {
    const trace = expectEnd(simulate(EVERYWHERE, { forwarding: true }), arriving({ destination: '10.2.0.1' }), 'forwarded eth0');
    expect(visited(trace)).toEqual([
      'raw PREROUTING',
      'mangle PREROUTING',
      'nat PREROUTING',
      'mangle FORWARD',
      'filter FORWARD',
      'security FORWARD',
      'mangle POSTROUTING',
      'nat POSTROUTING',
    ]);
  });

  it('for another machine is dropped by routing where packets are not passed on', () => {
    const trace = expectEnd(simulate(EVERYWHERE), arriving({ destination: '10.2.0.1' }), 'dropped no-forwarding');
    expect(visited(trace).at(-1)).toBe('nat PREROUTING');
  });

  it('with a loopback address, or with our own as its source, is dropped by routing', () => {
    const simulator = simulate(EVERYWHERE);
    expect(visited(expectEnd(simulator, arriving({ destination: '127.0.0.1' }), 'dropped martian destination'))).toHaveLength(3);
    expectEnd(simulator, arriving({ source: '127.8.0.1' }), 'dropped martian source');
    expectEnd(simulator, arriving({ source: '10.1.0.5' }), 'dropped martian source');
    const six = { family: 'ip6', source: '2001:db8::9', destination: '2001:db8::5' } as const;
    const early = expectEnd(simulate(EVERYWHERE, {}, 'ip6'), arriving({ ...six, destination: '::1' }), 'dropped martian destination');
    expect(visited(early)).toEqual([]);
    expectEnd(simulate(EVERYWHERE, {}, 'ip6'), arriving({ ...six, source: '2001:db8::5' }), 'local 2001:db8::5:80 plain');
    expectEnd(simulate(EVERYWHERE, {}, 'ip6'), arriving(six), 'local 2001:db8::5:80 plain');
  });

  it('that nat sends to loopback is dropped by routing in IPv4, and is for another machine in IPv6', () => {
    const nat = (to: string): Readonly<Record<string, readonly string[]>> => ({
      nat: [`-A PREROUTING -p tcp -j DNAT --to-destination ${to}`],
    });
    expectEnd(simulate(nat('127.0.0.1:8080')), arriving(), 'dropped martian destination');
    const six = arriving({ family: 'ip6', source: '2001:db8::9', destination: '2001:db8::5' });
    expectEnd(simulate(nat('[::1]:8080'), {}, 'ip6'), six, 'dropped no-forwarding');
    expectEnd(simulate(nat('[::1]:8080'), { forwarding: true }, 'ip6'), six, 'forwarded eth0');
  });
});

describe('a packet made here', () => {
  it('meets OUTPUT and POSTROUTING on its way to another machine', () => {
    const trace = expectEnd(simulate(EVERYWHERE), leaving(), 'sent eth0');
    expect(visited(trace)).toEqual([
      'raw OUTPUT',
      'mangle OUTPUT',
      'nat OUTPUT',
      'filter OUTPUT',
      'security OUTPUT',
      'mangle POSTROUTING',
      'nat POSTROUTING',
    ]);
  });

  it.each([
    ['ip', '10.0.0.5'],
    ['ip', '127.0.0.1'],
    ['ip', '127.0.0.6'],
    ['ip6', '2001:db8::5'],
    ['ip6', '::1'],
    ['ip6', '::6'],
  ] as const)('comes back over lo where it goes to this machine, and meets nat no second time (%s %s)', (family: Family, address) => {
    const source = family === 'ip' ? '10.0.0.5' : '2001:db8::5';
    const packet = leaving({ family, source, destination: address });
    const trace = expectEnd(simulate(EVERYWHERE, {}, family), packet, `local ${address}:80 plain`);
    expect(visited(trace)).toEqual([
      'raw OUTPUT',
      'mangle OUTPUT',
      'nat OUTPUT',
      'filter OUTPUT',
      'security OUTPUT',
      'mangle POSTROUTING',
      'nat POSTROUTING',
      'lo',
      'raw PREROUTING',
      'mangle PREROUTING',
      'mangle INPUT',
      'filter INPUT',
      'security INPUT',
    ]);
    expect(trail(trace)).toContain('nat PREROUTING not asked: translated');
    expect(trail(trace)).toContain('nat INPUT not asked: translated');
  });

  it('has an owner until it comes back over lo, and none after', () => {
    const owned = ['-A PREROUTING -m owner --uid-owner 1000 -j DROP', '-A POSTROUTING -m owner ! --uid-owner 1000 -j DROP'];
    const simulator = simulate({ mangle: owned });
    expectEnd(simulator, leaving({ destination: '127.0.0.1' }), 'local 127.0.0.1:80 plain');
    const negated = simulate({ mangle: ['-A PREROUTING -m owner ! --uid-owner 1000 -j DROP'] });
    expectEnd(negated, leaving({ destination: '127.0.0.1' }), 'dropped mangle PREROUTING 1');
  });

  it('keeps its mark over lo', () => {
    const simulator = simulate({ mangle: ['-A OUTPUT -j MARK --set-mark 7', '-A PREROUTING -i lo -m mark --mark 7 -j DROP'] });
    expectEnd(simulator, leaving({ destination: '127.0.0.1' }), 'dropped mangle PREROUTING 1');
  });

  it('leaves by the interface it names, whatever the default', () => {
    expectEnd(simulate({ filter: [] }), leaving({ outInterface: 'eth1' }), 'sent eth1');
    expectEnd(simulate({ filter: ['-A OUTPUT -o eth1 -j DROP'] }), leaving({ outInterface: 'eth1' }), 'dropped filter OUTPUT 1');
  });

  it('has no way to another machine from a loopback source in IPv4', () => {
    expectEnd(simulate({ filter: [] }), leaving({ source: '127.0.0.1' }), 'dropped martian source');
    const away = simulate({ nat: ['-A OUTPUT -j DNAT --to-destination 10.9.9.9'], filter: ['-A OUTPUT -j DROP'] });
    expectEnd(away, leaving({ source: '127.0.0.1', destination: '127.0.0.1' }), 'dropped martian source');
    const either = leaving({ source: undefined, destination: '127.0.0.1' });
    expectEnd(away, either, '(source loopback? yes: dropped martian source, no: dropped filter OUTPUT 1)');
    expectEnd(away, leaving({ source: undefined }), 'dropped filter OUTPUT 1');
    const marked = simulate({ mangle: ['-A OUTPUT -j MARK --set-mark 5'] }, { localByMark: [{ family: 'ip', mark: 1 }] });
    expectEnd(marked, leaving({ source: '127.0.0.1', mark: 1 }), 'dropped martian source');
    expectEnd(simulate({ filter: [] }, {}, 'ip6'), leaving({ family: 'ip6', source: '::1', destination: '2001:db8::9' }), 'sent eth0');
  });

  it('has no incoming interface until it comes back, and no outgoing one after', () => {
    const simulator = simulate({ filter: ['-A OUTPUT -o lo -j ACCEPT', '-A INPUT -o lo -j DROP', '-A INPUT -i lo -j REJECT'] });
    expectEnd(simulator, leaving({ destination: '127.0.0.1' }), 'rejected icmp-port-unreachable filter INPUT 2');
    expectEnd(simulate({ filter: ['-A OUTPUT ! -i eth0 -j DROP'] }), leaving(), 'dropped filter OUTPUT 1');
  });
});

describe('conntrack', () => {
  it('sleeps until a rule needs it, and nat with it', () => {
    const asleep = simulate({ nat: ['-A PREROUTING -p tcp -j DROP'] });
    expect(trail(expectEnd(asleep, arriving(), 'local 10.0.0.5:80 plain'))).toContain('nat PREROUTING not asked: not-tracked');
    expect(trail(asleep.trace(leaving({ destination: '127.0.0.1' })))).toContain('nat PREROUTING not asked: not-tracked');
    const awake = simulate({ nat: ['-A PREROUTING -p tcp -j DROP'], filter: ['-A FORWARD -m conntrack --ctstate NEW'] });
    expectEnd(awake, arriving(), 'dropped nat PREROUTING 1');
  });

  it('has not seen a packet yet that the rules of raw are asked about', () => {
    const states = (table: string): Readonly<Record<string, readonly string[]>> => ({
      [table]: ['-A PREROUTING -m conntrack --ctstate NEW -j DROP', '-A PREROUTING -m conntrack --ctstate INVALID -j LOG'],
    });
    expectEnd(simulate(states('raw')), arriving(), 'local 10.0.0.5:80 plain');
    expectEnd(simulate(states('raw')), arriving({ state: 'INVALID' }), 'local 10.0.0.5:80 plain');
    const invalid = { raw: ['-A PREROUTING -m connmark ! --mark 7 -j DROP', '-A PREROUTING -m conntrack --ctstate INVALID -j DROP'] };
    expectEnd(simulate(invalid), arriving(), 'dropped raw PREROUTING 2');
    const template = { raw: ['-A PREROUTING -j CT --zone 1', '-A PREROUTING -m conntrack --ctstate NEW -m connmark --mark 0 -j DROP'] };
    expectEnd(simulate(template), arriving({ state: 'ESTABLISHED' }), 'dropped raw PREROUTING 2');
    expectEnd(simulate(states('mangle')), arriving(), 'dropped mangle PREROUTING 1');
  });
});
