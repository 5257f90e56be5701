/** Translation: what REDIRECT, DNAT and SNAT make of a packet, and when nobody asks them. */

import { describe, expect, it } from 'vitest';
import { parseTranslation } from '../../../src/netfilter/trace/translation.ts';
import { arriving, endText, expectEnd, leaving, simulate, trail } from '../tracing.ts';

describe('REDIRECT', () => {
  const both = { nat: ['-A PREROUTING -p tcp -j REDIRECT --to-ports 15006', '-A OUTPUT -p tcp -j REDIRECT --to-ports 15001'] };

  it('in OUTPUT sends to loopback, and the packet comes in over lo', () => {
    const trace = expectEnd(simulate(both), leaving(), 'local 127.0.0.1:15001 redirect');
    expect(trail(trace)).toContain(
      'matched nat OUTPUT 1: -p tcp -j REDIRECT --to-ports 15001 {destination 10.9.9.9 > 127.0.0.1} {destinationPort 80 > 15001}',
    );
    expect(trail(trace)).toContain('routing again: local by address, out=lo');
    const six = { family: 'ip6', source: '2001:db8::5', destination: '2001:db8::9' } as const;
    expectEnd(simulate(both, {}, 'ip6'), leaving(six), 'local ::1:15001 redirect');
  });

  it('in PREROUTING sends to the first address of the interface that the packet arrived at', () => {
    expectEnd(simulate(both), arriving(), 'local 10.0.0.5:15006 redirect');
    expectEnd(simulate(both), arriving({ destination: '10.0.0.6' }), 'local 10.0.0.5:15006 redirect');
    expectEnd(simulate(both), arriving({ destination: '10.2.0.1', inInterface: 'eth1' }), 'local 10.1.0.5:15006 redirect');
  });

  it('in PREROUTING of IPv6 sends to a link-local address only what was sent to one', () => {
    const six = { family: 'ip6', source: '2001:db8::9', destination: '2001:db8::6' } as const;
    expectEnd(simulate(both, {}, 'ip6'), arriving(six), 'local 2001:db8::5:15006 redirect');
    expectEnd(simulate(both, {}, 'ip6'), arriving({ ...six, destination: 'fe80::1' }), 'local fe80::5:15006 redirect');
  });

  it('drops what arrives at an interface without an address of the family', () => {
    const simulator = simulate({ nat: both.nat.slice(0, 1) }, { interfaces: [{ name: 'eth0', addresses: ['2001:db8::5'] }] });
    expectEnd(simulator, arriving(), 'dropped no-address nat PREROUTING 1');
  });

  it('without ports keeps the port', () => {
    expectEnd(simulate({ nat: ['-A OUTPUT -p tcp -j REDIRECT'] }), leaving(), 'local 127.0.0.1:80 redirect');
  });

  it('with a range of ports keeps a port within, and otherwise nobody can foretell which it takes', () => {
    const simulator = simulate({ nat: ['-A OUTPUT -p tcp -j REDIRECT --to-ports 8000-8010'] });
    expectEnd(simulator, leaving({ destinationPort: 8005 }), 'local 127.0.0.1:8005 redirect');
    expectEnd(simulator, leaving(), 'local 127.0.0.1:? redirect');
    const filtered = simulate({
      nat: ['-A OUTPUT -p tcp -j REDIRECT --to-ports 8000-8010'],
      filter: ['-A INPUT -p tcp -m tcp --dport 8080 -j DROP', '-A INPUT -p tcp -m tcp --dport 8000:8003 -j DROP'],
    });
    expectEnd(filtered, leaving(), '(destinationPort? yes: dropped filter INPUT 2, no: local 127.0.0.1:? redirect)');
  });

  it('is final for nat, and no verdict for the other tables', () => {
    const simulator = simulate({ nat: [...both.nat, '-A OUTPUT -j ACCEPT'], filter: ['-A OUTPUT -p tcp -m tcp --dport 15001 -j DROP'] });
    expectEnd(simulator, leaving(), 'dropped filter OUTPUT 1');
  });
});

describe('after a new destination', () => {
  it('the chains of OUTPUT still see the interface of the first route, those of POSTROUTING the new one', () => {
    const nat = ['-A OUTPUT -p tcp -j REDIRECT --to-ports 15001'];
    expectEnd(simulate({ nat, filter: ['-A OUTPUT -o lo -j DROP'] }), leaving(), 'local 127.0.0.1:15001 redirect');
    expectEnd(simulate({ nat, filter: ['-A OUTPUT -o eth0 -j DROP'] }), leaving(), 'dropped filter OUTPUT 1');
    expectEnd(simulate({ nat, mangle: ['-A POSTROUTING -o lo -j DROP'] }), leaving(), 'dropped mangle POSTROUTING 1');
  });

  it('the route is looked for again, and not where only the port is new', () => {
    const route = (to: string): readonly string[] =>
      trail(simulate({ nat: [`-A OUTPUT -p tcp -j DNAT --to-destination ${to}`] }).trace(leaving())).filter((line) =>
        line.startsWith('routing'),
      );
    expect(route('10.9.9.9:81')).toHaveLength(1);
    expect(route('10.9.9.8')).toEqual(['routing: out by address, out=eth0', 'routing again: out by address, out=eth0']);
  });
});

describe('DNAT', () => {
  const to = (text: string, family: 'ip' | 'ip6' = 'ip') =>
    simulate({ nat: [`-A OUTPUT -p tcp -j DNAT --to-destination ${text}`] }, {}, family);

  it('sends here', () => {
    expectEnd(to('127.0.0.1:15053'), leaving(), 'local 127.0.0.1:15053 dnat');
    expectEnd(to('10.0.0.6'), leaving(), 'local 10.0.0.6:80 dnat');
    expectEnd(to(':8080'), leaving({ destination: '127.0.0.1' }), 'local 127.0.0.1:8080 dnat');
  });

  it('sends elsewhere', () => {
    const trace = expectEnd(to('10.7.7.7:81'), leaving(), 'sent eth0');
    expect(trace.final).toMatchObject({ destination: '10.7.7.7', destinationPort: 81, source: '10.0.0.5' });
    const arrived = simulate({ nat: ['-A PREROUTING -p tcp -j DNAT --to-destination 10.7.7.7'] }, { forwarding: true });
    expectEnd(arrived, arriving(), 'forwarded eth0');
  });

  // Measured on Linux 6.1 with eleven listeners: the base goes to the first port, and both ends of the ports go around.
  it.each([
    [78, 15008],
    [79, 15000],
    [80, 15001],
    [82, 15003],
    [89, 15010],
    [90, 15000],
    [91, 15001],
    [101, 15000],
    [15005, 15010],
    [65535, 15006],
    [1, 15008],
  ])('with a base port sends port %i to %i of its range', (from, port) => {
    expectEnd(to('10.0.0.6:15000-15010/79'), leaving({ destinationPort: from }), `local 10.0.0.6:${port} dnat`);
  });

  it('with a base port takes a range that has one, IPv6 too, and nothing else behind a slash', () => {
    const six = { family: 'ip6', source: '2001:db8::5', destination: '2001:db8::9' } as const;
    expectEnd(to('[::1]:8000-8009/80', 'ip6'), leaving(six), 'local ::1:8000 dnat');
    for (const bad of ['10.0.0.6/24', '10.0.0.6:80/80', '10.0.0.6:8000-8009/70000']) expect(parseTranslation(bad, 'ip'), bad).toBeNull();
  });

  it('gives no port to a packet without ports', () => {
    expectEnd(to('10.0.0.6:80'), leaving(), 'local 10.0.0.6:80 dnat');
    const any = simulate({ nat: ['-A OUTPUT -j DNAT --to-destination 10.0.0.6:80'] });
    expectEnd(any, leaving({ protocol: 'icmp' }), 'local 10.0.0.6:? dnat');
  });

  it('takes IPv6 addresses, in brackets where a port follows', () => {
    const six = { family: 'ip6', source: '2001:db8::5', destination: '2001:db8::9' } as const;
    expectEnd(to('[::1]:15053', 'ip6'), leaving(six), 'local ::1:15053 dnat');
    expectEnd(to('::6', 'ip6'), leaving(six), 'local ::6:80 dnat');
    expectEnd(to('[2001:db8::5]', 'ip6'), leaving(six), 'local 2001:db8::5:80 dnat');
  });

  it('to one of several addresses is known only where the destination is among them', () => {
    const ranged = to('10.9.9.0-10.9.9.9');
    expect(ranged.trace(leaving()).final).toMatchObject({ destination: '10.9.9.9' });
    expect(ranged.trace(leaving({ destination: '10.8.8.8' })).final).toMatchObject({ destination: undefined });
    const mixed = to('10.0.0.5-10.0.0.9');
    expectEnd(mixed, leaving(), '(destination local? yes: local ?:80 dnat, no: sent eth0)');
  });

  it("to what can't be read is not understood", () => {
    expect(endText(to('1-2-3').trace(leaving()).end)).toMatch(/^\(target\? continue: sent eth0, accept: sent eth0, drop: /);
  });
});

describe('SNAT', () => {
  it('gives another source as the packet leaves', () => {
    const simulator = simulate({ nat: ['-A POSTROUTING -p tcp -j SNAT --to-source 10.1.0.5:999'] });
    expect(expectEnd(simulator, leaving(), 'sent eth0').final).toMatchObject({ source: '10.1.0.5', sourcePort: 999 });
  });

  it('in INPUT gives one to what arrives, after filter has seen the first', () => {
    const lines = {
      nat: ['-A INPUT -j SNAT --to-source 10.1.0.9'],
      filter: ['-A INPUT -s 10.1.0.9 -j DROP'],
      security: ['-A INPUT -s 10.1.0.9 -j DROP'],
    };
    expectEnd(simulate(lines), arriving(), 'dropped security INPUT 1');
  });

  it('MASQUERADE takes the address of the interface', () => {
    const simulator = simulate({ nat: ['-A POSTROUTING -o eth0 -j MASQUERADE'] });
    expect(simulator.trace(leaving({ source: '10.3.3.3' })).final).toMatchObject({ source: '10.0.0.5' });
  });

  it.each([
    ['', 40_000, 40_000],
    ['--to-ports 999', 40_000, 999],
    ['--to-ports 1000-50000', 40_000, 40_000],
    ['--to-ports 1000-2000', 40_000, undefined],
    ['--to-ports 1000-50000 --random', 40_000, undefined],
    ['--random-fully', 40_000, undefined],
    ['--random', 80, undefined],
    ['-m comment --comment random', 40_000, 40_000],
  ])('MASQUERADE %s leaves of the port %i: %s', (words, sourcePort, left) => {
    const [, comment = ''] = /^(-m .*)$/.exec(words) ?? [];
    const simulator = simulate({ nat: [`-A POSTROUTING -p tcp ${comment} -j MASQUERADE ${comment === '' ? words : ''}`.trim()] });
    expect(simulator.trace(leaving({ sourcePort })).final?.sourcePort).toBe(left);
  });
});

describe('nat is asked for the first packet of a flow only', () => {
  const redirected = { nat: ['-A PREROUTING -p tcp -j REDIRECT --to-ports 15006', '-A OUTPUT -p tcp -j REDIRECT --to-ports 15001'] };

  it('RELATED opens a flow, unless it is an ICMP error', () => {
    expectEnd(simulate(redirected), arriving({ state: 'RELATED' }), 'local 10.0.0.5:15006 redirect');
    const icmp = simulate({ nat: ['-A PREROUTING -j REDIRECT'], filter: ['-A INPUT -j DROP'] });
    expect(trail(icmp.trace(arriving({ state: 'RELATED', protocol: 'icmp' })))).toContain('nat PREROUTING not asked: translated');
  });

  it.each(['INVALID', 'UNTRACKED'] as const)('%s packets have no flow to translate', (state) => {
    expect(trail(expectEnd(simulate(redirected), arriving({ state }), 'local 10.0.0.5:80 plain'))).toContain(
      'nat PREROUTING not asked: not-tracked',
    );
  });

  it('a rule of raw can keep a packet from conntrack', () => {
    const simulator = simulate({ ...redirected, raw: ['-A PREROUTING -s 10.9.9.9 -j CT --notrack', '-A OUTPUT -j NOTRACK'] });
    expectEnd(simulator, arriving(), 'local 10.0.0.5:80 plain');
    expectEnd(simulator, leaving(), 'sent eth0');
    expectEnd(simulator, arriving({ source: '10.9.9.8' }), 'local 10.0.0.5:15006 redirect');
  });

  it('what a rule leaves alone in OUTPUT stays so in PREROUTING, when it comes back over lo', () => {
    const simulator = simulate({ nat: ['-A PREROUTING -p tcp -j REDIRECT --to-ports 15006', '-A OUTPUT -p tcp -j RETURN'] });
    expectEnd(simulator, leaving({ destination: '10.0.0.5' }), 'local 10.0.0.5:80 plain');
  });

  it('an established packet goes where the first one was sent', () => {
    const trace = expectEnd(simulate(redirected), arriving({ state: 'ESTABLISHED' }), 'local 10.0.0.5:15006 redirect');
    expect(trail(trace)).toEqual([
      'conntrack ESTABLISHED original zone 0',
      'nat PREROUTING not asked: translated',
      'PREROUTING {destinationPort 80 > 15006}',
      'routing: local by address, out=null',
      'local 10.0.0.5:15006 redirect',
    ]);
  });

  it('an established packet of a flow that these rules would drop is older than they are', () => {
    const lines = ['-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT', '-A INPUT -j DROP'];
    const simulator = simulate({ filter: lines });
    expectEnd(simulator, arriving({ state: 'ESTABLISHED' }), 'local 10.0.0.5:80 plain');
    expectEnd(simulator, arriving(), 'dropped filter INPUT 2');
  });
});

describe('the states SNAT and DNAT', () => {
  it('tell of a flow whose addresses or ports became others', () => {
    const nat = ['-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080', '-A PREROUTING -p tcp -j REDIRECT --to-ports 81'];
    const translated = simulate({ nat, filter: ['-A INPUT -m conntrack --ctstate DNAT -j DROP'] });
    expectEnd(translated, arriving(), 'dropped filter INPUT 1');
    expectEnd(translated, arriving({ destinationPort: 81 }), 'local 10.0.0.5:81 redirect');
    const later = simulate({ nat, filter: ['-A INPUT -m conntrack --ctstate ESTABLISHED -m conntrack --ctstate DNAT -j DROP'] });
    expectEnd(later, arriving(), 'local 10.0.0.5:8080 redirect');
    expectEnd(later, arriving({ state: 'ESTABLISHED' }), 'dropped filter INPUT 1');
    const left = simulate({
      nat: ['-A POSTROUTING -j SNAT --to-source 10.1.0.5'],
      mangle: ['-A PREROUTING -m conntrack --ctstate SNAT -j DROP'],
    });
    expectEnd(left, leaving({ destination: '127.0.0.1' }), 'dropped mangle PREROUTING 1');
  });
});
