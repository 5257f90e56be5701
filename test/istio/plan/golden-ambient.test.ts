import { describe, expect, it } from 'vitest';
import { planAmbient } from '../../../src/istio/plan/ambient/ambient-plan.ts';
import { printRouting } from '../../../src/istio/plan/routing.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import { nftElements, printNft } from '../../../src/netfilter/nft/print.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import type { AmbientCase, AmbientOutcome } from '../../golden-ambient.ts';
import { AMBIENT_CASES, ambientFile, isOfOneRun, knobsOf } from '../../golden-ambient.ts';
import { expandWithCandidate } from '../../golden-nftables.ts';

const REFUSED = 'refused';

const FIRST = '1.21.0';
const ALL = expandWithCandidate([`${FIRST} - 1.31.0-rc.0`]);

function made(golden: AmbientCase, release: string): unknown {
  try {
    const plan = planAmbient(knobsOf(golden), { release });
    const { ip, ip6, ipset, routing } = plan;
    return { ip: printSave(ip), ip6: printSave(ip6), nft: printNft(plan), ipset, host: printRouting(routing) };
  } catch (error) {
    if (error instanceof ProblemError) return REFUSED;
    throw error;
  }
}

function expected({ codes, ip = '', ip6 = '', nft = '', ipset = '', host = {} }: AmbientOutcome): unknown {
  return codes.some((code) => code !== 0) ? REFUSED : { ip, ip6, nft, ipset, host };
}

const CASES = AMBIENT_CASES.filter(isOfOneRun);

describe('every release makes what its node agent made', () => {
  it.each(CASES.map((golden) => [golden.name, golden] as const))('of the knobs of %s', (_, golden) => {
    const told = new Set<string>();
    for (const outcome of golden.outcomes) {
      for (const release of expandWithCandidate(outcome.releases)) {
        told.add(release);
        expect(made(golden, release), release).toEqual(expected(outcome));
      }
    }
    for (const release of ALL.filter((one) => !told.has(one))) expect(made(golden, release), release).toBe(REFUSED);
  });
});

it('the golden data of the ambient mode holds 127 cases, and a plan says 98 of them', () => {
  expect([AMBIENT_CASES.length, CASES.length]).toEqual([127, 98]);
  expect(ALL.length).toBe(78);
});

it('releases before the first that puts rules into pods are refused', () => {
  expect(() => planAmbient({}, { release: '1.20' })).toThrow('Istio 1.20.8 puts no rules of the ambient mode into pods');
});

const IN_JSON = CASES.flatMap((golden) =>
  ['1.28.0', '1.30.3'].flatMap((release) => {
    try {
      return [[`${golden.name}-${release}`, golden, release, JSON.parse(ambientFile(`nft-json/${golden.name}-${release}.json`))] as const];
    } catch {
      return [];
    }
  }),
);

it.each(IN_JSON)('the JSON of %s is that of nft -j list ruleset', (_, golden, release, wanted) => {
  expect(nftElements(planAmbient(knobsOf(golden), { release }).nft ?? { tables: [] })).toEqual(wanted);
});

it('four cases have their JSON in two releases', () => {
  expect(IN_JSON.length).toBe(8);
});
