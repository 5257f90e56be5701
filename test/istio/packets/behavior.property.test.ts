import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { compareBehavior } from '../../../src/istio/packets/behavior.ts';
import { podNetworkOfPlan } from '../../../src/istio/packets/pod-network.ts';
import type { CapturePlan } from '../../../src/istio/plan/plan.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import type { Facts } from '../../../src/istio/settings/facts.ts';
import { property } from '../../property.ts';
import { rounds } from '../../trials.ts';
import { facts, release, sets } from '../arbitraries.ts';
import type { Scenes } from './behavior/judge.ts';
import { expectNoContradiction } from './behavior/judge.ts';

function attempt(options: readonly string[], at: string, given: Facts): CapturePlan | null {
  try {
    return planFromSettings({ sets: options, release: { value: at, source: { kind: 'option', option: '--release' } }, facts: given });
  } catch (error) {
    if (error instanceof ProblemError) return null;
    throw error;
  }
}

describe('the answer for all packets', () => {
  let pairs = 0;
  let differing = 0;

  property([sets, release, sets, release, facts, fc.nat()], { numRuns: rounds(25) })(
    'is contradicted by none of 1,000 through random plans',
    (one, at, other, then, given, seed) => {
      const plans = [attempt(one, at, given), attempt(other, then, given)];
      const podNetworks = plans.flatMap((plan) => (plan === null ? [] : [podNetworkOfPlan(plan, { facts: given })]));
      if (podNetworks.length < 2) return;
      pairs += 1;
      differing += expectNoContradiction(podNetworks as unknown as Scenes, 1000, seed).differing;
    },
  );

  property([sets, release, release, facts, fc.nat()], { numRuns: rounds(15) })(
    'is contradicted by none of 1,000 through the same settings at random releases',
    (options, at, then, given, seed) => {
      const plans = [attempt(options, at, given), attempt(options, then, given)];
      const podNetworks = plans.flatMap((plan) => (plan === null ? [] : [podNetworkOfPlan(plan, { facts: given })]));
      if (podNetworks.length < 2) return;
      pairs += 1;
      differing += expectNoContradiction(podNetworks as unknown as Scenes, 1000, seed).differing;
    },
  );

  it('was asked of enough packets that end differently', () => {
    expect(pairs).toBeGreaterThan(rounds(15));
    expect(differing).toBeGreaterThan(rounds(500));
  });

  property([sets, release, facts], { numRuns: rounds(10) })('is equal for a plan and itself', (options, at, given) => {
    const plan = attempt(options, at, given);
    if (plan !== null) expect(compareBehavior(plan, plan, { facts: given }).answer).toBe('equal');
  });
});
