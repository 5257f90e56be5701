/** Native rules said as iptables: what iptables-restore takes, and iptables-save prints afterwards. */

import { expect, it } from 'vitest';
import { iptablesNameIn } from '../../src/istio/plan/native/iptables-names.ts';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import { asIptables } from '../../src/netfilter/nft/as-iptables.ts';
import { printRestore, printSave } from '../../src/netfilter/print.ts';
import { readRules } from '../../src/netfilter/read.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import { expandWithCandidate, NATIVE_CASES } from '../golden-nftables.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';

function plans(): readonly CapturePlan[] {
  return NATIVE_CASES.flatMap(({ args, env, addresses, nameservers, outcomes }) =>
    outcomes
      .filter(({ error }) => error !== true)
      .map(({ releases }) => planFromArguments(args, { env, addresses, nameservers, release: expandWithCandidate(releases)[0] ?? '' })),
  );
}

const SAID: readonly Ruleset[] = [
  ...new Map(
    plans().flatMap((plan) =>
      FAMILIES.map((family) => {
        const { ruleset } = asIptables(plan[family], iptablesNameIn);
        return [`${family} ${printSave(ruleset)}`, ruleset] as const;
      }),
    ),
  ).values(),
];

describeKernel('native rules said as iptables', () => {
  it('are what iptables-save prints where iptables-restore has read them', async () => {
    const program = (family: string): string => (family === 'ip' ? 'iptables' : 'ip6tables');
    const scripts = SAID.map(
      (ruleset) =>
        `nft flush ruleset\n${feed(`${program(ruleset.family)}-nft-restore`, printRestore(ruleset))}${program(ruleset.family)}-nft-save\necho '### end'\n`,
    );
    const { stdout, stderr } = await inNamespace(({ run }) => run(`set -e\n${scripts.join('')}`));
    expect(stderr).toBe('');
    const saved = stdout.split('### end\n').slice(0, -1);
    const read = saved.map((text, nth) => {
      const family = SAID[nth]?.family ?? 'ip';
      return printSave(readRules(text, { family }).rulesets[0] ?? { family, tables: [] });
    });
    expect(read).toEqual(SAID.map((ruleset) => printSave(ruleset)));
    expect(SAID.length).toBeGreaterThan(100);
  });
});
