import { expect, it } from 'vitest';
import { proxyPortsOf } from '../../src/istio/packets/verdict.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { valuesOf } from '../../src/istio/settings/settings.ts';
import type { GoldenPlan } from '../golden-plans.ts';
import { DISTINCT_PLANS } from '../golden-plans.ts';
import { played, rounds } from '../trials.ts';
import { randomBy } from './packets-random.ts';
import type { Outcome, Round } from './trace-rounds.ts';
import { playRound } from './trace-rounds.ts';
import { randomRuleset } from './trace-rulesets.ts';
import type { RandomPlan } from './trace-settings.ts';
import { randomPlans } from './trace-settings.ts';
import type { Backend } from './tracing-pods.ts';
import { inTracedPlans } from './tracing-pods.ts';
import { describeTraced } from './tracing-requirements.ts';

/** Another one sends other packets, and makes other settings and rules. */
const SEED = Number(process.env['TRACE_SEED'] ?? 6);

type Subject = Pick<Round, 'name' | 'plan' | 'ports'>;

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

/** Plays packets through each plan, in two pods at once, each on a processor of its own; prints what came of it, and answers the sums. */
async function playAll(what: string, subjects: readonly Subject[], backend: Backend): Promise<Outcome> {
  const begin = performance.now();
  const waiting = subjects.map((one, index): Round => ({ ...one, backend, packets: 40, random: randomBy(SEED + index) }));
  const all: Outcome[] = [];
  await Promise.all(
    [0, 1].map((processor) =>
      inTracedPlans(processor, async (pod) => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) all.push(await playRound(pod, next));
      }),
    ),
  );
  const total: Outcome = {
    compared: all.reduce((sum, { compared }) => sum + compared, 0),
    later: all.reduce((sum, { later }) => sum + later, 0),
    rules: all.flatMap(({ rules }) => rules),
    matched: all.flatMap(({ matched }) => matched),
    ends: all.flatMap(({ ends }) => ends),
    differences: all.flatMap(({ differences }) => differences),
  };
  const seconds = (performance.now() - begin) / 1000;
  console.log(
    `note: trace, ${what} on ${backend}: ${total.compared} packets (${total.later} of them later ones of a flow) through ${all.length} sets of rules, ` +
      `${total.matched.length} of ${total.rules.length} rules matched, ${Math.round(seconds)} s, ${Math.round(total.compared / seconds)} packets/s`,
  );
  return total;
}

/** How each kind of packet must have ended at least once. */
const ENDS = ['ip', 'ip6'].flatMap((family) =>
  ['tcp', 'udp', 'icmp'].flatMap((protocol) => ['local', 'sent', 'forwarded', 'dropped'].map((end) => `${family} ${protocol} ${end}`)),
);

describeTraced('the simulator says of a packet what the kernel does with it, rule by rule and to the end,', () => {
  it('on nft through the rules of every golden outcome', { timeout: 180_000 }, async () => {
    const { compared, rules, matched, ends, differences } = await playAll('golden outcomes', played(DISTINCT_PLANS).map(subject), 'nft');
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
    const { compared, differences } = await playAll('random settings', randomPlans(SEED, rounds(80)).map(subject), 'nft');
    expect(differences.slice(0, 3).join('\n\n'), `${differences.length} differences`).toBe('');
    expect(compared).toBeGreaterThanOrEqual(rounds(3000));
  });

  it('on nft through rules that nobody made for Istio', { timeout: 180_000 }, async () => {
    const { compared, differences } = await playAll('random rules', randomRules(rounds(80)), 'nft');
    expect(differences.slice(0, 3).join('\n\n'), `${differences.length} differences`).toBe('');
    expect(compared).toBeGreaterThanOrEqual(rounds(3000));
  });

  it('on legacy through the rules of every eighth golden outcome, and rules that nobody made for Istio', { timeout: 180_000 }, async () => {
    const eighth = played(DISTINCT_PLANS.filter((_, index) => index % 8 === 0));
    const { compared, differences } = await playAll(
      'golden outcomes and random rules',
      [...eighth.map(subject), ...randomRules(rounds(20))],
      'legacy',
    );
    expect(differences.slice(0, 3).join('\n\n'), `${differences.length} differences`).toBe('');
    expect(compared).toBeGreaterThanOrEqual(rounds(4000));
  });
});
