/** Logs of the program before 1.0: a shell that traces its commands, and prints nothing behind the last. */

import { describe, expect, it } from 'vitest';
import { printedVariables } from '../../../src/istio/arguments/printed-variables.ts';
import { identify } from '../../../src/istio/found/identify.ts';
import { observeRules } from '../../../src/istio/found/observe-rules.ts';
import { readRules } from '../../../src/netfilter/read.ts';

interface Told {
  readonly uids?: string;
  readonly mode?: 'REDIRECT' | 'TPROXY';
  readonly ports?: string;
  readonly end?: readonly string[];
}

function logOf({ uids = '1337', mode = 'REDIRECT', ports = '*', end = ['-j ISTIO_REDIRECT'] }: Told): string {
  const users = uids.split(',').filter((id) => id !== '');
  const inbound = ports === '*' ? [''] : ports.split(',').flatMap((port) => (port === '' ? [] : [` --dport ${port}`]));
  const commands =
    mode === 'REDIRECT'
      ? [
          'nat -N ISTIO_INBOUND',
          'nat -A PREROUTING -p tcp -j ISTIO_INBOUND',
          ...inbound.map((port) => `nat -A ISTIO_INBOUND -p tcp${port} -j ISTIO_REDIRECT`),
        ]
      : [
          'mangle -N ISTIO_DIVERT',
          'mangle -A ISTIO_DIVERT -j MARK --set-mark 1337',
          'mangle -A ISTIO_DIVERT -j ACCEPT',
          'mangle -N ISTIO_TPROXY',
          "mangle -A ISTIO_TPROXY '!' -d 127.0.0.1/32 -p tcp -j TPROXY --tproxy-mark 1337/0xffffffff --on-port 15001",
          'mangle -N ISTIO_INBOUND',
          'mangle -A PREROUTING -p tcp -j ISTIO_INBOUND',
          ...inbound.flatMap((port) => [
            `mangle -A ISTIO_INBOUND -p tcp${port} -m socket -j ISTIO_DIVERT`,
            `mangle -A ISTIO_INBOUND -p tcp${port} -j ISTIO_TPROXY`,
          ]),
        ];
  return [
    'Variables:',
    '----------',
    'PROXY_PORT=15001',
    `PROXY_UID=${uids}`,
    `INBOUND_INTERCEPTION_MODE=${mode}`,
    `INBOUND_PORTS_INCLUDE=${ports}`,
    'OUTBOUND_IP_RANGES_INCLUDE=*',
    '',
    ...[
      'nat -N ISTIO_REDIRECT',
      'nat -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-port 15001',
      ...commands,
      'nat -N ISTIO_OUTPUT',
      'nat -A OUTPUT -p tcp -j ISTIO_OUTPUT',
      "nat -A ISTIO_OUTPUT -o lo '!' -d 127.0.0.1/32 -j ISTIO_REDIRECT",
      ...users.flatMap((id) => ['uid', 'gid'].map((kind) => `nat -A ISTIO_OUTPUT -m owner --${kind}-owner ${id} -j RETURN`)),
      'nat -A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN',
      ...end.map((rule) => `nat -A ISTIO_OUTPUT ${rule}`),
    ].map((command) => `+ iptables -t ${command}`),
    '',
  ].join('\n');
}

const found = (text: string) => {
  const variables = printedVariables(text);
  return identify({ ...observeRules(readRules(text)), ...(variables && { variables }) });
};

describe('a log of the program before 1.0', () => {
  it.each<Told>([
    {},
    { uids: '1337,0' },
    { uids: '1337,0', mode: 'TPROXY', ports: '8080,' },
    { uids: '1000,1337,0', mode: 'TPROXY' },
    { ports: '80,8080' },
    { end: ['-d 10.0.0.0/8 -j ISTIO_REDIRECT', '-j RETURN'] },
  ])('of %j is told as older, its users as it says', (told) => {
    const { outcome, beforeKnown, answers } = found(logOf(told));
    expect([outcome, beforeKnown]).toEqual(['nearest', true]);
    const users = (told.uids ?? '1337').split(',').map((id) => ({ first: Number(id), last: Number(id) }));
    expect(answers[0]?.plan.settings['proxy.uids'].value).toEqual(users);
    expect(answers[0]?.plan.settings['proxy.gids'].value).toEqual(users);
  });

  it.each<Told>([{}, { uids: '1337,0', mode: 'TPROXY', ports: '8080,' }])('of %j that breaks off anywhere is not known', (told) => {
    const lines = logOf(told).trimEnd().split('\n');
    const first = lines.findIndex((line) => line.startsWith('+'));
    for (let end = first + 1; end < lines.length; end += 1)
      expect([end, found(`${lines.slice(0, end).join('\n')}\n`).outcome]).toEqual([end, 'unknown']);
  });

  it('whose chain ISTIO_IN_REDIRECT is one of a later program, whose commands go on', () => {
    const later = logOf({}).replace('+ iptables -t nat -N ISTIO_OUTPUT', '+ iptables -t nat -N ISTIO_IN_REDIRECT\n$&');
    expect(found(later)).toMatchObject({ outcome: 'unknown', beforeKnown: false });
  });
});
