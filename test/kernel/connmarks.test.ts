/** What rules do with the marks of packets and of their flows, bit by bit, is what a kernel does with them. */

import { expect, it } from 'vitest';
import { NO_ROUTING } from '../../src/istio/plan/routing.ts';
import type { Family } from '../../src/netfilter/family.ts';
import { match, not } from '../../src/netfilter/rule/match.ts';
import { normalForm } from '../../src/netfilter/rule/normal.ts';
import type { Rule, Ruleset } from '../../src/netfilter/rule.ts';
import { BUILT_IN_CHAINS } from '../../src/netfilter/rule.ts';
import type { Random } from './packets-random.ts';
import { randomBy } from './packets-random.ts';
import type { Subject } from './trace-trials.ts';
import { playAll, SEED } from './trace-trials.ts';
import { describeTraced } from './tracing-requirements.ts';
import { rounds } from './trials.ts';

const ALL = 0xffffffff;
const VALUES = [0, 1, 0x111, 0x530, 0xf0f0f0f0, ALL];
const MASKS = [0, 0xff, 0xff0, 0xfff, 0xf000000f, ALL];

/** Sets both marks, has something done to one of them, and shows the other as the packet's; then asks for either. */
function combination(random: Random): readonly Rule[] {
  const masked = (): { value: number; mask: number } => ({ value: random.pick(VALUES), mask: random.pick(MASKS) });
  const masks = (): { nfmask: number; ctmask: number } => ({ nfmask: random.pick(MASKS), ctmask: random.pick(MASKS) });
  const done = random.pick([
    { action: 'set' as const, ...masked() },
    { action: 'save' as const, ...masks() },
    { action: 'restore' as const, ...masks() },
  ]);
  const bare = (value: Rule['target']): Rule => ({ matches: [], target: value });
  const asked = (rule: Rule['matches'][number]): Rule => ({ matches: [rule], target: { kind: 'none' } });
  const [connmark, mark] = [match('connmark', masked()), match('mark', masked())];
  return [
    bare({ kind: 'MARK', value: { value: random.pick(VALUES), mask: ALL } }),
    bare({ kind: 'CONNMARK', value: { action: 'set', value: random.pick(VALUES), mask: ALL } }),
    bare({ kind: 'CONNMARK', value: done }),
    ...[connmark, not(connmark), mark, not(mark)].map(asked),
    asked(match('connmark', { value: 0, mask: 0xff })),
    bare({ kind: 'CONNMARK', value: { action: 'restore', nfmask: ALL, ctmask: ALL } }),
  ];
}

/** In each table that is asked, before conntrack and after it; some packets are told to be of no flow, or of another zone, both ways. */
function ruleset(family: Family, random: Random): Ruleset {
  const apart = untracked(family, random);
  const tables = ['raw', 'mangle', 'filter'].map((name) => ({
    name,
    chains: (BUILT_IN_CHAINS[name] ?? []).map((chain) => ({
      name: chain,
      policy: 'ACCEPT' as const,
      rules: [...(name === 'raw' ? apart : []), ...(name === 'filter' && random.chance(0.5) ? [] : combination(random))],
    })),
  }));
  return normalForm({ family, tables });
}

function untracked(family: Family, random: Random): readonly Rule[] {
  const protocol = match('protocol', random.pick(['tcp', 'udp', family === 'ip' ? 'icmp' : 'ipv6-icmp']));
  if (random.chance(0.4)) return [{ matches: [protocol], target: { kind: 'opaque', name: 'CT', text: 'CT --notrack' } }];
  return random.chance(0.3) ? [{ matches: [protocol], target: { kind: 'CT', value: { zone: 2 } } }] : [];
}

const NOTHING = { ip: { family: 'ip', tables: [] }, ip6: { family: 'ip6', tables: [] }, routing: NO_ROUTING } as const;

function iptablesRules(count: number): readonly Subject[] {
  return Array.from({ length: count }, (_, index): Subject => {
    const random = randomBy(SEED * 7000 + index);
    return {
      name: `marks ${index}`,
      plan: { ip: ruleset('ip', random), ip6: ruleset('ip6', random), routing: NO_ROUTING },
      ports: undefined,
    };
  });
}

/** The same in words of nft, as far as it has such. */
function nftRules(count: number): readonly Subject[] {
  return Array.from({ length: count }, (_, index): Subject => {
    const random = randomBy(SEED * 8000 + index);
    const hex = (list: readonly number[]): string => `0x${random.pick(list).toString(16)}`;
    // Bits that are all set, or none of them kept, are listed as a mere number: that the flow's mark was read for it nobody can tell any more.
    const [kept, set] = [MASKS.slice(1, -1), VALUES.slice(0, -1)];
    const changed = (key: 'meta' | 'ct'): string =>
      random.pick([
        `${key} mark set ${key} mark & ${hex(kept)} | ${hex(set)}`,
        `${key} mark set ${key} mark & ${hex(kept)} ^ ${hex(set)}`,
        `${key} mark set ${key} mark ^ ${hex(VALUES)}`,
        `${key} mark set ${key === 'ct' ? 'meta' : 'ct'} mark & ${hex(MASKS)}`,
      ]);
    const masked = (key: string): string => {
      const mask = random.pick(MASKS.slice(1));
      return `${key} mark & 0x${mask.toString(16)} ${random.pick(['==', '!='])} 0x${((random.pick(VALUES) & mask) >>> 0).toString(16)}`;
    };
    const rules = (): readonly string[] => [
      `meta mark set ${hex(VALUES)}`,
      `ct mark set ${hex(VALUES)}`,
      changed(random.pick(['meta', 'ct'])),
      ...[masked('ct'), masked('meta'), 'ct mark & 0xff == 0x0'].map((one) => `${one} counter`),
      'meta mark set ct mark',
    ];
    const without = random.pick(['tcp', 'udp', 'icmp', 'ipv6-icmp', 'sctp']);
    const chain = (hook: string, priority: number): string => {
      const untracks = priority === -290 ? [`meta l4proto ${without} notrack`] : [];
      const lines = [...untracks, ...rules()].map((one) => `    ${one}\n`).join('');
      return `  chain ${hook}${priority + 300} {\n    type filter hook ${hook} priority ${priority};\n${lines}  }\n`;
    };
    const hooks = ['prerouting', 'output'].flatMap((hook) => [chain(hook, -290), chain(hook, -149)]);
    const native = `table inet marks {\n${hooks.join('')}${chain('input', 1)}${chain('postrouting', 1)}}\n`;
    return { name: `marks in nft ${index}\n${native}`, plan: { ...NOTHING, native }, ports: undefined };
  });
}

describeTraced('marks of packets and of flows, with masks,', () => {
  // Eleven to fourteen combinations a rule set and family, each asked by packets of three protocols, of known flows and of none.
  it.each([
    ['by iptables-nft', 'nft', (): readonly Subject[] => iptablesRules(rounds(20, 6))],
    ['by iptables-legacy', 'legacy', (): readonly Subject[] => iptablesRules(rounds(6, 6))],
    ['in tables of nft', 'nft', (): readonly Subject[] => nftRules(rounds(40, 6))],
    [
      'by both',
      'nft',
      (): readonly Subject[] =>
        iptablesRules(rounds(12, 6)).map((one, index) => ({
          ...one,
          plan: { ...one.plan, native: nftRules(rounds(12, 6))[index]?.plan.native ?? '' },
        })),
    ],
  ] as const)("are the kernel's %s", { timeout: 120_000 }, async (what, backend, subjects) => {
    const { differences, compared, unknown } = await playAll(`marks ${what}`, { subjects: subjects(), backend });
    expect(differences.slice(0, 3).join('\n\n'), `${differences.length} differences`).toBe('');
    expect(compared).toBeGreaterThan(200);
    expect(unknown / compared).toBeLessThan(0.7);
  });
});
