/** `--iptables-trace-logging`: which rules have a copy that logs, release by release, as the real programs have them. */

import { describe, expect, it } from 'vitest';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { printSave } from '../../../src/netfilter/print.ts';

/** The prefix and the chain of each copy, with what the rule behind it does. */
function copies(release: string, args: readonly string[]): readonly string[] {
  const { ip } = planFromArguments([...args, '--iptables-trace-logging'], { release, nameservers: ['10.0.0.10'] });
  const lines = printSave(ip).split('\n');
  return lines.flatMap((line, at) => {
    const [, chain, prefix] = /^-A (\S+) .*-j NFLOG --nflog-prefix (\w+)/.exec(line) ?? [];
    return chain === undefined ? [] : [`${prefix} ${chain}: ${lines[at + 1]?.replace(/^-A \S+ /, '')}`];
  });
}

const CAPTURE = 'InboundCapture ISTIO_IN_REDIRECT: -p tcp -j REDIRECT --to-ports 15006';
const INBOUND = 'JumpInbound PREROUTING: -p tcp -j ISTIO_INBOUND';
const OUTBOUND = 'JumpOutbound OUTPUT: -p tcp -j ISTIO_OUTPUT';
const DNS = 'JumpOutbound OUTPUT: -p udp -j ISTIO_OUTPUT';
const SSH = 'ExcludeInboundPort ISTIO_INBOUND: -p tcp -m tcp --dport 22 -j RETURN';

describe('the copies that log', () => {
  it.each([
    ['1.12.0', ['-b', '*'], [INBOUND, OUTBOUND, SSH, CAPTURE]],
    ['1.12.9', ['-b', '*'], [INBOUND, OUTBOUND, SSH, CAPTURE]],
    ['1.13.0', ['-b', '*'], [INBOUND, OUTBOUND, CAPTURE]],
    ['1.22.8', ['-b', '*', '--redirect-dns'], [INBOUND, OUTBOUND, CAPTURE]],
    ['1.23.0', ['-b', '*', '--redirect-dns'], [DNS, INBOUND, OUTBOUND, DNS, CAPTURE]],
    ['1.24.6', ['-b', ''], [OUTBOUND, CAPTURE]],
    [
      '1.20.8',
      ['-b', '80'],
      [INBOUND, OUTBOUND, 'IncludeInboundPort ISTIO_INBOUND: -p tcp -m tcp --dport 80 -j ISTIO_IN_REDIRECT', CAPTURE],
    ],
    ['1.25.0', ['-b', '*'], []],
  ])('at %s of %j', (release, args, expected) => {
    expect(copies(release, args)).toEqual(expected);
  });

  it.each(['1.12.0', '1.18.7', '1.24.6'])('the catch-all of ISTIO_INBOUND has none at %s, in either mode', (release) => {
    for (const mode of ['REDIRECT', 'TPROXY'])
      expect(
        copies(release, ['-m', mode, '-b', '*']).filter((copy) =>
          /ISTIO_INBOUND: .*(ISTIO_IN_REDIRECT|ISTIO_TPROXY|ISTIO_DIVERT)$/.test(copy),
        ),
      ).toEqual([]);
  });
});
