import { describe, expect, it } from 'vitest';
import { describeAnswer, identify } from '../../../../src/istio/found/identify.ts';
import { planFromArguments } from '../../../../src/istio/plan/plan-from-arguments.ts';
import { withNft } from '../../../../src/netfilter/nft/as-rules.ts';
import { printNft } from '../../../../src/netfilter/nft/print.ts';
import { readNft } from '../../../../src/netfilter/nft/read.ts';
import type { Observation } from '../../../../src/netfilter/observation.ts';
import { observeText } from '../../../../src/netfilter/observation.ts';
import { readRules } from '../../../../src/netfilter/read.ts';
import { expandWithCandidate, NATIVE_CASES } from '../../../golden-nftables.ts';
import { played } from '../../../trials.ts';

const observe = (text: string): Observation => {
  const nft = readNft(text);
  if (nft === undefined) throw new Error('no rules of nft');
  return observeText(withNft(readRules(text), nft));
};

const OUTCOMES = [
  ...new Map(
    NATIVE_CASES.flatMap(({ name, outcomes }) =>
      outcomes.flatMap(({ nft, releases: spans }) => {
        const releases = expandWithCandidate(spans);
        return nft === undefined ? [] : [[nft, { name: `${name} at ${releases[0]}`, nft, releases }] as const];
      }),
    ),
  ).values(),
];

// Its ranges hold every address of both families, in two rules: iptables keeps no such match, and is asked first.
const NEAREST_ONLY = ['native-cidr-zero at 1.27.0', 'native-cidr-zero at 1.28.0'];

const [others, nearestOnly] = [false, true].map((is) => OUTCOMES.filter(({ name }) => NEAREST_ONLY.includes(name) === is));

const found = [...(nearestOnly ?? []), ...played(others ?? [], 2)].map(({ name, nft, releases }) => {
  const { answers, outcome } = identify(observe(nft));
  const exact = outcome === 'exact' && answers.some((answer) => releases.includes(answer.releases[0] ?? ''));
  return { name, exact, same: exact && printNft(answers[0]?.plan ?? {}) === nft };
});

it('every distinct listing of the golden data but one is found by its releases', () => {
  expect(found.filter(({ exact }) => !exact).map(({ name }) => name)).toEqual(NEAREST_ONLY);
  expect(OUTCOMES.length).toBeGreaterThan(150);
});

it('and the plan of the answer prints as it', () => {
  expect(found.filter(({ same }) => !same).map(({ name }) => name)).toEqual(NEAREST_ONLY);
});

it('what is left of native rules is native, however few they are', () => {
  const left = `table inet istio-proxy-nat {
  chain output {
    type nat hook output priority -100; policy accept;
    counter jump istio-output
  }

  chain istio-output {
    meta skuid 1337 counter return
    meta l4proto tcp counter redirect to :15001
  }
}
`;
  const { outcome, answers } = identify(observe(left));
  expect(outcome).toBe('nearest');
  expect(answers[0]?.switches.native).toBe(true);
  expect(answers[0]?.differences.length).toBeGreaterThan(0);
});

describe('the arguments of an answer', () => {
  it('ask for native rules', () => {
    const args = ['-p', '15001', '-i', '*', '-b', '*', '-o', '9042', '--native-nftables'];
    const identified = identify(observe(printNft(planFromArguments(args, { release: '1.28' }))));
    const [answer] = identified.answers;
    if (answer === undefined) throw new Error('no answer');
    expect(JSON.stringify(describeAnswer(identified, answer))).toContain('--native-nftables');
    expect([answer.releases.at(0), answer.releases.at(-1), answer.switches.native]).toEqual(['1.28.0', '1.30.3', true]);
  });
});
