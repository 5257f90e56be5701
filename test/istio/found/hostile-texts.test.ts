/** Texts that somebody wrote so that rules look like those of a default pod, and capture less: none of them is an all-clear. */

import { describe, expect, it } from 'vitest';
import { findingsIn, isFailing } from '../../../src/istio/advice/findings.ts';
import { judgementOf } from '../../../src/istio/found/doubts.ts';
import { identify } from '../../../src/istio/found/identify.ts';
import { podNetworkOfRules, traceIn, verdictIn } from '../../../src/istio/packets/pod-network.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import type { Observation } from '../../../src/netfilter/observation.ts';
import { compareObservations, observeAll, observeText } from '../../../src/netfilter/observation.ts';
import { firstPacket } from '../../../src/netfilter/packet.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { readRules } from '../../../src/netfilter/read.ts';

const PLAN = planFromArguments(['-i', '*', '-b', '*', '-u', '1337', '-d', '15090,15021,15020'], { release: '1.24.0' });
const SAVE = printSave(PLAN.ip);
const OUT = '-A OUTPUT -p tcp -j ISTIO_OUTPUT';
const IN = '-A PREROUTING -p tcp -j ISTIO_INBOUND';

const inFront = (rule: string): string => SAVE.replace(OUT, `${rule}\n${OUT}`);
const instead = (rule: string): string => SAVE.replace(OUT, rule);
const without = (text: string): string => text.replace(`${OUT}\n`, '').replace(`${IN}\n`, '');
const list = (text: string): string => JSON.stringify(text.split('\n'));

/** With the rule in each, an application's calls go past the proxy, or may do so. */
const HOSTILE: readonly (readonly [what: string, text: string])[] = [
  ['a second table nat without the jumps', SAVE + without(SAVE)],
  ['the jumps as comments', SAVE.replace(OUT, `# ${OUT}`).replace(IN, `#${IN}`)],
  ['the jumps as lines that a patch removes', SAVE.replace(OUT, `-${OUT}`).replace(IN, `-${IN}`)],
  ['the jumps struck through in Markdown', SAVE.replace(OUT, `~~${OUT}~~`).replace(IN, `~~${IN}~~`)],
  ['a jump that breaks off', SAVE.replace(OUT, '-A OUTPUT -p tcp -j')],
  ['a save that breaks off in the chain', SAVE.slice(0, SAVE.indexOf('-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN'))],
  ['a chain of another alphabet', SAVE.replace(OUT, OUT.replace('ISTIO', '\u0406STIO'))],
  ['ACCEPT in front', inFront('-A OUTPUT -j ACCEPT')],
  ['ACCEPT for one user in front', inFront('-A OUTPUT -p tcp -m owner --uid-owner 1000 -j ACCEPT')],
  ['ACCEPT at some time of the day', inFront('-A OUTPUT -m time --timestart 00:00:00 --timestop 23:59:59 -j ACCEPT')],
  ['ACCEPT by chance', inFront('-A OUTPUT -m statistic --mode random --probability 0.5 -j ACCEPT')],
  ['ACCEPT by a set', inFront('-A OUTPUT -m set --match-set all dst -j ACCEPT')],
  ['ACCEPT by a program', inFront('-A OUTPUT -m bpf --bytecode "1,6 0 0 65535" -j ACCEPT')],
  ['a goto that does not come back', inFront('-A OUTPUT -g X').replace('COMMIT', '-A X -j ACCEPT\nCOMMIT')],
  ['an insert behind the rules', SAVE.replace(OUT, `${OUT}\n-I OUTPUT 1 -j ACCEPT`)],
  ['no connection tracking', `*raw\n-A OUTPUT -p tcp -j CT --notrack\nCOMMIT\n${SAVE}`],
  ['the jump for anything but TCP', instead('-A OUTPUT ! -p tcp -j ISTIO_OUTPUT')],
  ['the jump for what is marked', instead('-A OUTPUT -p tcp -m mark ! --mark 0x0 -j ISTIO_OUTPUT')],
  ['the jump now and then', instead('-A OUTPUT -p tcp -m limit --limit 1/hour -j ISTIO_OUTPUT')],
  ['the jump for what is established', instead('-A OUTPUT -p tcp -m conntrack --ctstate ESTABLISHED -j ISTIO_OUTPUT')],
  ['the jump for anything but SYN', instead('-A OUTPUT -p tcp -m tcp ! --syn -j ISTIO_OUTPUT')],
  ['the jump for another interface', instead('-A OUTPUT -o eth9 -p tcp -j ISTIO_OUTPUT')],
  ['RETURN first of all', SAVE.replace('-A ISTIO_OUTPUT', '-A ISTIO_OUTPUT -j RETURN\n-A ISTIO_OUTPUT')],
  ['ACCEPT before the redirection', SAVE.replace('-A ISTIO_REDIRECT', '-A ISTIO_REDIRECT -p tcp -j ACCEPT\n-A ISTIO_REDIRECT')],
  ['all users for the proxy', SAVE.replaceAll('--uid-owner 1337', '--uid-owner 0-65535')],
  ['all groups for the proxy', SAVE.replaceAll('--gid-owner 1337', '--gid-owner 0-4294967294')],
  ['all ports left alone', SAVE.replace('-A ISTIO_OUTPUT', '-A ISTIO_OUTPUT -p tcp -m tcp --dport 1:65535 -j RETURN\n-A ISTIO_OUTPUT')],
  [
    'all addresses left alone, in halves',
    SAVE.replace(
      '-A ISTIO_OUTPUT -j ISTIO_REDIRECT',
      '-A ISTIO_OUTPUT -d 0.0.0.0/1 -j RETURN\n-A ISTIO_OUTPUT -d 128.0.0.0/1 -j RETURN\n-A ISTIO_OUTPUT -j ISTIO_REDIRECT',
    ),
  ],
  [
    'a result that holds the rules before and after',
    `{"before": {"stdout_lines": ${list(SAVE)}}, "after": {"stdout_lines": ${list(without(SAVE))}}}`,
  ],
  ['the commands, and their removal', `${commands()}iptables -t nat -D OUTPUT -p tcp -j ISTIO_OUTPUT\n`],
];

function commands(): string {
  return SAVE.split('\n')
    .flatMap((line) => {
      const [, chain] = /^:(ISTIO_\S+)/.exec(line) ?? [];
      if (chain !== undefined) return [`iptables -t nat -N ${chain}\n`];
      return line.startsWith('-A') ? [`iptables -t nat ${line}\n`] : [];
    })
    .join('');
}

/** What check comes to, without its words. */
function judged(seen: Observation): string {
  const found = identify(seen);
  const [answer] = found.answers;
  const differs = compareObservations(seen, observeAll(answer?.plan ?? PLAN)).differences.length > 0;
  const findings = findingsIn({ seen, ...(answer && { made: answer.plan }) });
  return judgementOf({ unseen: seen.unseen, differs, inferred: true, hasFailures: findings.some(isFailing) });
}

function called(seen: Observation): string {
  const network = podNetworkOfRules(seen, identify(seen).answers[0]?.plan ?? PLAN);
  const { pod } = network;
  const packet = firstPacket({ family: 'ip', origin: 'local', protocol: 'tcp', destination: '10.9.0.5', destinationPort: 80, ...pod.app });
  return verdictIn(network, traceIn(network, packet)).id;
}

const observe = (text: string): Observation => observeText(readRules(text));

describe('rules that look like those of a default pod, and are not', () => {
  it('the ordinary ones are right, and capture', () => {
    expect(judged(observe(SAVE))).toBe('right');
    expect(called(observe(SAVE))).toBe('envoy-outbound');
    expect(judged(observe(commands()))).toBe('right');
  });

  it.each(HOSTILE)('%s: no all-clear', (_, text) => {
    const seen = observe(text);
    expect(judged(seen)).not.toBe('right');
    expect(called(seen)).not.toBe('envoy-outbound');
  });
});
