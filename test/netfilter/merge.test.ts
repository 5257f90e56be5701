import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergeRulesets } from '../../src/netfilter/merge.ts';
import { printSave } from '../../src/netfilter/print.ts';
import { readRules } from '../../src/netfilter/read.ts';
import { normalForm } from '../../src/netfilter/rule/normal.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import { property } from '../property.ts';
import { rounds } from '../trials.ts';
import { anyRuleset } from './read/rulesets.ts';

const read = (text: string): Ruleset => readRules(text).rulesets[0] ?? { family: 'ip', tables: [] };
const nat = (...lines: readonly string[]): Ruleset =>
  read(['*nat', ':PREROUTING ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', ...lines, 'COMMIT'].join('\n'));

const NOTHING: Ruleset = { family: 'ip', tables: [] };

it('of a table in both places, a built-in chain has the rules of the first, then those of the second', () => {
  const { ruleset: merged, both } = mergeRulesets(nat('-A OUTPUT -p tcp -j ACCEPT'), nat('-A OUTPUT -p udp -j ACCEPT'), 'legacy');
  expect(both).toEqual(['nat']);
  expect(printSave(merged).match(/^-A.*$/gm)).toEqual(['-A OUTPUT -p tcp -j ACCEPT', '-A OUTPUT -p udp -j ACCEPT']);
});

it('a chain whose name is taken gets the mark, and so do the jumps to it; other chains keep their names', () => {
  const twice = nat(':ISTIO_OUTPUT - [0:0]', '-A OUTPUT -j ISTIO_OUTPUT', '-A ISTIO_OUTPUT -j RETURN');
  const more = nat(
    ':ISTIO_OUTPUT - [0:0]',
    ':OTHER - [0:0]',
    '-A OUTPUT -j ISTIO_OUTPUT',
    '-A OUTPUT -g OTHER',
    '-A ISTIO_OUTPUT -j ACCEPT',
  );
  expect(printSave(mergeRulesets(twice, more, 'legacy').ruleset).match(/^(?:-A|:\S+ - ?).*$/gm)).toEqual([
    ':ISTIO_OUTPUT -',
    ':ISTIO_OUTPUT.legacy -',
    ':OTHER -',
    '-A OUTPUT -j ISTIO_OUTPUT',
    '-A OUTPUT -j ISTIO_OUTPUT.legacy',
    '-A OUTPUT -g OTHER',
    '-A ISTIO_OUTPUT -j RETURN',
    '-A ISTIO_OUTPUT.legacy -j ACCEPT',
  ]);
});

it('a name that has the mark already is not taken again', () => {
  const first = nat(':A - [0:0]', ':A.legacy - [0:0]');
  const names = mergeRulesets(first, nat(':A - [0:0]'), 'legacy').ruleset.tables[0]?.chains.map(({ name }) => name);
  expect(names).toEqual(['PREROUTING', 'OUTPUT', 'A', 'A.legacy', 'A.legacy.legacy']);
});

it('a policy that refuses packets in one place refuses them', () => {
  const [open, shut] = ['ACCEPT', 'DROP'].map((policy) => read(`*filter\n:INPUT ${policy} [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT`)) as [
    Ruleset,
    Ruleset,
  ];
  for (const [one, other] of [
    [open, shut],
    [shut, open],
  ] as const)
    expect(mergeRulesets(one, other, 'legacy').ruleset.tables[0]?.chains[0]?.policy).toBe('DROP');
});

it('a table that only stands there, with no rule, no chain and no policy of anyone, is in no place', () => {
  expect(mergeRulesets(nat(), nat(), 'legacy')).toEqual({ ruleset: NOTHING, both: [] });
  expect(mergeRulesets(nat('-A OUTPUT -j ACCEPT'), nat(), 'legacy').both).toEqual([]);
});

property([anyRuleset], { numRuns: rounds(100) })('with nothing in the other place, nothing changes', (one) => {
  expect(normalForm(mergeRulesets(one, NOTHING, 'legacy').ruleset)).toEqual(normalForm(one));
  expect(normalForm(mergeRulesets({ ...NOTHING, family: one.family }, one, 'legacy').ruleset)).toEqual(normalForm(one));
});

property([anyRuleset, fc.constantFrom('legacy', 'x')], { numRuns: rounds(100) })(
  'no rule is lost, and no two chains of a table have one name',
  (one, mark) => {
    const { ruleset: merged } = mergeRulesets(one, one, mark);
    const rules = ({ tables }: Ruleset): number => tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules)).length;
    expect(rules(merged)).toBe(2 * rules(one));
    for (const { chains } of merged.tables) expect(new Set(chains.map(({ name }) => name)).size).toBe(chains.length);
  },
);
