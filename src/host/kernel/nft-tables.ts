/** What nft lists: Istio's native tables, which iptables does not show, and whether iptables would show any. */

import { isNativeTable } from '../../istio/found/ownership/native-names.ts';
import { readNetlinkListing } from '../../netfilter/nft-listing/netlink-listing.ts';
import type { NftTable } from '../../netfilter/nft-listing.ts';
import { readNftListing } from '../../netfilter/nft-listing.ts';
import { TABLES } from '../../netfilter/rule.ts';
import type { Failure } from '../failure/failure.ts';
import { whyFailed } from '../failure/why-failed.ts';
import type { Namespace } from '../namespace/namespace.ts';
import { succeeded } from '../run.ts';
import { system } from '../system.ts';

export interface NftTables {
  /** `istio-proxy-nat` and its like, of family inet: the native rules of 1.27 and later. */
  readonly native: readonly string[];
  /** The JSON that all rules can be read from, where this nft has it. */
  readonly json?: string;
  /** Why nothing is known of nft. */
  readonly failure?: Failure;
  /** Whether iptables-nft would show any table; undefined where nft is not here to ask, or may not ask. */
  readonly ip: boolean | undefined;
  /** The same for ip6tables-nft. */
  readonly ip6: boolean | undefined;
  /** What nft shows of all of them, to hold what iptables-nft-save prints against. */
  readonly listed: readonly NftTable[];
  /** Chains of other tables that translate addresses. */
  readonly natHooks: readonly NatHook[];
}

/** A base chain of the nat type in a table that no iptables shows. */
export interface NatHook {
  /** `ip bar`. */
  readonly table: string;
  readonly chain: string;
  readonly hook: 'prerouting' | 'output';
  readonly priority: number;
}

/**
 * One process for all answers, and none where the kernel itself can be asked and has only what iptables makes. Without nft there are no
 * native tables: nothing here could have made any. Where it `isNeeded`, for tables that are to be made, it is started anyhow.
 */
export async function listNftTables(namespace: Namespace, deadline: number, isNeeded: boolean): Promise<NftTables> {
  const text = !isNeeded && namespace.here ? system.netlinkListing() : undefined;
  const parsed = text === undefined ? undefined : readNetlinkListing(text);
  const listing: NftListing | { readonly failure: Failure } =
    parsed === undefined ? await listEveryNftTable(namespace, deadline) : { tables: parsed };
  if ('failure' in listing) return { native: [], ip: undefined, ip6: undefined, listed: [], natHooks: [], failure: listing.failure };
  const { tables: listed, json } = listing;
  const native = listed.filter(isNativeTable).map(({ name }) => name);
  const any = (of: string): boolean => listed.some(({ family }) => family === of);
  return {
    native,
    ip: any('ip'),
    ip6: any('ip6'),
    listed,
    natHooks: listed.flatMap(natHooksOf),
    ...(json !== undefined && { json }),
  };
}

function natHooksOf(table: NftTable): readonly NatHook[] {
  const { family, name, chains = [] } = table;
  if (!['ip', 'ip6', 'inet'].includes(family) || isIptables(table) || isNativeTable(table)) return [];
  return chains.flatMap(({ name: chain, type, hook, priority = 0 }): readonly NatHook[] =>
    type === 'nat' && (hook === 'prerouting' || hook === 'output') ? [{ table: `${family} ${name}`, chain, hook, priority }] : [],
  );
}

/** What nft lists. */
export interface NftListing {
  readonly tables: readonly NftTable[];
  /** The JSON that its rules can be read from; undefined where an nft without JSON told the names of the tables alone. */
  readonly json?: string;
}

/** Every table of every family with all that nft shows of it, or why they can't be listed. */
export async function listEveryNftTable(
  namespace: Pick<Namespace, 'run'>,
  deadline: number,
): Promise<NftListing | { readonly failure: Failure }> {
  const whole = await namespace.run({ argv: ['nft', '-j', 'list', 'ruleset'], deadline });
  const listed = succeeded(whole) ? readNftListing(whole.stdout) : undefined;
  if (listed !== undefined) return { tables: listed, json: whole.stdout };
  const ran = whole.notFound ? whole : await namespace.run({ argv: ['nft', 'list', 'tables'], deadline });
  if (!succeeded(ran)) return { failure: await whyFailed(ran) };
  return { tables: [...ran.stdout.matchAll(/^table (\S+) (\S+)$/gm)].map(([, family = '', name = '']) => ({ family, name })) };
}

/** Whether it is a table of iptables or ip6tables: of one of their names, in their family. */
export function isIptables({ family, name }: Pick<NftTable, 'family' | 'name'>): boolean {
  return (family === 'ip' || family === 'ip6') && TABLES.includes(name);
}
