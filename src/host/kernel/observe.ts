/** One look at all there is: the rules of both backends, native tables, routing. What is known already is not asked again. */

import type { LiveRouting } from '../../istio/found/routing-changes.ts';
import { marksOf } from '../../istio/found/routing-changes.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import { rulesIn } from '../../netfilter/rule.ts';
import type { Failure } from '../failure/failure.ts';
import type { Namespace, NetFiles } from '../namespace/namespace.ts';
import type { Choice } from './backend.ts';
import { chooseBackend, hasIp6 } from './backend.ts';
import type { NativeTables } from './native-tables.ts';
import { NO_NATIVE } from './native-tables.ts';
import type { NftTables } from './nft-tables.ts';
import { listNftTables } from './nft-tables.ts';
import type { RoutingListing } from './routing.ts';
import { listRouting, liveRouting } from './routing.ts';
import { mayHaveLocalDefault6, mayHavePolicyRules } from './routing-files.ts';
import type { Backend, Reading } from './snapshot.ts';
import type { Trusted } from './trusted.ts';
import { placeText, trusted, untrusted } from './trusted.ts';

export interface ObservedState {
  readonly netFiles: NetFiles;
  readonly choice: Choice;
  readonly nftTables: NftTables;
  readonly native: NativeTables;
  readonly listing: RoutingListing;
  readonly routing: LiveRouting;
  readonly warnings: readonly string[];
  /** Rules ask more than the text of iptables-nft-save shows: each look has to be compared with what nft shows. */
  readonly doubted: boolean;
}

export interface Question {
  readonly backend?: Backend;
  readonly ip6: 'always' | 'unless none' | 'where needed';
  /** The families whose policy routing counts in any case; of the others only what may be left over. */
  readonly routing: readonly Family[];
  readonly deadline: number;
  /** Whether tables of nft are wanted: then what nft holds must be known, and iptables need not be here. */
  readonly native: boolean;
  /** What is wanted, for that is most likely there. */
  readonly likely: Readonly<Record<Family, Ruleset>>;
  readonly earlier?: Reading['earlier'];
}

/** What an earlier look or a step told. */
export interface Known {
  /** The backend that was chosen, where no other holds anything to change. */
  readonly backend?: Backend;
  readonly nftTables?: NftTables;
  readonly native?: NativeTables;
  readonly listing?: RoutingListing;
}

/** Looks; the processes run side by side where none needs another's answer. */
export async function observe(
  namespace: Namespace,
  question: Question,
  known: Known = {},
  repeated = false,
): Promise<ObservedState | { readonly failure: Failure }> {
  const netFiles = await namespace.netFiles();
  const reading = {
    namespace,
    netFiles,
    deadline: question.deadline,
    likely: question.likely,
    ...(question.earlier && { earlier: question.earlier }),
  };
  const listed =
    known.nftTables === undefined ? listNftTables(namespace, question.deadline, question.native) : Promise.resolve(known.nftTables);
  const wish = {
    ...(question.backend !== undefined && { forced: question.backend }),
    ...(known.backend !== undefined && { chosen: known.backend }),
    ip6: question.ip6,
    native: question.native,
    nftTables: listed,
  };
  const [choice, nftTables] = await Promise.all([chooseBackend(reading, wish), listed]);
  if ('failure' in choice) return choice;
  const native = known.native ?? (await nativeIn(namespace, question, nftTables));
  if ('failure' in native) return native;
  const { snapshot, doubts, failure } = await withLegacyWitness(
    trusted(choice.snapshot, known.nftTables === undefined ? nftTables : undefined),
    reading,
  );
  // Somebody may have changed rules between the two; who forges some does so again.
  if (failure !== undefined) return repeated ? { failure } : observe(namespace, question, known, true);
  const warnings: string[] = [...snapshot.warnings, ...doubts.map((one) => `not read: ${placeText(one)}`)];
  let listing: RoutingListing = known.listing ?? {};
  for (const family of FAMILIES) {
    if (listing[family] !== undefined || !isToBeListed(family, question, netFiles, [snapshot.ip6, native.ip6])) continue;
    const read = await listRouting(namespace, family, question.deadline);
    if (!('failure' in read)) listing = { ...listing, [family]: read };
    else if (question.routing.includes(family)) return read;
    else warnings.push(`policy routing is unknown: ${read.failure.text}`);
  }
  const view = { netFiles, choice: { ...choice, snapshot }, nftTables, native, listing, routing: liveRouting(listing, netFiles), warnings };
  return { ...view, doubted: doubts.length > 0 };
}

async function nativeIn(
  namespace: Namespace,
  { native, deadline }: Question,
  tables: NftTables,
): Promise<NativeTables | { readonly failure: Failure }> {
  if (!native && tables.native.length === 0) return NO_NATIVE;
  return (await import('./native.ts')).readNative(namespace, tables, deadline);
}

// A quoted word shows where it ends. Only a name that iptables-legacy-save prints as it is may hold lines, and every match
// that has one is opaque here: without any, as in a default pod, no program is started.
async function withLegacyWitness(found: Trusted, reading: Reading): Promise<Trusted> {
  const { snapshot, failure } = found;
  const rules = snapshot.families.flatMap((family) => rulesIn(snapshot[family]));
  const named = rules.some(({ matches, target }) => target.kind === 'opaque' || matches.some(({ kind }) => kind === 'opaque'));
  if (snapshot.backend !== 'legacy' || failure !== undefined || !named) return found;
  const { legacyDisputes } = await import('./legacy-witness.ts');
  const disputes = await Promise.all(snapshot.families.map((family) => legacyDisputes(reading, snapshot[family], snapshot.unseen)));
  const doubts = disputes.flat();
  return doubts.length === 0 ? found : { ...found, doubts: [...found.doubts, ...doubts], failure: untrusted(doubts) };
}

// The first policy rule of a namespace shows in a file, for IPv4. For IPv6 only our route does: where rules are
// wanted, or marks of ours are set, it is asked; and a policy rule alone that someone else left there stays.
function isToBeListed(family: Family, { routing }: Question, netFiles: NetFiles, rulesets: readonly Ruleset[]): boolean {
  if (family === 'ip') return mayHavePolicyRules(netFiles);
  if (!hasIp6({ netFiles })) return false;
  return routing.includes('ip6') || mayHaveLocalDefault6(netFiles) || marksOf(rulesets.flatMap((ruleset) => rulesIn(ruleset))).size > 0;
}
