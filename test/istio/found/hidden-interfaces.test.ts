// `iptables -L` without -v shows no interfaces. Where the rules are exactly a release's, they are known from it (gh-05).

import { describe, expect, it } from 'vitest';
import { withInterfacesOfMaker } from '../../../src/istio/found/hidden-interfaces.ts';
import { identify } from '../../../src/istio/found/identify.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import type { CapturePlan } from '../../../src/istio/plan/plan.ts';
import type { Observation } from '../../../src/netfilter/observation.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import type { Match } from '../../../src/netfilter/rule/match.ts';
import type { Rule, Ruleset } from '../../../src/netfilter/rule.ts';

const HIDDEN: Match = { kind: 'unknown', what: 'interfaces' };

function made(release: string, sets: readonly string[]): CapturePlan {
  return planFromSettings({ sets, release: { value: release, source: { kind: 'option', option: '--release' } } });
}

/** The rules as a listing of nat and mangle shows them: every rule may ask for interfaces. */
function listed({ ip }: CapturePlan, change: (rules: readonly Rule[]) => readonly Rule[] = (rules) => rules): Observation {
  const hide = (rule: Rule): Rule => ({
    ...rule,
    matches: [...rule.matches.filter(({ kind }) => kind !== 'in-interface' && kind !== 'out-interface'), HIDDEN],
  });
  const tables = ip.tables
    .filter(({ name }) => name === 'nat' || name === 'mangle')
    .map(({ name, chains }) => ({ name, chains: chains.map((chain) => ({ ...chain, rules: change(chain.rules.map(hide)) })) }));
  return { ip: { family: 'ip', tables }, ip6: { family: 'ip6', tables: [] }, seen: { ip: ['nat', 'mangle'], ip6: [] }, unseen: [] };
}

function savedOf(ruleset: Ruleset): readonly string[] {
  return printSave(ruleset)
    .split('\n')
    .filter((line) => line.startsWith('-A'));
}

function shown({ ip }: CapturePlan): readonly string[] {
  return savedOf({ ...ip, tables: ip.tables.filter(({ name }) => name === 'nat' || name === 'mangle') });
}

describe('interfaces that a listing hides', () => {
  it.each([
    ['1.3', ['mode=TPROXY', 'inbound.includePorts=*']],
    ['1.4', ['mode=TPROXY', 'inbound.includePorts=*']],
    ['1.4', ['inbound.includePorts=*']],
    ['1.5', ['inbound.includePorts=80,443']],
    ['1.9', ['mode=TPROXY', 'inbound.includePorts=*', 'inbound.excludePorts=15090,22']],
    ['1.12', ['inbound.includePorts=*', 'outbound.excludePorts=3306']],
    ['1.16', ['inbound.includePorts=*', 'outbound.includeRanges=10.0.0.0/8']],
    ['1.20', []],
    ['1.24', ['outbound.excludeRanges=169.254.169.254/32']],
    ['1.28', ['mode=TPROXY']],
    ['1.30', ['inbound.excludePorts=9100,9200']],
  ])('are those of %s %j where the rules are exactly its', (release, sets) => {
    const plan = made(release, sets);
    const seen = listed(plan);
    const filled = withInterfacesOfMaker(seen, identify(seen));
    expect(filled === undefined ? undefined : savedOf(filled.ip)).toEqual(shown(plan));
  });

  it('are not known where the rules are nobody known', () => {
    const seen = listed(made('1.20', []), (rules) => rules.filter((_, index) => index !== 2));
    expect(withInterfacesOfMaker(seen, identify(seen))).toBeUndefined();
  });

  it('are not asked for where nothing is hidden', () => {
    const { ip } = made('1.20', []);
    const seen: Observation = { ip, ip6: { family: 'ip6', tables: [] }, seen: { ip: 'all', ip6: [] }, unseen: [] };
    expect(withInterfacesOfMaker(seen, identify(seen))).toBeUndefined();
  });

  it('stay unknown of a rule that somebody else put there', () => {
    const plan = made('1.20', []);
    const foreign: Rule = { matches: [HIDDEN], target: { kind: 'jump', chain: 'KUBE-SERVICES', goto: false } } as Rule;
    const seen = listed(plan, (rules) => rules);
    const nat = seen.ip.tables.find(({ name }) => name === 'nat');
    const output = nat?.chains.find(({ name }) => name === 'OUTPUT');
    (output as { rules: readonly Rule[] }).rules = [foreign, ...(output?.rules ?? [])];
    const filled = withInterfacesOfMaker(seen, identify(seen));
    const rules = filled?.ip.tables.find(({ name }) => name === 'nat')?.chains.find(({ name }) => name === 'OUTPUT')?.rules;
    expect(rules?.map(({ matches }) => matches.some(({ kind }) => kind === 'unknown'))).toEqual([true, false]);
  });

  it('that the makers do not agree on stay unknown', () => {
    const plan = made('1.20', []);
    const seen = listed(plan);
    const identified = identify(seen);
    const [answer] = identified.answers;
    const other = { ...answer, plan: { ...plan, ip: { ...plan.ip, tables: [] } }, releases: [plan.release] } as typeof answer;
    expect(withInterfacesOfMaker(seen, { ...identified, answers: [answer, other] as never })).toBeUndefined();
  });
});
