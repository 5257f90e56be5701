/** Which backend to work with: where rules live, and what works. The fewest processes that can tell. */

import type { Family } from '../../netfilter/family.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import { rulesOfBoth } from '../../netfilter/rule.ts';
import type { Failure } from '../failure/failure.ts';
import type { NftTables } from './nft-tables.ts';
import { isIptables } from './nft-tables.ts';
import type { Backend, FamilyRead, Reading, Snapshot } from './snapshot.ts';
import { legacyTables, programOf, readFamily } from './snapshot.ts';

export interface Wish {
  /** Take this one, whatever lives where; the other is still looked at, for a warning. */
  readonly forced?: Backend;
  /** It was chosen before: nothing else is looked at. */
  readonly chosen?: Backend;
  /** Whether IPv6 rules are read in any case, but where somebody knows that there are none, or only where there may be any of Istio. */
  readonly ip6: 'always' | 'unless none' | 'where needed';
  /** Whether tables of nft are wanted: then iptables is asked only for rules that nft, or the kernel's list of legacy tables, shows. */
  readonly native: boolean;
  /** What nft lists, for it shows whether there is anything of IPv6. */
  readonly nftTables: Promise<NftTables>;
}

/** The backend and what it shows. */
export interface Choice {
  readonly snapshot: Snapshot;
  /** The other backend, where it was looked at as well. */
  readonly other?: Snapshot;
  /** Why legacy could not be read, though tables of it are in use. */
  readonly unread?: Failure;
  /** How it was chosen, for the debug log. */
  readonly reasons: readonly string[];
}

/** Whether the kernel of this namespace has IPv6. */
export function hasIp6({ netFiles }: Pick<Reading, 'netFiles'>): boolean {
  return netFiles.if_inet6 !== undefined;
}

/** Chooses by what is there, or as forced. */
export async function chooseBackend(reading: Reading, wish: Wish): Promise<Choice | { readonly failure: Failure }> {
  if (!wish.native) return chooseByReading(reading, wish);
  const native = await withoutIptables(reading, wish);
  if (native !== undefined) return native;
  const choice = await chooseByReading(reading, wish);
  return 'failure' in choice ? withoutProgram(reading, await wish.nftTables, choice.failure) : choice;
}

async function chooseByReading(reading: Reading, wish: Wish): Promise<Choice | { readonly failure: Failure }> {
  const { forced, chosen } = wish;
  if (chosen !== undefined) {
    const snapshot = await readBackend(reading, chosen, wish);
    return 'failure' in snapshot ? snapshot : { snapshot, reasons: [] };
  }
  if (forced !== undefined) return chooseForced(reading, wish, forced);
  if (legacyInUse(reading)) return await chooseBetween(reading, wish);
  const nft = await readBackend(reading, 'nft', wish);
  if ('failure' in nft) return await chooseOther(reading, wish, nft.failure);
  return { snapshot: nft, reasons: [`${programOf('nft', 'ip', 'save')} works`, 'the kernel lists no legacy table in use'] };
}

const NO_RULES: Snapshot = {
  backend: 'nft',
  families: [],
  ip: { family: 'ip', tables: [] },
  ip6: { family: 'ip6', tables: [] },
  texts: {},
  warnings: [],
  unseen: [],
};

/** What native mode knows of iptables without asking it; undefined where there are rules to look at. */
async function withoutIptables(reading: Reading, { nftTables }: Wish): Promise<Choice | undefined> {
  const { failure, listed } = await nftTables;
  if (legacyInUse(reading) || failure !== undefined) return undefined;
  const tables = listed.filter(isIptables);
  const empty = tables.every(({ chains }) => chains?.every(({ hook, rules }) => hook !== undefined && rules.length === 0));
  return empty ? { snapshot: NO_RULES, reasons: ['neither nft nor the kernel lists a rule of iptables'] } : undefined;
}

/** An image of native mode need not have iptables: only where rules of Istio are in it, somebody has to remove them. */
function withoutProgram(reading: Reading, { listed }: NftTables, failure: Failure): Choice | { readonly failure: Failure } {
  const ours = listed.some((table) => isIptables(table) && table.chains?.some(({ name }) => name.startsWith('ISTIO_')) !== false);
  if (failure.cause !== 'program-missing' || ours) return { failure };
  return { snapshot: NO_RULES, reasons: [failure.text], ...(legacyInUse(reading) && { unread: failure }) };
}

async function chooseBetween(reading: Reading, wish: Wish): Promise<Choice | { readonly failure: Failure }> {
  const legacy = await readBackend(reading, 'legacy', wish);
  const listed = await wish.nftTables;
  const noTables = listed.ip === false && listed.ip6 === false;
  // Where nft says that iptables-nft would show nothing, it need not be started to show it.
  if (noTables && !('failure' in legacy) && holdsRules(legacy))
    return { snapshot: legacy, reasons: ['legacy holds rules, and nft no table of iptables'] };
  const nft = await readBackend(reading, 'nft', wish);
  if ('failure' in nft)
    return 'failure' in legacy
      ? await chooseOther(reading, wish, nft.failure)
      : { snapshot: legacy, reasons: [`nft does not work: ${nft.failure.text}`] };
  if ('failure' in legacy)
    return { snapshot: nft, unread: legacy.failure, reasons: ['legacy tables are in use, but can not be read', legacy.failure.text] };
  return compare(nft, legacy);
}

/** Where Istio's rules live; else where any rules live, legacy before nft as since Istio 1.25.4; else nft. */
function compare(nft: Snapshot, legacy: Snapshot): Choice {
  const ours = { nft: holdsOurs(nft), legacy: holdsOurs(legacy) };
  const reasons = [
    `rules of Istio: nft ${yes(ours.nft)}, legacy ${yes(ours.legacy)}`,
    `any rules: nft ${yes(holdsRules(nft))}, legacy ${yes(holdsRules(legacy))}`,
  ];
  const preferred = ours.nft === ours.legacy ? !ours.nft && holdsRules(legacy) : ours.legacy;
  return preferred ? { snapshot: legacy, other: nft, reasons } : { snapshot: nft, other: legacy, reasons };
}

async function chooseForced(reading: Reading, wish: Wish, backend: Backend): Promise<Choice | { readonly failure: Failure }> {
  const snapshot = await readBackend(reading, backend, wish);
  if ('failure' in snapshot) return snapshot;
  const reasons = [`${backend} was requested`];
  const rival = backend === 'nft' && legacyInUse(reading) ? 'legacy' : backend === 'legacy' ? 'nft' : undefined;
  if (rival === undefined) return { snapshot, reasons };
  const other = await readBackend(reading, rival, wish);
  return 'failure' in other ? { snapshot, reasons } : { snapshot, other, reasons };
}

/** nft does not work: a missing program or a kernel without it leave the others to try, missing rights leave none. */
async function chooseOther(reading: Reading, wish: Wish, failure: Failure): Promise<Choice | { readonly failure: Failure }> {
  if (failure.cause !== 'program-missing' && failure.cause !== 'kernel-support' && failure.cause !== 'unknown') return { failure };
  const reasons = [`nft does not work: ${failure.text}`];
  const order: readonly Backend[] = failure.cause === 'program-missing' ? ['plain', 'legacy'] : ['legacy', 'plain'];
  for (const backend of order) {
    const snapshot = await readBackend({ ...reading, prove: true }, backend, wish);
    if (!('failure' in snapshot)) return { snapshot, reasons: [...reasons, `${backend} works`] };
    reasons.push(`${backend} does not work: ${snapshot.failure.text}`);
  }
  return { failure };
}

async function readBackend(reading: Reading, backend: Backend, wish: Wish): Promise<Snapshot | { readonly failure: Failure }> {
  const early = wish.ip6 === 'always' && hasIp6(reading);
  const [ip, ip6Early] = await Promise.all([readFamily(reading, backend, 'ip'), early ? readFamily(reading, backend, 'ip6') : undefined]);
  if ('failure' in ip) return ip;
  const late = !early && hasIp6(reading) && (await mayHoldIp6(reading, backend, wish, ip.ruleset));
  const ip6: FamilyRead | undefined = late ? await readFamily(reading, backend, 'ip6') : ip6Early;
  const empty: Ruleset = { family: 'ip6', tables: [] };
  const alone: Snapshot = {
    backend,
    families: ['ip'],
    ip: ip.ruleset,
    ip6: empty,
    texts: { ip: ip.text },
    warnings: ip.warnings,
    unseen: ip.unseen,
  };
  if (ip6 === undefined) return alone;
  if ('failure' in ip6) return early ? ip6 : { ...alone, warnings: [...ip.warnings, `IPv6 rules could not be read: ${ip6.failure.text}`] };
  const texts = { ip: ip.text, ip6: ip6.text };
  return {
    ...alone,
    families: ['ip', 'ip6'],
    ip6: ip6.ruleset,
    texts,
    warnings: [...ip.warnings, ...ip6.warnings],
    unseen: [...ip.unseen, ...ip6.unseen],
  };
}

/** Whether IPv6 rules may be there that nobody wants now. */
async function mayHoldIp6({ netFiles }: Reading, backend: Backend, { nftTables, ip6 }: Wish, ip: Ruleset): Promise<boolean> {
  const listed = backend === 'nft' ? (await nftTables).ip6 : listedAny(legacyTables(netFiles, 'ip6'));
  // Where nothing tells: no release makes IPv6 rules without IPv4 rules.
  return listed ?? (ip6 === 'unless none' || holdsIstio(ip));
}

function listedAny(tables: readonly string[] | undefined): boolean | undefined {
  return tables === undefined ? undefined : tables.length > 0;
}

function legacyInUse({ netFiles }: Reading): boolean {
  return (['ip', 'ip6'] satisfies Family[]).some((family) => (legacyTables(netFiles, family) ?? []).length > 0);
}

/** Whether a snapshot has chains of Istio. */
export function holdsOurs({ ip, ip6 }: Snapshot): boolean {
  return holdsIstio(ip) || holdsIstio(ip6);
}

function holdsIstio({ tables }: Ruleset): boolean {
  return tables.some(({ chains }) => chains.some(({ name }) => name.startsWith('ISTIO_')));
}

/** Whether a snapshot has any rule at all. */
export function holdsRules(snapshot: Snapshot): boolean {
  return rulesOfBoth(snapshot).length > 0;
}

function yes(there: boolean): string {
  return there ? 'yes' : 'no';
}
