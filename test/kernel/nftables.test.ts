import { expect, it } from 'vitest';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { ruleOf } from '../../src/netfilter/nft/from-expressions.ts';
import { plainTexts } from '../../src/netfilter/nft/plain-texts.ts';
import { nftRuleText, printNft, printNftJson, printNftScript } from '../../src/netfilter/nft/print.ts';
import { readNft } from '../../src/netfilter/nft/read.ts';
import { readExpressions } from '../../src/netfilter/nft/read-expressions.ts';
import { NO_NFT } from '../../src/netfilter/nft/ruleset.ts';
import { expandWithCandidate, NATIVE_CASES } from '../golden-nftables.ts';
import { feed, inNamespace } from './namespace.ts';
import { randomNftScript } from './nft-rulesets.ts';
import { randomBy } from './packets-random.ts';
import { describeKernel } from './requirements.ts';
import { played, rounds } from './trials.ts';

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
    ['as a script', played(PLANS, 6), (plan: CapturePlan): string => feed('nft -f -', printNftScript(plan.nft ?? NO_NFT))],
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

/** Every rule as what it looks up stands for, without numbers of counters. */
function plainRules(text: string): readonly string[] {
  const { tables } = readNft(text)?.ruleset ?? NO_NFT;
  return tables.flatMap(({ family, name, sets, chains }) =>
    chains.flatMap((chain) =>
      chain.rules.map((rule) => {
        const { counters: _, ...bare } = rule;
        return `${family} ${name} ${chain.name} ${plainTexts(nftRuleText(bare), sets)
          .map((one) => nftRuleText(ruleOf(readExpressions(one), family)))
          .join(' || ')
          // Marks that stand in a map have no form of their own in JSON.
          .replaceAll(/0x[\da-f]+/g, (mark) => `${Number(mark)}`)}`;
      }),
    ),
  );
}

describeKernel('what rules of nft look values up in', () => {
  it('is read from JSON as from the listing, and printed as nft takes it', async () => {
    const scripts = Array.from({ length: rounds(40, 6) }, (_, nth) =>
      // nft's JSON leaves out what follows from a port, and says states in another way; its text does not.
      randomNftScript(randomBy(7000 + nth), { opaque: 0, apart: true }).replaceAll(
        /ip protocol tcp |ip6 nexthdr udp |meta nfproto ipv[46] /g,
        '',
      ),
    );
    await inNamespace(async ({ run }) => {
      let looked = 0;
      for (const script of scripts) {
        const { stdout, stderr } = await run(
          `set -e\nnft flush ruleset\n${feed('nft -f -', script)}nft -s list ruleset\necho '### JSON'\nnft -j -s list ruleset\n`,
        );
        expect(stderr).toBe('');
        const [listed = '', json = ''] = stdout.split('### JSON\n');
        const withoutComments = listed.replaceAll(/ comment "tcp dport 80 drop # handle 7"/g, '');
        expect(plainRules(json)).toEqual(plainRules(withoutComments));
        looked += plainRules(json).filter((line) => line.includes(' || ')).length;
        const again = await run(
          `set -e\nnft flush ruleset\n${feed('nft -f -', printNftScript(readNft(withoutComments)?.ruleset ?? NO_NFT))}nft -s list ruleset\n`,
        );
        expect(again.stderr).toBe('');
        expect(plainRules(again.stdout)).toEqual(plainRules(withoutComments));
      }
      expect(looked).toBeGreaterThan(rounds(50, 6));
    });
  });
});

/** In an order in which each is there before it is named. */
const LOOKUPS = `table inet foreign {
	set blocked {
		type ipv4_addr
		flags interval
		elements = { 10.9.9.9, 192.0.2.0/24, 198.51.100.3-198.51.100.9 }
	}
	set pairs {
		type ipv4_addr . inet_service
		elements = { 10.9.9.9 . 80 comment "a pod" }
	}
	map ways {
		type inet_service : verdict
		elements = { 22 : accept, 80 : jump other }
	}
	map addresses {
		type inet_service : ipv4_addr . inet_service
		elements = { 80 : 10.1.2.3 . 8080 }
	}
	chain other {
	}
	chain output {
		type filter hook output priority filter; policy accept;
		ip daddr @blocked drop
		tcp dport vmap @ways
		tcp dport vmap { 23 : drop, 24-30 : return }
		ip daddr . tcp dport @pairs drop
		ip daddr . meta l4proto . th dport vmap { 10.1.2.3 . tcp . 80 : accept, 10.0.0.0/8 . udp . 1-1023 : drop }
		meta mark set tcp dport map { 80 : 0x1, 443 : 0x539 }
		ct state vmap { established : accept, new : jump other }
	}
	chain nat {
		type nat hook output priority -100; policy accept;
		dnat ip to tcp dport map { 80 : 10.1.2.3, 443 : 10.9.9.9 }
		numgen random mod 2 vmap { 0 : goto other, 1 : return }
	}
}
`;

describeKernel('the JSON of sets, maps and what looks up in them', () => {
  it('is that of nft itself', async () => {
    const { stdout, stderr } = await inNamespace(({ run }) =>
      run(`set -e\n${feed('nft -f -', LOOKUPS)}nft -s list ruleset\necho '###'\nnft -j -s list ruleset\n`),
    );
    expect(stderr).toBe('');
    const [listing = '', json = ''] = stdout.split('###\n');
    const itemsOf = (text: string): readonly unknown[] =>
      (JSON.parse(text) as { readonly nftables: readonly Readonly<Record<string, object>>[] }).nftables
        .filter((item) => !('metainfo' in item))
        .map((item) => Object.fromEntries(Object.entries(item).map(([kind, value]) => [kind, { ...value, handle: undefined }])));
    const printed = itemsOf(printNftJson(readNft(listing)?.ruleset ?? NO_NFT));
    // Sets are told first, and chains before their rules; which set comes first is nft's own affair.
    expect(printed).toEqual(expect.arrayContaining([...itemsOf(json)]));
    expect(printed).toHaveLength(itemsOf(json).length);
  });
});
