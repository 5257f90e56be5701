import { describe, expect, it } from 'vitest';
import { routingIn } from '../../../src/istio/found/routing-commands.ts';

/** `ip 1337 133`: family, mark and table of rules; `ip 133` of routes. */
function shown(text: string) {
  const found = routingIn(text);
  return (
    found && [
      ...found.rules.map(({ family, mark, table }) => [family, mark, table]),
      ...found.routes.map(({ family, table }) => [family, table]),
    ]
  );
}

describe('the policy routing that a text shows', () => {
  it.each([
    [
      'the log of istio-iptables',
      'ip -f inet rule add fwmark 1337 lookup 133\nip -f inet route add local default dev lo table 133',
      [
        ['ip', 1337, 133],
        ['ip', 133],
      ],
    ],
    ['the same of IPv6', 'ip -f inet6 rule add fwmark 1337 lookup 133', [['ip6', 1337, 133]]],
    ['a shell trace', '+ ip -f inet rule add fwmark 1337 lookup 133', [['ip', 1337, 133]]],
    [
      'a log with a time in front',
      '2021-02-01T10:00:00Z\tinfo\tRunning command: ip -4 rule add fwmark 1337 lookup 133',
      [['ip', 1337, 133]],
    ],
    [
      'commands of ours',
      'ip -6 rule add fwmark 1338 lookup 134\nip -6 route add local default dev lo table 134',
      [
        ['ip6', 1338, 134],
        ['ip6', 134],
      ],
    ],
    ['a mark in hex with a mask, and a preference', 'ip rule add pref 32764 fwmark 0x111/0xfff lookup 100', [['ip', 0x111, 100]]],
    ['the older word', 'ip rule add fwmark 1337 table 133', [['ip', 1337, 133]]],
    ['a default route in numbers', 'ip route add local 0.0.0.0/0 dev lo table 133', [['ip', 133]]],
    [
      'what ip rule lists',
      '0:\tfrom all lookup local\n32765:\tfrom all fwmark 0x539 lookup 133\n32766:\tfrom all lookup main',
      [['ip', 1337, 133]],
    ],
    ['what ip route show table all lists', 'local default dev lo table 133 scope host\ndefault via 10.0.0.1 dev eth0', [['ip', 133]]],
    ['none in rules', '-A PREROUTING -m mark --mark 1337 -j ACCEPT', undefined],
    ['none in a rule without a mark', 'ip rule add from 10.0.0.0/8 lookup 133', undefined],
    ['none in what is removed', 'ip -f inet rule del fwmark 1337 lookup 133', undefined],
    ['none in a route by another interface', 'ip route add local default dev eth0 table 133', undefined],
  ])('%s', (_, text, expected) => {
    expect(shown(text)).toEqual(expected);
  });
});
