/** A rule that could not be read is neither there nor missing: no answer that rests on it is definite. */

import { describe, expect, it } from 'vitest';
import { judgementOf, unreadRules } from '../../../src/istio/found/doubts.ts';
import { identify } from '../../../src/istio/found/identify.ts';
import { isSidecarChain } from '../../../src/istio/found/ownership/chain-names.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { compareBehavior } from '../../../src/istio/packets/behavior.ts';
import { podNetworkOfRules, traceIn, verdictIn } from '../../../src/istio/packets/pod-network.ts';
import { FAMILIES } from '../../../src/netfilter/family.ts';
import { compareObservations, observeText } from '../../../src/netfilter/observation.ts';
import { firstPacket } from '../../../src/netfilter/packet.ts';
import { readRules } from '../../../src/netfilter/read.ts';
import { isDoubt } from '../../../src/netfilter/unseen.ts';
import { GOLDEN_TEXTS, terminalOf } from '../../golden-texts.ts';
import { played, rounds } from '../../trials.ts';

const plan = planFromSettings({});
const observe = (text: string) => observeText(readRules(text));

/** What is done to a line so that it can't be read. */
const DAMAGE = [
  (line: string): string => `${line} --frobnicate "`,
  (line: string): string => line.replace(' -j ', ' --dport 99999 -p tcp -j '),
  (line: string): string => line.replace(/ -[jg] \S+/, ' -j'),
];

function damaged(text: string, at: number, how: number): string {
  return text
    .split('\n')
    .map((line, index) => (index === at ? (DAMAGE[how % DAMAGE.length] as (typeof DAMAGE)[0])(line) : line))
    .join('\n');
}

const TEXTS = GOLDEN_TEXTS.map((golden) => {
  const text = terminalOf(golden);
  return { name: golden.name, text, rules: text.split('\n').flatMap((line, index) => (line.startsWith('-A ') ? [index] : [])) };
});

const DIFFERS_AND_AMISS = [
  [true, true],
  [false, true],
  [true, false],
  [false, false],
] as const;

it('each rule of each golden set, made unreadable, leaves no definite answer about the rules', () => {
  let tried = 0;
  for (const { name, text, rules } of played(TEXTS)) {
    const whole = observe(text);
    for (const at of rules) {
      const seen = observe(damaged(text, at, at));
      const where = `${name}, line ${at + 1}`;
      tried += 1;
      expect(unreadRules(seen).length, where).toBeGreaterThan(0);
      for (const [differs, amiss] of DIFFERS_AND_AMISS)
        expect(judgementOf({ unseen: seen.unseen, differs, inferred: true, hasFailures: amiss }), where).toBe('unknown');
      // The rest costs more: each set has some of its rules tried so.
      if (tried % 9 !== 0) continue;
      const { differences, notCompared } = compareObservations(whole, seen);
      // What stands in a line that was not read is not missing, and nothing is known to be the same.
      expect(differences, where).toEqual([]);
      expect(notCompared.some(isDoubt), where).toBe(true);
      for (const family of FAMILIES) {
        if (!unreadRules(seen).some((one) => one.family === family)) continue;
        const network = podNetworkOfRules(seen, plan);
        const destination = family === 'ip' ? '10.9.0.5' : '2001:db8::5';
        const packet = firstPacket({ family, origin: 'local', protocol: 'tcp', destination, destinationPort: 80 });
        expect(verdictIn(network, traceIn(network, packet)).id, where).toBe('unknown');
      }
    }
  }
  expect(tried).toBeGreaterThan(rounds(4000));
});

it('a rule of each golden set, made unreadable, leaves nobody who is known to have made them, and no packets that are known to go the same way', () => {
  for (const [number, { name, text, rules }] of TEXTS.entries()) {
    const at = rules[number % rules.length];
    if (at === undefined || number % 8 !== 0) continue;
    const seen = observe(damaged(text, at, number));
    const found = identify(seen);
    expect(found.outcome, name).toBe('unknown');
    if (number % 80 !== 0) continue;
    const network = podNetworkOfRules(seen, plan);
    expect(compareBehavior(network, network).answer, name).toBe('unknown');
  }
});

describe('what stands inside a comment is never a rule', () => {
  const FORGED = '-A OUTPUT -p tcp -j ISTIO_OUTPUT';
  const chain = (line: string): string => `*nat\n:OUTPUT ACCEPT [0:0]\n:CNI-X - [0:0]\n${line}\nCOMMIT\n`;

  it.each([
    ['a save', chain(`-A CNI-X -m comment --comment "\n${FORGED}\n" -j RETURN`)],
    ['a save with counters', chain(`[1:2] -A CNI-X -m comment --comment "a\n[0:0] ${FORGED}\n" -j RETURN`)],
    ['a quote in it', chain(`-A CNI-X -m comment --comment "\\"\n${FORGED}\n\\"\n${FORGED}\n" -j RETURN`)],
    ['a declaration', chain(`-A CNI-X -m comment --comment "\n:ISTIO_OUTPUT - [0:0]\n" -j RETURN`)],
    ['the end of the table', chain(`-A CNI-X -m comment --comment "\nCOMMIT\n*nat\n:OUTPUT ACCEPT [0:0]\n${FORGED}\n" -j RETURN`)],
    ['the prefix of a log', chain(`-A CNI-X -j LOG --log-prefix "\n${FORGED}\n"`)],
    ['iptables -S', `-P OUTPUT ACCEPT\n-N CNI-X\n-A CNI-X -m comment --comment "\n${FORGED}\n" -j RETURN\n`],
    ['a command', `iptables -t nat -N CNI-X\niptables -t nat -A CNI-X -m comment --comment "\n${FORGED}\n" -j RETURN\n`],
    [
      'a listing',
      `Chain OUTPUT (policy ACCEPT)\ntarget     prot opt source               destination\n\nChain CNI-X (0 references)\ntarget     prot opt source               destination\nRETURN     all  --  anywhere             anywhere             /* x\nISTIO_OUTPUT  tcp  --  anywhere             anywhere\n*/\n`,
    ],
  ])('%s', (_, text) => {
    const seen = observe(text);
    const jumps = seen.ip.tables.flatMap(({ chains }) =>
      chains.flatMap(({ name, rules }) => [name, ...rules.map(({ target }) => (target.kind === 'jump' ? target.chain : ''))]),
    );
    expect(jumps.filter((name) => name.startsWith('ISTIO_'))).toEqual([]);
  });

  it.each([
    [
      'a name that looks like a comment which begins',
      chain(`-A CNI-X -m recent --set --name x -m comment --comment "\n${FORGED}\n" -j RETURN`),
    ],
    ['a quote that no line closes', chain(`-A CNI-X -m comment --comment "\n${FORGED}`)],
  ])('%s makes anything of the table unknown', (_, text) => {
    const seen = observe(text);
    expect(seen.unseen[0]).toMatchObject({ family: 'ip', table: 'nat' });
    expect(seen.unseen[0]).not.toHaveProperty('chain');
  });
});

it('names of chains that are ours are those that the releases give, table by table', () => {
  const made = new Set<string>();
  for (const { text } of TEXTS) {
    let table = '';
    for (const line of text.split('\n')) {
      if (line.startsWith('*')) table = line.slice(1);
      const [, name] = /^:(ISTIO_\S+)/.exec(line) ?? [];
      if (name !== undefined) made.add(`${table} ${name}`);
    }
  }
  const known = ['nat', 'mangle', 'raw', 'filter'].flatMap((table) =>
    ['DIVERT', 'DROP', 'INBOUND', 'IN_REDIRECT', 'LOCAL_BYPASS', 'OUTPUT', 'OUTPUT_DNS', 'PRERT', 'REDIRECT', 'TPROXY']
      .map((name) => `ISTIO_${name}`)
      .filter((name) => isSidecarChain(table, name))
      .map((name) => `${table} ${name}`),
  );
  expect(known.sort()).toEqual([...made].sort());
});
