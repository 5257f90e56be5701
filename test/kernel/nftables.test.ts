import { expect, it } from 'vitest';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { printNft, printNftJson, printNftScript } from '../../src/netfilter/nft/print.ts';
import { NO_NFT } from '../../src/netfilter/nft/ruleset.ts';
import { expandWithCandidate, NATIVE_CASES } from '../golden-nftables.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';

/** A plan for every distinct listing of the golden cases. */
const PLANS: readonly CapturePlan[] = [
  ...new Map(
    NATIVE_CASES.flatMap(({ args, env, addresses, nameservers, outcomes }) =>
      outcomes
        .filter(({ error }) => error !== true)
        .map(({ releases }) => {
          const release = expandWithCandidate(releases)[0] ?? '';
          const plan = planFromArguments(args, { env, addresses, nameservers, release });
          return [printNft(plan), plan] as const;
        }),
    ),
  ).values(),
];

/** The listing as the golden data has it. */
function normalListing(text: string): string {
  return text.replaceAll('\t', '  ');
}

// One in seven of them shows what is to be seen of a form, once all have been loaded in another.
const SOME = PLANS.filter((_, index) => index % 7 === 0);

describeKernel('distinct native plans', () => {
  it.each([
    ['as a script', PLANS, (plan: CapturePlan): string => feed('nft -f -', printNftScript(plan.nft ?? NO_NFT))],
    ['as a listing', SOME, (plan: CapturePlan): string => feed('nft -f -', printNft(plan))],
    ['as JSON', SOME, (plan: CapturePlan): string => feed('nft -j -f -', printNftJson(plan.nft ?? NO_NFT))],
  ] as const)('%s are what the kernel lists afterwards', async (_, plans, load) => {
    const scripts = plans.map((plan) => `nft flush ruleset\n${load(plan)}nft -s list ruleset\necho '### end'\n`);
    const { stdout, stderr } = await inNamespace(({ run }) => run(`set -e\n${scripts.join('')}`));
    expect(stderr).toBe('');
    const listed = stdout.split('### end\n').slice(0, -1);
    expect(listed.map(normalListing)).toEqual(plans.map(printNft));
    expect(plans.length).toBeGreaterThan(20);
  });
});
