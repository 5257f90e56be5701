import { describe, expect, it } from 'vitest';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { printRouting } from '../../../src/istio/plan/routing.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { expectEvidence } from '../../evidence.ts';
import type { GoldenCase, Outcome } from '../../golden.ts';
import { CASES, expand, RELEASES } from '../../golden.ts';

const REFUSED = 'refused';

let equal = 0;

function made({ args, env, addresses, nameservers }: GoldenCase, release: string): unknown {
  try {
    const plan = planFromArguments(args, { env, addresses, nameservers, release });
    return { ip: printSave(plan.ip), ip6: printSave(plan.ip6), host: printRouting(plan.routing) };
  } catch (error) {
    if (error instanceof ProblemError) return REFUSED;
    throw error;
  }
}

function expected({ error, ip, ip6, host = {} }: Outcome): unknown {
  return error === true ? REFUSED : { ip, ip6, host };
}

describe('every release makes what its istio-iptables made', () => {
  it.each(CASES.map((golden) => [golden.name, golden] as const))('of the arguments of %s', (_, golden) => {
    for (const outcome of golden.outcomes) {
      for (const release of expand(outcome.releases)) {
        expect(made(golden, release), release).toEqual(expected(outcome));
        equal += 1;
      }
    }
  });
});

/** The releases for which a case has no outcome: the golden data says that they do not know one of its flags. */
function without({ outcomes }: GoldenCase): readonly string[] {
  const known = new Set(outcomes.flatMap(({ releases }) => expand(releases)));
  return RELEASES.filter((release) => !known.has(release));
}

function expectRefusals(golden: GoldenCase): void {
  for (const release of without(golden)) {
    expect(() => planFromArguments(golden.args, { ...golden, release }), release).toThrow(/is not a flag of istio-iptables/);
  }
}

// Its arguments are those of injected-1.6, which the same releases accept in that case, and its one variable is no flag:
// nothing here is unknown to them. Releases with viper read an empty variable as none (istio-history, 2.4).
const KNOWN_DIFFERENCE = 'owner-groups-none';

describe('every release that does not know a flag refuses it', () => {
  const cases = CASES.filter(({ name }) => name !== KNOWN_DIFFERENCE);
  it.each(cases.map((golden) => [golden.name, golden] as const))('in the arguments of %s', (_, golden) => expectRefusals(golden));

  const golden = CASES.find(({ name }) => name === KNOWN_DIFFERENCE);
  it.fails(`KNOWN DIFFERENCE: ${KNOWN_DIFFERENCE} has no outcome for 1.5.0 to 1.19.4 and 1.20.0, yet no flag of it is unknown to them`, () => {
    expect(golden).toBeDefined();
    if (golden !== undefined) expectRefusals(golden);
  });

  it(`the arguments of ${KNOWN_DIFFERENCE} are accepted by these releases in another golden case`, () => {
    const twin = CASES.find(({ name }) => name === 'injected-1.6');
    expect(golden?.args).toEqual(twin?.args);
    const accepted = new Set(twin?.outcomes.filter(({ error }) => error !== true).flatMap(({ releases }) => expand(releases)));
    expect(without(golden as GoldenCase).filter((release) => !accepted.has(release))).toEqual([]);
  });
});

it('the golden data holds 20,981 pairs with an outcome and 1,780 of unknown flags', () => {
  const withOutcome = CASES.flatMap(({ outcomes }) => outcomes.flatMap(({ releases }) => expand(releases))).length;
  expect([withOutcome, CASES.length * RELEASES.length - withOutcome]).toEqual([20981, 1780]);
  expectEvidence({ of: 'istio-iptables', releases: RELEASES.length, inputs: CASES.length, pairs: withOutcome, equal });
});
