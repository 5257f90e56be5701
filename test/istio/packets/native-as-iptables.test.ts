/**
 * Native rules of nft said as rules of iptables: those that the same arguments make with iptables, and for all packets the
 * same as nft's own.
 */

import { describe, expect, it } from 'vitest';
import { compareBehavior } from '../../../src/istio/packets/behavior.ts';
import { planAmbient } from '../../../src/istio/plan/ambient/ambient-plan.ts';
import type { AmbientKnobs } from '../../../src/istio/plan/ambient/knobs.ts';
import { iptablesNameIn } from '../../../src/istio/plan/native/iptables-names.ts';
import type { CapturePlan } from '../../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import { FAMILIES } from '../../../src/netfilter/family.ts';
import { asIptables } from '../../../src/netfilter/nft/as-iptables.ts';
import { printNft } from '../../../src/netfilter/nft/print.ts';
import { readNft } from '../../../src/netfilter/nft/read.ts';
import { rulesetOfNft } from '../../../src/netfilter/nft/ruleset-of-nft.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import type { Ruleset } from '../../../src/netfilter/rule.ts';
import type { NativeCase } from '../../golden-nftables.ts';
import { NATIVE_CASES } from '../../golden-nftables.ts';

function planOf({ args, env, addresses, nameservers }: NativeCase, release: string, native: boolean): CapturePlan | undefined {
  const { NATIVE_NFTABLES: _, ...others } = env;
  const plain = args.filter((arg) => !arg.startsWith('--native-nftables'));
  try {
    return planFromArguments(native ? args : plain, { env: native ? env : others, addresses, nameservers, release });
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

/** Said from the listing, so that nothing is known of it but its text. */
function saidOf(plan: CapturePlan): { readonly ip: Ruleset; readonly ip6: Ruleset; readonly unsaid: readonly string[] } {
  const nft = readNft(printNft(plan))?.ruleset ?? { tables: [] };
  const [ip, ip6] = FAMILIES.map((family) => asIptables(rulesetOfNft(nft, family), iptablesNameIn));
  if (ip === undefined || ip6 === undefined) throw new Error('two families');
  return { ip: ip.ruleset, ip6: ip6.ruleset, unsaid: [...ip.leftOut, ...ip6.leftOut] };
}

const PLANS = NATIVE_CASES.flatMap((golden) =>
  ['1.27.0', '1.30.3'].flatMap((release) => {
    const native = planOf(golden, release, true);
    return native === undefined ? [] : [[`${golden.name} at ${release}`, golden, release, native] as const];
  }),
);

/** Those whose native rules no earlier one has; what is counted does nothing to packets. */
const DISTINCT = [
  ...new Map(
    PLANS.toReversed().map((one) => {
      const [, { addresses, nameservers }, , native] = one;
      return [JSON.stringify([printNft(native).replaceAll(' counter', ''), addresses, nameservers]), one] as const;
    }),
  ).values(),
].reverse();

/** Each rule as what it asks, in any order: nft keeps the order in which matches were written, iptables has its own. */
function withoutOrder(line: string): string {
  return line
    .replaceAll(/ -m (?:tcp|udp)(?= )/g, '')
    .split(/ (?=(?:! )?-)/)
    .sort()
    .join(' ');
}

/** Without what the native program is known to make otherwise than that of iptables, rule by rule (docs/apply.md). */
function withoutSeams(save: string): string {
  const lines = save
    .replaceAll('-p tcp -m conntrack --ctstate INVALID', '-m conntrack --ctstate INVALID')
    .split('\n')
    // The jumps to the chains of DNS serve both families.
    .filter((line) => !/^-A \S+(?: -p udp)? -j ISTIO_(?:OUTPUT_DNS|INBOUND)$/.test(line))
    // Chains that only the other family needs.
    .filter((line) => !/^:ISTIO_\S+ -$/.test(line));
  // TPROXY has two rules in another order.
  return lines.map(withoutOrder).sort().join('\n');
}

/** Whether iptables may resolve a name otherwise, or a star stands at the end of an interface's name, where nft has a wildcard. */
function isSaidOtherwise({ name, args }: NativeCase): boolean {
  return /-name$|star-exclude$/.test(name) || args.includes('root') || args.some((arg) => /^\w+\*$/.test(arg));
}

describe('native rules said as iptables', () => {
  it.each(PLANS)('%s is what the same arguments make of iptables', (_, golden, release, native) => {
    const said = saidOf(native);
    // Who has the last of all numbers is nobody to iptables.
    expect(said.unsaid.filter((line) => !line.endsWith('iptables takes no owner 4294967295'))).toEqual([]);
    if (said.unsaid.length > 0) return;
    const iptables = planOf(golden, release, false);
    if (iptables === undefined) return;
    if (isSaidOtherwise(golden)) return;
    expect(withoutSeams(printSave(said.ip))).toBe(withoutSeams(printSave(iptables.ip)));
    if (iptables.ip6.tables.length > 0) expect(withoutSeams(printSave(said.ip6))).toBe(withoutSeams(printSave(iptables.ip6)));
  });

  it.each(DISTINCT)('%s does to packets what nft does', (_, { addresses, nameservers }, __, native) => {
    const said = saidOf(native);
    if (said.unsaid.length > 0) return;
    for (const family of FAMILIES) {
      const { nft: ___, ...plain } = native;
      const comparison = compareBehavior(
        native,
        { ...plain, ip: said.ip, ip6: said.ip6 },
        { facts: { addresses, nameservers }, family, most: 50 },
      );
      // Mark 0 is that of every packet: where it leads nobody can tell.
      const found = [...comparison.different, ...comparison.unclear].filter(
        ({ words, left, right }) => !words.includes('from no socket') && (left.verdict !== 'unknown' || right.verdict !== 'unknown'),
      );
      expect(found.map(({ words, left, right }) => `${words}: ${left.words}, ${right.words}`)).toEqual([]);
    }
  });
});

const KNOBS: readonly AmbientKnobs[] = [
  {},
  { dns: true },
  { ipv6: true, dns: true },
  { ingress: true },
  { virtualInterfaces: ['eth1', 'eth2'], ipv6: true },
];

describe("the node agent's tables of nft said as iptables", () => {
  it.each(KNOBS.map((knobs) => [JSON.stringify(knobs), knobs] as const))('%s are the rules that it makes of iptables', (_, knobs) => {
    const native = planAmbient({ ...knobs, backend: 'nftables' }, { release: '1.30' });
    const iptables = planAmbient({ ...knobs, backend: 'iptables' }, { release: '1.30' });
    const said = asIptables(rulesetOfNft(native.nft ?? { tables: [] }, 'ip'), iptablesNameIn);
    expect(said.leftOut).toEqual([]);
    expect(withoutSeams(printSave(said.ruleset))).toBe(withoutSeams(printSave(iptables.ip)));
  });
});
