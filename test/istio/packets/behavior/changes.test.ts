import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFromSettings } from '../../../../src/istio/kubernetes/plan-from-settings.ts';
import { compareBehavior } from '../../../../src/istio/packets/behavior.ts';
import type { PodNetwork } from '../../../../src/istio/packets/pod-network.ts';
import { podNetworkOfPlan } from '../../../../src/istio/packets/pod-network.ts';
import type { CapturePlan } from '../../../../src/istio/plan/plan.ts';
import type { Masked, OwnerRange, PortRange } from '../../../../src/netfilter/numbers.ts';
import { port } from '../../../../src/netfilter/numbers.ts';
import { printRule } from '../../../../src/netfilter/print.ts';
import type { KnownMatch, Match } from '../../../../src/netfilter/rule/match.ts';
import { match, not } from '../../../../src/netfilter/rule/match.ts';
import { normalForm } from '../../../../src/netfilter/rule/normal.ts';
import type { Target } from '../../../../src/netfilter/rule/target.ts';
import type { Chain, Rule, Ruleset, Table } from '../../../../src/netfilter/rule.ts';
import { rounds } from '../../../trials.ts';
import { expectNoContradiction } from './judge.ts';

const FACTS = { addresses: ['10.1.2.3/24'], nameservers: ['10.96.0.10'] };

/** Plans that between them have every kind of rule that a release makes. */
const PLANS: readonly CapturePlan[] = [
  ['1.27', 'inbound.excludePorts=15090,15021,15020,8000', 'outbound.excludePorts=9000,9001', 'dropInvalid=true'],
  ['1.22', 'dns.capture=servers', 'outbound.excludeRanges=10.8.0.0/16,192.168.0.0/16', 'outbound.ownerGroups=java,2000'],
  ['1.24', 'dns.capture=all', 'outbound.includeRanges=10.0.0.0/8,172.16.0.0/12', 'outbound.includePorts=8080', 'interfaces.exclude=eth1'],
  ['1.28', 'mode=TPROXY', 'inbound.includePorts=80,8080', 'interfaces.reroute=tap0'],
  ['1.9.0', 'mode=TPROXY'],
  ['1.2'],
].map(([release = '', ...sets]) =>
  planFromSettings({ sets, release: { value: release, source: { kind: 'option', option: '--release' } }, facts: FACTS }),
);

function podNetworkOf(plan: CapturePlan, ip: Ruleset = plan.ip): PodNetwork {
  return podNetworkOfPlan({ ...plan, ip }, { facts: FACTS });
}

type Change = (rules: readonly Rule[], chain: Chain, table: Table) => readonly Rule[];

function changed({ family, tables }: Ruleset, change: Change): Ruleset {
  return {
    family,
    tables: tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({ ...chain, rules: change(chain.rules, chain, table) })),
    })),
  };
}

const RETURN: Target = { kind: 'verdict', verdict: 'RETURN' };

function isReturn({ target }: Rule): boolean {
  return target.kind === 'verdict' && target.verdict === 'RETURN';
}

/** Runs of rules of which each returns: their order makes no difference. */
function shuffled(rules: readonly Rule[]): readonly Rule[] {
  const runs = rules.reduce<Rule[][]>((all, rule) => {
    const last = all.at(-1);
    if (last?.[0] !== undefined && isReturn(last[0]) && isReturn(rule)) last.push(rule);
    else all.push([rule]);
    return all;
  }, []);
  return runs.flatMap((run) => run.reverse());
}

const portOf = (rule: Rule): PortRange | undefined => {
  const found = rule.matches.find(({ kind }) => kind === 'destination-port');
  return found?.kind === 'destination-port' && !found.negated ? found.value : undefined;
};

/** A rule for one port, and a rule for the next one: one rule for both. */
function multiport(rules: readonly Rule[]): readonly Rule[] {
  const single = rules.filter((rule) => isReturn(rule) && rule.matches.length === 2 && portOf(rule) !== undefined);
  const [first, ...others] = single;
  if (first === undefined || others.length === 0) return rules;
  const ports = match(
    'destination-ports',
    single.flatMap((rule) => portOf(rule) ?? []),
  );
  const one: Rule = { matches: [...first.matches.filter(({ kind }) => kind !== 'destination-port'), ports], target: RETURN };
  return rules.flatMap((rule) => (rule === first ? [one] : single.includes(rule) ? [] : [rule]));
}

/** Each rule that asks for nothing of the source: one for each half of all sources. */
function split(rules: readonly Rule[]): readonly Rule[] {
  return rules.flatMap((rule) => {
    if (rule.matches.some(({ kind }) => kind === 'source')) return [rule];
    const half: KnownMatch = match('source', { family: 'ip', address: '128.0.0.0', prefix: 1 });
    return [
      { ...rule, matches: [half, ...rule.matches] },
      { ...rule, matches: [not(half), ...rule.matches] },
    ];
  });
}

/** Each jump to a chain without jumps: its rules, as far as they are for the packets that jumped. */
function inlined(rules: readonly Rule[], { name }: Chain, table: Table): readonly Rule[] {
  // The verdict of what arrives goes by the chain that redirects it.
  if (name === 'PREROUTING') return rules;
  return rules.flatMap((rule) => {
    const { target } = rule;
    if (target.kind !== 'jump') return [rule];
    const inside = table.chains.find((chain) => chain.name === target.chain)?.rules ?? [];
    const simple = inside.length === 1 && inside.every((one) => one.target.kind !== 'jump' && !isReturn(one));
    return simple
      ? inside.map((one) => ({
          ...one,
          matches: [...rule.matches, ...one.matches.filter(({ kind }) => !rule.matches.some((own) => own.kind === kind))],
        }))
      : [rule];
  });
}

const LOG: Rule = { matches: [match('protocol', 'tcp')], target: { kind: 'opaque', name: 'LOG', text: 'LOG' } };

const SAME: Readonly<Record<string, Change>> = {
  'in another order where each of them returns': shuffled,
  'with single ports made one multiport': multiport,
  'each split in two': split,
  'with a chain put in the place of its jump': inlined,
  'with rules that only log between them': (rules) => rules.flatMap((rule) => [LOG, rule]),
  'with a copy behind each that ends a way': (rules) => rules.flatMap((rule) => (isReturn(rule) ? [rule, rule] : [rule])),
};

describe.each(Object.entries(SAME))('rules %s', (_, change) => {
  it.each(PLANS.map((plan) => [plan.release, plan] as const))('do the same to every packet: %s', (__, plan) => {
    expect(compareBehavior(podNetworkOf(plan), podNetworkOf(plan, changed(plan.ip, change)))).toMatchObject({
      answer: 'equal',
      different: [],
      unclear: [],
    });
  });
});

it('each of these changes changes a rule of some plan', () => {
  for (const [name, change] of Object.entries(SAME)) {
    expect(
      PLANS.some(({ ip }) => JSON.stringify(normalForm(changed(ip, change))) !== JSON.stringify(normalForm(ip))),
      name,
    ).toBe(true);
  }
});

// ---- one rule, changed a little ----

const nextPort = (range: PortRange, by: number): PortRange => ('service' in range ? range : port(Math.max(1, range.first + by)));
const nextOwner = (range: OwnerRange, by: number): OwnerRange =>
  'name' in range ? range : { first: Math.max(0, range.first + by), last: Math.max(0, range.last + by) };
const nextMark = ({ value, mask }: Masked): Masked => ({ value: value ^ 1, mask });

/** The match with a value beside its own. */
function nudged(one: Match, by: number): Match {
  switch (one.kind) {
    case 'source-port':
    case 'destination-port':
      return { ...one, value: nextPort(one.value, by) };
    case 'source-ports':
    case 'destination-ports':
      return { ...one, value: one.value.map((range, index) => (index === 0 ? nextPort(range, by) : range)) };
    case 'source':
    case 'destination':
      return { ...one, value: { ...one.value, prefix: Math.min(32, Math.max(1, one.value.prefix + by)) } };
    case 'uid-owner':
    case 'gid-owner':
      return { ...one, value: nextOwner(one.value, by) };
    case 'mark':
    case 'connmark':
      return { ...one, value: nextMark(one.value) };
    case 'in-interface':
    case 'out-interface':
      return { ...one, value: one.value === 'lo' ? 'eth0' : 'lo' };
    case 'protocol':
      return { ...one, value: one.value === 'tcp' ? 'udp' : 'tcp' };
    default:
      return one;
  }
}

function otherTarget(target: Target, by: number): Target {
  switch (target.kind) {
    case 'verdict':
      return { kind: 'verdict', verdict: target.verdict === 'DROP' ? 'ACCEPT' : 'DROP' };
    case 'REDIRECT':
      return 'first' in target.value
        ? { kind: 'REDIRECT', value: { first: target.value.first + by, last: target.value.last + by } }
        : target;
    case 'TPROXY':
      return { ...target, value: { ...target.value, port: target.value.port === 15006 ? 15001 : 15006 } };
    case 'MARK':
      return { ...target, value: nextMark(target.value) };
    default:
      return RETURN;
  }
}

type Mutation = (rules: readonly Rule[], at: number, pick: number) => readonly Rule[];

const withRule = (rules: readonly Rule[], at: number, make: (rule: Rule) => Rule): readonly Rule[] =>
  rules.map((rule, index) => (index === at ? make(rule) : rule));

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a value one more or one less': (rules, at, pick) =>
    withRule(rules, at, (rule) => ({
      ...rule,
      matches: rule.matches.map((one, index) => (index === pick % rule.matches.length ? nudged(one, pick % 2 === 0 ? 1 : -1) : one)),
    })),
  'a match turned round': (rules, at, pick) =>
    withRule(rules, at, (rule) => ({
      ...rule,
      matches: rule.matches.map((one, index) => (index === pick % rule.matches.length && 'negated' in one ? not(one) : one)),
    })),
  'a match left out': (rules, at, pick) =>
    withRule(rules, at, (rule) => ({ ...rule, matches: rule.matches.filter((_, index) => index !== pick % rule.matches.length) })),
  'another target': (rules, at, pick) =>
    withRule(rules, at, (rule) => ({ ...rule, target: otherTarget(rule.target, pick % 2 === 0 ? 1 : 5) })),
  'no rule': (rules, at) => rules.filter((_, index) => index !== at),
  'two rules swapped': (rules, at) =>
    rules.map((rule, index) => (index === at ? (rules[at + 1] ?? rule) : index === at + 1 ? (rules[at] ?? rule) : rule)),
};

describe('a rule with', () => {
  const sample = rounds(24);
  const noticed: Record<string, number> = {};

  it.each(Object.keys(MUTATIONS))('%s is found where a packet can notice it', (name) => {
    fc.assert(
      fc.property(fc.constantFrom(...PLANS), fc.nat(), fc.nat(), fc.nat(), (plan, where, pick, seed) => {
        const places = plan.ip.tables.flatMap((table) =>
          table.chains.flatMap((chain) => chain.rules.map((_, index) => ({ table, chain, index }))),
        );
        const place = places[where % places.length];
        const ip = changed(plan.ip, (rules, chain) =>
          chain === place?.chain ? (MUTATIONS[name]?.(rules, place.index, pick) ?? rules) : rules,
        );
        const { differing, answer } = expectNoContradiction([podNetworkOf(plan), podNetworkOf(plan, ip)], 1500, seed, ['ip']);
        const rule = place?.chain.rules[place.index];
        if (differing > 0) expect(answer, rule && printRule(rule)).toBe('different');
        if (answer === 'different') noticed[name] = (noticed[name] ?? 0) + 1;
      }),
      { numRuns: sample },
    );
  });

  it('such changes are noticed often enough to tell', () => {
    expect(Object.values(noticed).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(sample);
  });
});
