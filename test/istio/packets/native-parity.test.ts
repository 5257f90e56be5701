/**
 * `--native-nftables` and iptables of one release do the same to packets, but at the seams that are known: found by comparing
 * both for all packets, over the settings of golden/nftables and releases with every text of native rules.
 */

import { describe, expect, it } from 'vitest';
import type { BehaviorRegion } from '../../../src/istio/packets/behavior.ts';
import { compareBehavior } from '../../../src/istio/packets/behavior.ts';
import type { CapturePlan } from '../../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import { FAMILIES } from '../../../src/netfilter/family.ts';
import { printNft } from '../../../src/netfilter/nft/print.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import type { NativeCase } from '../../golden-nftables.ts';
import { NATIVE_CASES } from '../../golden-nftables.ts';

interface Pair {
  readonly name: string;
  readonly iptables: CapturePlan;
  readonly native: CapturePlan;
  readonly golden: NativeCase;
}

// The first and the last of each stretch of releases that make one text.
const RELEASES = ['1.27.0', '1.27.9', '1.28.0', '1.28.10', '1.29.0', '1.30.3'];

function pairOf(golden: NativeCase, release: string): Pair | undefined {
  const { args, env, addresses, nameservers, name } = golden;
  const { NATIVE_NFTABLES: _, ...others } = env;
  const plain = args.filter((arg) => !arg.startsWith('--native-nftables'));
  try {
    const native = planFromArguments(args, { env, addresses, nameservers, release });
    const iptables = planFromArguments(plain, { env: others, addresses, nameservers, release });
    return { name: `${name} at ${release}`, iptables, native, golden };
  } catch (error) {
    // What one of the two refuses has no other to be compared with.
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

const PAIRS = [
  ...new Map(
    NATIVE_CASES.flatMap((golden) => RELEASES.flatMap((release) => pairOf(golden, release) ?? [])).map((pair) => {
      const { iptables, native } = pair;
      return [[printNft(native).replaceAll(' counter', ''), printSave(iptables.ip), printSave(iptables.ip6)].join('\n'), pair] as const;
    }),
  ).values(),
];

/** Where the two are known to differ (docs/diff.md), and how a region shows it. */
const SEAMS: Readonly<Record<string, (pair: Pair, region: BehaviorRegion, family: 'ip' | 'ip6') => boolean>> = {
  // xt_owner takes a packet without a socket for one of another user; nft's skuid is not asked, and the rule does not match.
  'no socket': (_, { words }) => words.includes('from no socket'),
  // iptables drops what conntrack finds invalid of every protocol.
  'drop-invalid': (_, { words }) => words.startsWith('anything but TCP ') && words.includes('in state INVALID'),
  // One inet table: rules without an address serve IPv6 too.
  'IPv6 is off': ({ iptables }, _, family) => family === 'ip6' && iptables.ip6.tables.length === 0,
  // `eth*` is a wildcard of nft, and a name to iptables.
  star: ({ golden }) => golden.args.some((arg) => /^[a-z]+\d*\*$/.test(arg)),
  // Of names of users, groups and services iptables knows what its machine knows.
  names: (_, { left }) => left.verdict === 'unknown',
};

function seamsOf(pair: Pair): readonly string[] {
  const { addresses, nameservers } = pair.golden;
  return FAMILIES.flatMap((family) => {
    const { different, unclear, more, tooLarge } = compareBehavior(pair.iptables, pair.native, {
      facts: { addresses, nameservers },
      family,
      most: 50,
    });
    const beyond = more > 0 || tooLarge ? [`more regions than are looked at in ${family}`] : [];
    const seams = [...different, ...unclear].map(
      (region) =>
        Object.keys(SEAMS).find((name) => SEAMS[name]?.(pair, region, family)) ??
        `${region.words}: ${region.left.words}, ${region.right.words}`,
    );
    return [...beyond, ...seams];
  });
}

const FOUND = new Set<string>();

describe('native rules do to packets what those of iptables do, but at the seams', () => {
  it.each(PAIRS.map((pair) => [pair.name, pair] as const))('%s', (_, pair) => {
    const seams = seamsOf(pair);
    for (const seam of seams) FOUND.add(seam);
    expect(seams.filter((seam) => !Object.hasOwn(SEAMS, seam))).toEqual([]);
  });

  it('each seam is met, and there are enough pairs', () => {
    expect(PAIRS.length).toBeGreaterThan(80);
    expect([...FOUND].sort()).toEqual(Object.keys(SEAMS).sort());
  });
});
