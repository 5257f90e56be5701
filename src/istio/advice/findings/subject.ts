/** What the findings are looked for in. */

import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import type { Observation } from '../../../netfilter/observation.ts';
import { forPasting } from '../../../netfilter/print.ts';
import type { Chain, Rule, Table } from '../../../netfilter/rule.ts';
import { isBuiltIn } from '../../../netfilter/rule.ts';
import { isAmbientTable } from '../../found/ownership/chain-names.ts';
import { ambientChainsIn, ownChainsOf } from '../../found/ownership/parts.ts';
import type { Ownership } from '../../found/ownership.ts';
import { ownedIn } from '../../found/ownership.ts';
import type { LiveRouting } from '../../found/routing-changes.ts';
import type { CapturePlan } from '../../plan/plan.ts';
import type { Facts } from '../../settings/facts.ts';
import type { FindingCode } from './kinds.ts';

/** What is known of a state; the more, the more is found. */
export interface Evidence {
  readonly seen: Observation;
  /** Where its tables live, for a live namespace. */
  readonly places?: readonly { readonly family: Family; readonly table: string; readonly backend: 'nft' | 'legacy' | 'native nft' }[];
  /** What is known of the pod. */
  readonly facts?: Facts;
  /** What lies outside the packet filter, where that was looked at. */
  readonly routing?: LiveRouting;
  /** The ports on which something listens, where that was looked at. */
  readonly listening?: Readonly<Record<'tcp' | 'udp', ReadonlySet<number>>>;
  /** What most likely made the rules. */
  readonly made?: CapturePlan;
  /** The rules that should be there, where somebody said so. */
  readonly desired?: CapturePlan;
  /** How a command is told of this namespace (`--here`, `--pid 7`), and what goes before other programs' commands there. */
  readonly reach?: { readonly option: string; readonly prefix: string };
}

export interface Subject extends Evidence {
  readonly ownership: Ownership;
  /** The option that names the namespace. */
  readonly option: string;
  /** Chains of the sidecar, by family and table. */
  readonly own: Readonly<Record<Family, ReadonlyMap<string, ReadonlySet<string>>>>;
}

/** A finding before its words are filled in. */
export interface Found {
  readonly code: FindingCode;
  readonly args: Readonly<Record<string, string>>;
  readonly family?: Family;
  readonly table?: string;
  readonly chain?: string;
  /** As iptables-save prints it. */
  readonly rule?: string;
}

export type Check = (subject: Subject) => readonly Found[];

export function subjectOf(evidence: Evidence): Subject {
  const { seen, made, desired, reach } = evidence;
  return {
    ...evidence,
    ownership: ownedIn(seen, made ?? desired),
    option: reach?.option ?? '--pid N',
    own: { ip: ownChainsOf(seen.ip), ip6: ownChainsOf(seen.ip6) },
  };
}

/** Whether a family has chains of a sidecar. */
export function hasSidecar({ own }: Pick<Subject, 'own'>, family: Family): boolean {
  return own[family].size > 0;
}

/** Chains of the node agent, as `nat ISTIO_PRERT`. */
export function ambientChains({ seen }: Pick<Subject, 'seen'>): readonly string[] {
  const of = (family: Family): readonly string[] =>
    seen[family].tables.flatMap(({ name, chains }) =>
      isAmbientTable(name) ? [name] : ambientChainsIn(chains, seen[family]).map((chain) => `${name} ${chain}`),
    );
  return [...new Set(FAMILIES.flatMap(of))];
}

/** Every table with its family. */
export function tablesOf({ seen }: Pick<Subject, 'seen'>): readonly { readonly family: Family; readonly table: Table }[] {
  return FAMILIES.flatMap((family) => seen[family].tables.map((table) => ({ family, table })));
}

/** The chains of a table that the kernel itself leads packets to. */
export function builtInChains({ name, chains }: Table): readonly Chain[] {
  return chains.filter((chain) => chain.base !== undefined || isBuiltIn(name, chain.name));
}

/** The chain that a rule leads to; an empty text for another target. */
export function jumpOf({ target }: Rule): string {
  return target.kind === 'jump' ? target.chain : '';
}

/** Whether a rule leads to one of these chains. */
export function leadsTo(chains: ReadonlySet<string> | undefined, rule: Rule): boolean {
  return chains?.has(jumpOf(rule)) ?? false;
}

/** `IPv4 nat OUTPUT` */
export function placeText(family: Family, ...rest: readonly string[]): string {
  return [family === 'ip' ? 'IPv4' : 'IPv6', ...rest].join(' ');
}

/** `iptables-legacy -t nat -D OUTPUT ...` for a shell, with what leads into the namespace in front. */
export function iptablesCommand({ places, reach }: Subject, family: Family, table: string, words: string): string {
  const backends = (places ?? []).filter((place) => place.family === family && place.table === table).map(({ backend }) => backend);
  const [only] = backends.length === 1 ? backends : [];
  const variant = only === 'nft' || only === 'legacy' ? `-${only}` : '';
  return `${reach?.prefix ?? ''}${family === 'ip' ? 'iptables' : 'ip6tables'}${variant} -t ${table} ${forPasting(words)}`;
}
