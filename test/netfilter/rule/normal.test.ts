import { describe, expect, it } from 'vitest';
import { printRule, printSave } from '../../../src/netfilter/print.ts';
import { readRules } from '../../../src/netfilter/read.ts';
import { normalForm, normalRule } from '../../../src/netfilter/rule/normal.ts';
import type { Rule, Ruleset } from '../../../src/netfilter/rule.ts';

function read(text: string): Ruleset {
  const [ruleset] = readRules(text, { family: 'ip' }).rulesets;
  if (ruleset === undefined) throw new Error(`no rules in ${text}`);
  return ruleset;
}

function rule(words: string): Rule {
  const found = read(`*nat\n-A OUTPUT ${words}\nCOMMIT\n`)
    .tables.flatMap(({ chains }) => chains)
    .flatMap(({ rules }) => rules);
  expect(found).toHaveLength(1);
  return found[0] as Rule;
}

describe('the normal form of a rule', () => {
  it.each([
    ['-o lo ! -d 127.0.0.1/32 -p tcp ! --dport 15008 -j RETURN', '! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -j RETURN'],
    ['-p tcp -m comment --comment "why" --dport 80 -j RETURN', '-p tcp -m tcp --dport 80 -j RETURN'],
    // iptables leaves out what every port answers.
    ['-p tcp --dport 0:65535 -j RETURN', '-p tcp -j RETURN'],
    ['-p udp --sport : --dport 53 -j RETURN', '-p udp -m udp --dport 53 -j RETURN'],
    ['-p tcp ! --dport 0:65535 -j RETURN', '-p tcp -m tcp ! --dport 0:65535 -j RETURN'],
    ['-p tcp --dport 80 --sport 1024: -j RETURN', '-p tcp -m tcp --sport 1024:65535 --dport 80 -j RETURN'],
    ['-m owner ! --gid-owner 1 -m owner ! --gid-owner 2 -j RETURN', '-m owner ! --gid-owner 1 -m owner ! --gid-owner 2 -j RETURN'],
  ])('of %s is %s', (words, printed) => {
    expect(printRule(rule(words))).toBe(printed);
  });

  it('is the same value where the rule is in it already', () => {
    const normal = normalRule(rule('-o lo ! -d 127.0.0.1/32 -j RETURN'));
    expect(normalRule(normal)).toBe(normal);
  });
});

describe('the normal form of a ruleset', () => {
  it('leaves out a table without rules and chains of its own, unless a policy there refuses packets', () => {
    const tables = (text: string): readonly string[] => normalForm(read(text)).tables.map(({ name }) => name);
    expect(tables('*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n*nat\n:MINE - [0:0]\nCOMMIT\n')).toEqual(['nat']);
    expect(tables('*filter\n:INPUT DROP [0:0]\nCOMMIT\n')).toEqual(['filter']);
  });

  it('has the tables in one order, and built-in chains before the others, which go by name', () => {
    const text = '*nat\n:B - [0:0]\n:A - [0:0]\n:OUTPUT ACCEPT [1:2]\n[3:4] -A OUTPUT -j A\nCOMMIT\n*raw\n-A OUTPUT -j ACCEPT\nCOMMIT\n';
    expect(printSave(read(text))).toBe(
      '*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\n-A OUTPUT -j ACCEPT\nCOMMIT\n*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\n:A -\n:B -\n-A OUTPUT -j A\nCOMMIT\n',
    );
  });
});
