import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { printWritten } from '../../../../src/istio/plan/native/written.ts';
import { planFromArguments } from '../../../../src/istio/plan/plan-from-arguments.ts';
import { printNftRuleset } from '../../../../src/netfilter/nft/print.ts';
import { readNft } from '../../../../src/netfilter/nft/read.ts';
import { NO_NFT } from '../../../../src/netfilter/nft/ruleset.ts';
import { expandWithCandidate, NATIVE_CASES, nativeFile } from '../../../golden-nftables.ts';

const SCRIPTS = readdirSync(new URL('../../../../golden/nftables/nft-json/', import.meta.url)).filter((file) => file.endsWith('.nft'));

it('there are 22 scripts of the real program', () => {
  expect(SCRIPTS.length).toBe(22);
});

it.each(SCRIPTS)('the transaction of %s is in the words of the real program', (file) => {
  const [, name = '', release = ''] = /^(.*)-(\d+\.\d+\.\d+)\.nft$/.exec(file) ?? [];
  const { args, env, addresses, nameservers } = NATIVE_CASES.find((one) => one.name === name) as (typeof NATIVE_CASES)[number];
  const { nft = NO_NFT } = planFromArguments(args, { env, addresses, nameservers, release });
  expect(printWritten(nft)).toBe(nativeFile(`nft-json/${file}`));
});

it('it makes the tables of the plan, in every golden case', () => {
  for (const { name, args, env, addresses, nameservers, outcomes } of NATIVE_CASES)
    for (const { releases, error } of outcomes) {
      if (error) continue;
      const { nft = NO_NFT } = planFromArguments(args, { env, addresses, nameservers, release: expandWithCandidate(releases)[0] ?? '' });
      expect(printNftRuleset(readNft(printWritten(nft))?.ruleset ?? NO_NFT), name).toBe(printNftRuleset(nft));
    }
});
