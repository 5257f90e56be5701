import { expect, it } from 'vitest';
import { proxyPortsOf } from '../../src/istio/packets/verdict.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { valuesOf } from '../../src/istio/settings/settings.ts';
import type { GoldenPlan } from '../golden-plans.ts';
import { DISTINCT_PLANS } from '../golden-plans.ts';
import { randomBy } from './packets-random.ts';
import { randomRuleset } from './trace-rulesets.ts';
import type { RandomPlan } from './trace-settings.ts';
import { randomPlans } from './trace-settings.ts';
import type { Subject } from './trace-trials.ts';
import { playAll, SEED } from './trace-trials.ts';
import { describeTraced } from './tracing-requirements.ts';
import { played, rounds } from './trials.ts';

function subject({ name, plan }: GoldenPlan | RandomPlan): Subject {
  return { name, plan, ports: proxyPortsOf(valuesOf(plan.settings)) };
}

function randomRules(count: number): readonly Subject[] {
  const { routing } = planFromArguments(['-m', 'TPROXY', '-b', '*'], {
    addresses: ['10.1.2.3', 'fd00:1::3'],
    env: { ISTIO_DUAL_STACK: 'true' },
  });
  return Array.from({ length: count }, (_, index): Subject => {
    const random = randomBy(SEED * 1000 + index);
    return {
      name: `random rules ${index}`,
      plan: { ip: randomRuleset('ip', random), ip6: randomRuleset('ip6', random), routing },
      ports: undefined,
    };
  });
}

/** How each kind of packet must have ended at least once. */
const ENDS = ['ip', 'ip6'].flatMap((family) =>
  ['tcp', 'udp', 'icmp'].flatMap((protocol) => ['local', 'sent', 'forwarded', 'dropped'].map((end) => `${family} ${protocol} ${end}`)),
);

describeTraced('the simulator says of a packet what the kernel does with it, rule by rule and to the end,', () => {
  it('on nft through the rules of every golden outcome', { timeout: 180_000 }, async () => {
    const { compared, rules, matched, ends, differences } = await playAll('golden outcomes', {
      subjects: played(DISTINCT_PLANS, 4).map(subject),
      backend: 'nft',
    });
    expect(differences.slice(0, 3).join('\n\n'), `${differences.length} differences`).toBe('');
    expect(compared).toBeGreaterThanOrEqual(rounds(20_000));
    const distinct = new Set(rules);
    const never = [...distinct].filter((rule) => !matched.includes(rule));
    console.log(`note: trace, of ${distinct.size} different rules ${never.length} were matched in no outcome`);
    // Nearly all stand behind rules that leave nothing for them: for the second owner on lo, what the first let through.
    expect(never.filter((rule) => !/^ip6? nat ISTIO_OUTPUT /.test(rule)).length).toBeLessThan(5);
    expect(never.length).toBeLessThan(distinct.size / 6);
    expect([...new Set(ends)]).toEqual(expect.arrayContaining([...ENDS, 'ip6 tcp rejected', 'ip6 udp rejected', 'ip6 icmp rejected']));
  });

  it('on nft through the rules of random settings', { timeout: 180_000 }, async () => {
    const { compared, differences } = await playAll('random settings', {
      subjects: randomPlans(SEED, rounds(80)).map(subject),
      backend: 'nft',
    });
    expect(differences.slice(0, 3).join('\n\n'), `${differences.length} differences`).toBe('');
    expect(compared).toBeGreaterThanOrEqual(rounds(3000));
  });

  it('on nft through rules that nobody made for Istio', { timeout: 180_000 }, async () => {
    const { compared, differences } = await playAll('random rules', { subjects: randomRules(rounds(80)), backend: 'nft' });
    expect(differences.slice(0, 3).join('\n\n'), `${differences.length} differences`).toBe('');
    expect(compared).toBeGreaterThanOrEqual(rounds(3000));
  });

  it('on legacy through the rules of every eighth golden outcome, and rules that nobody made for Istio', { timeout: 180_000 }, async () => {
    const eighth = played(DISTINCT_PLANS.filter((_, index) => index % 8 === 0));
    const { compared, differences } = await playAll('golden outcomes and random rules', {
      subjects: [...eighth.map(subject), ...randomRules(rounds(20))],
      backend: 'legacy',
    });
    expect(differences.slice(0, 3).join('\n\n'), `${differences.length} differences`).toBe('');
    expect(compared).toBeGreaterThanOrEqual(rounds(4000));
  });
});
