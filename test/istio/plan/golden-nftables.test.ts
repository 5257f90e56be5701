import { describe, expect, it } from 'vitest';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { printRouting } from '../../../src/istio/plan/routing.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import { nftElements, printNft } from '../../../src/netfilter/nft/print.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import type { NativeCase, NativeOutcome } from '../../golden-nftables.ts';
import { expandWithCandidate, NATIVE_CASES, nativeFile } from '../../golden-nftables.ts';

const REFUSED = 'refused';

function made({ args, env, addresses, nameservers }: NativeCase, release: string): unknown {
  try {
    const plan = planFromArguments(args, { env, addresses, nameservers, release });
    return { nft: printNft(plan), iptables: printSave(plan.ip) + printSave(plan.ip6), host: printRouting(plan.routing) };
  } catch (error) {
    if (error instanceof ProblemError) return REFUSED;
    throw error;
  }
}

function expected({ error, nft = '', host = {} }: NativeOutcome): unknown {
  return error === true ? REFUSED : { nft, iptables: '', host };
}

describe('every release makes what its istio-iptables made of nft tables', () => {
  it.each(NATIVE_CASES.map((golden) => [golden.name, golden] as const))('of the arguments of %s', (_, golden) => {
    for (const outcome of golden.outcomes) {
      for (const release of expandWithCandidate(outcome.releases)) expect(made(golden, release), release).toEqual(expected(outcome));
    }
  });
});

it('the golden data of native nftables holds 147 cases of 33 releases', () => {
  expect(NATIVE_CASES.length).toBe(147);
  expect(new Set(NATIVE_CASES.flatMap(({ outcomes }) => outcomes.flatMap(({ releases }) => expandWithCandidate(releases)))).size).toBe(33);
});

const IN_JSON = NATIVE_CASES.flatMap((golden) =>
  ['1.27.0', '1.30.3'].flatMap((release) => {
    try {
      return [[`${golden.name}-${release}`, golden, release, JSON.parse(nativeFile(`nft-json/${golden.name}-${release}.json`))] as const];
    } catch {
      return [];
    }
  }),
);

it.each(IN_JSON)('the JSON of %s is that of nft -j list ruleset', (_, { args, env, addresses, nameservers }, release, wanted) => {
  const plan = planFromArguments(args, { env, addresses, nameservers, release });
  expect(nftElements(plan.nft ?? { tables: [] })).toEqual(wanted);
});

it('twelve cases have their JSON in two releases', () => {
  expect(IN_JSON.length).toBe(22);
});
