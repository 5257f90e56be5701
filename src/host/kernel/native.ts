/** Istio's own tables of nft: read, changed, proved and put back. Loaded only where there are any, or any are wanted. */

import { isNativeChain, isNativeTable, NATIVE_TABLES } from '../../istio/found/ownership/native-names.ts';
import { printNftRuleset, printNftScript } from '../../netfilter/nft/print.ts';
import { readNft } from '../../netfilter/nft/read.ts';
import { reconcileNft } from '../../netfilter/nft/reconcile.ts';

export { isEchoOf } from '../../netfilter/nft/reconcile.ts';

import type { NftRuleset } from '../../netfilter/nft/ruleset.ts';
import { NO_NFT } from '../../netfilter/nft/ruleset.ts';
import { rulesetOfNft } from '../../netfilter/nft/ruleset-of-nft.ts';
import type { Failure } from '../failure/failure.ts';
import { whyFailed } from '../failure/why-failed.ts';
import type { Namespace } from '../namespace/namespace.ts';
import { succeeded } from '../run.ts';
import type { NativeTables } from './native-tables.ts';
import type { NftTables } from './nft-tables.ts';
import type { NativeChange, Step } from './transaction.ts';

/** Reads them from what nft has listed; an nft without JSON is asked for its text. */
export async function readNative(
  namespace: Namespace,
  { json, failure }: NftTables,
  deadline: number,
): Promise<NativeTables | { readonly failure: Failure }> {
  if (failure !== undefined) return { failure };
  if (json !== undefined) return nativeTables(ownOf(json), json);
  const ran = await namespace.run({ argv: ['nft', 'list', 'ruleset'], deadline });
  return succeeded(ran) ? nativeTables(ownOf(ran.stdout)) : { failure: await whyFailed(ran) };
}

function ownOf(text: string): NftRuleset {
  return { tables: (readNft(text)?.ruleset ?? NO_NFT).tables.filter(isNativeTable) };
}

/** The tables, as each family meets them. */
export function nativeTables(nft: NftRuleset, json?: string): NativeTables {
  return { nft, ip: rulesetOfNft(nft, 'ip'), ip6: rulesetOfNft(nft, 'ip6'), ...(json !== undefined && { json }) };
}

/** The transaction to the wanted tables. */
export function nativeChange({ nft, json }: NativeTables, desired: NftRuleset): Omit<NativeChange, 'first'> {
  const { script, ...change } = reconcileNft(nft, desired, isNativeChain);
  return { ...change, steps: script === '' ? [] : [{ ...stepOf(['nft', '-f', '-'], script), json: json !== undefined }] };
}

function stepOf(argv: Step['argv'], text: string): Step {
  return { kind: 'native tables', family: undefined, argv, text };
}

/** The step back to tables that were there before, exactly as nft had listed them; none where they are there `now`. */
export function rollbackTo(before: NativeTables, now?: NativeTables): readonly Step[] {
  if (now !== undefined && listingOf(before.nft) === listingOf(now.nft)) return [];
  const commands = NATIVE_TABLES.flatMap((name) => ['add', 'delete'].map((verb) => ({ [verb]: { table: { family: 'inet', name } } })));
  if (before.json !== undefined)
    return [stepOf(['nft', '-j', '-f', '-'], `${JSON.stringify({ nftables: [...commands, ...itemsOf(before.json)] })}\n`)];
  const removed = NATIVE_TABLES.map((name) => `add table inet ${name}\ndelete table inet ${name}\n`).join('');
  return [stepOf(['nft', '-f', '-'], removed + printNftScript(before.nft))];
}

/** What nft lists of our tables, each as the command that makes it. */
function itemsOf(json: string): readonly object[] {
  const { nftables = [] } = JSON.parse(json) as { readonly nftables?: readonly Readonly<Record<string, Item>>[] };
  return nftables.flatMap((item) =>
    Object.entries(item).flatMap(([kind, { handle: _, ...value }]) =>
      isNativeTable({ family: `${value.family}`, name: `${kind === 'table' ? value.name : value.table}` })
        ? [{ add: { [kind]: value } }]
        : [],
    ),
  );
}

interface Item {
  readonly family?: unknown;
  readonly name?: unknown;
  readonly table?: unknown;
  readonly handle?: unknown;
}

/** Without the numbers of counters. */
function listingOf(nft: NftRuleset): string {
  return printNftRuleset(nft).replace(/ packets \d+ bytes \d+/g, '');
}
