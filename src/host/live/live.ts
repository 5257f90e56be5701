/** All rules of a live namespace: of both backends and both families, with where each part lives and what could not be seen. */

import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { holdsAnything, mergeRulesets } from '../../netfilter/merge.ts';
import { readNft } from '../../netfilter/nft/read.ts';
import type { NftRuleset } from '../../netfilter/nft/ruleset.ts';
import { NO_NFT } from '../../netfilter/nft/ruleset.ts';
import { rulesetOfNft } from '../../netfilter/nft/ruleset-of-nft.ts';
import type { NftTable } from '../../netfilter/nft-listing.ts';
import type { Observation, ObservedTables, Unseen } from '../../netfilter/observation.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import { TABLES } from '../../netfilter/rule.ts';
import type { Failure } from '../failure/failure.ts';
import type { NftListing } from '../kernel/nft-tables.ts';
import { isIptables, listEveryNftTable } from '../kernel/nft-tables.ts';
import type { Reading } from '../kernel/snapshot.ts';
import type { Namespace } from '../namespace/namespace.ts';
import type { BackendPart } from './backend-part.ts';
import { legacyPart, nftPart } from './backend-part.ts';
import { kernelHasNft } from './nft-kernel.ts';

/** Where some of the live rules are. */
export interface Place {
  readonly family: Family;
  readonly table: string;
  readonly backend: 'nft' | 'legacy' | 'native nft';
}

export interface LiveRules {
  readonly observation: Observation;
  readonly places: readonly Place[];
  /** Tables of nft's own, as nft lists them. */
  readonly nft: NftRuleset;
  /** Sentences. */
  readonly warnings: readonly string[];
}

/**
 * Reads a namespace and changes nothing in it; `deadline` in milliseconds is that of each program. A failure where
 * nothing can be said of either family. nft is not asked on a kernel that has not loaded it: there it holds nothing.
 */
export async function readLive(
  namespace: Namespace,
  deadline: number,
  hasNft: boolean = namespace.machine?.hasNft ?? kernelHasNft(),
): Promise<LiveRules | { readonly failure: Failure }> {
  const reading = { namespace, netFiles: await namespace.netFiles(), deadline, counted: true } as const;
  const looked = await observe(reading, hasNft);
  // Somebody may have changed rules between the two; who forges some does so again.
  const { listing, families } = looked.families.some(({ disputed }) => disputed) ? await observe(reading, hasNft) : looked;
  const listed = 'failure' in listing ? undefined : listing.tables;
  const nft = 'failure' in listing ? NO_NFT : ownRules(listing);
  const failure = families.flatMap(({ failures }) => failures)[0];
  if (failure !== undefined && families.every(({ seen }) => seen.length === 0)) return { failure };
  const [ip, ip6] = families as [FamilyPart, FamilyPart];
  const native =
    'failure' in listing
      ? [{ kind: 'native table' as const, reason: `native nft tables can not be listed: ${listing.failure.text}` }]
      : nativeUnseen(listing.tables, nft);
  return {
    observation: {
      ip: withTables(ip.ruleset, nft),
      ip6: withTables(ip6.ruleset, nft),
      seen: { ip: ip.seen, ip6: ip6.seen },
      unseen: [...ip.unseen, ...ip6.unseen, ...native],
    },
    places: [...ip.places, ...ip6.places, ...nativePlaces(listed ?? [])],
    nft,
    warnings: [...ip.warnings, ...ip6.warnings],
  };
}

interface LiveReading {
  readonly listing: Awaited<ReturnType<typeof listEveryNftTable>>;
  readonly families: readonly FamilyPart[];
}

async function observe(reading: Reading, hasNft: boolean): Promise<LiveReading> {
  const listing = hasNft ? await listEveryNftTable(reading.namespace, reading.deadline) : { tables: [] };
  const listed = 'failure' in listing ? undefined : listing.tables;
  const families = await Promise.all(
    FAMILIES.map(async (family) => together(family, await Promise.all([nftPart(reading, family, listed), legacyPart(reading, family)]))),
  );
  return { listing, families };
}

interface FamilyPart {
  /** Two looks at the same time showed different rules. */
  readonly disputed: boolean;
  readonly ruleset: Observation['ip'];
  readonly seen: ObservedTables;
  readonly unseen: readonly Unseen[];
  readonly places: readonly Place[];
  readonly warnings: readonly string[];
  readonly failures: readonly Failure[];
}

function together(family: Family, parts: readonly [BackendPart, BackendPart]): FamilyPart {
  const [nft, legacy] = parts;
  const { ruleset, both } = mergeRulesets(nft.ruleset, legacy.ruleset, legacy.backend);
  const held = (part: BackendPart): readonly string[] => part.ruleset.tables.filter(holdsAnything).map(({ name }) => name);
  return {
    ruleset,
    seen: seenOf(parts, parts.flatMap(held)),
    unseen: parts.flatMap(({ unseen }) => unseen),
    places: parts.flatMap((part) => held(part).map((table) => ({ family, table, backend: part.backend }))),
    warnings: [...parts.flatMap(({ warnings }) => warnings), ...both.map((table) => twice(family, table))],
    failures: parts.flatMap(({ failure }) => failure ?? []),
    disputed: parts.some(({ disputed = [] }) => disputed.length > 0),
  };
}

/** A table in which one backend shows rules counts as seen, though another backend that can't be read may hold more of it. */
function seenOf(parts: readonly BackendPart[], held: readonly string[]): ObservedTables {
  if (parts.every(({ hidden }) => hidden.length === 0)) return 'all';
  return TABLES.filter((table) => held.includes(table) || parts.every(({ hidden }) => hidden !== 'all' && !hidden.includes(table)));
}

// Hooks of one priority run in the reverse order of their registration, those of nat chains too: measured on Linux 6.18
// with both orders of making and all four tables. Nothing in a namespace shows afterwards which came first.
function twice(family: Family, table: string): string {
  const of = family === 'ip' ? 'IPv4' : 'IPv6';
  return `the ${of} table ${table} has rules in nft and in legacy, and packets meet both: first those of the backend whose table was made last, which can not be seen afterwards; here nft's stand first`;
}

/** The tables that packets of IP meet and no iptables shows. */
function ownRules({ json }: NftListing): NftRuleset {
  const { ruleset = NO_NFT } = (json === undefined ? undefined : readNft(json)) ?? {};
  return { tables: ruleset.tables.filter((table) => ['ip', 'ip6', 'inet'].includes(table.family) && !isIptables(table)) };
}

function withTables(ruleset: Ruleset, nft: NftRuleset): Ruleset {
  return { ...ruleset, tables: [...ruleset.tables, ...rulesetOfNft(nft, ruleset.family).tables] };
}

function nativeUnseen(tables: readonly NftTable[], read: NftRuleset): readonly Unseen[] {
  return tables
    .filter(
      (table) => !isIptables(table) && mayAct(table) && !read.tables.some((one) => one.family === table.family && one.name === table.name),
    )
    .map(({ family, name }) => ({
      kind: 'native table',
      ...(family === 'ip' || family === 'ip6' ? { family } : {}),
      reason: `the table ${family} ${name} is native to nft, and no rules of iptables`,
    }));
}

/** Whether packets of IP may meet it: a base chain has rules, or refuses by its policy; of a table that nft only named, anything may be. */
function mayAct({ family, chains }: NftTable): boolean {
  if (chains === undefined) return true;
  return family !== 'arp' && chains.some(({ hook, policy, rules }) => hook !== undefined && (rules.length > 0 || policy === 'drop'));
}

/** A table of family inet holds rules of both families; those of arp, bridge and netdev are no rules of either. */
function nativePlaces(tables: readonly NftTable[]): readonly Place[] {
  return tables
    .filter((table) => !isIptables(table))
    .flatMap(({ family, name }) =>
      FAMILIES.filter((of) => family === of || family === 'inet').map((of): Place => ({ family: of, table: name, backend: 'native nft' })),
    );
}
