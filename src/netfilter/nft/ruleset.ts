/** What nft holds: tables of any family, base chains with their hook and priority, sets. Rules are those of iptables' tables too. */

import type { NftSet } from '../rule/nft-set.ts';
import type { BaseChain, NftFamily, Rule } from '../rule.ts';

export interface NftRuleset {
  readonly tables: readonly NftTable[];
}

export interface NftTable {
  readonly family: NftFamily;
  readonly name: string;
  readonly sets: readonly NftSet[];
  readonly chains: readonly NftChain[];
}

export interface NftChain {
  readonly name: string;
  /** Undefined for a chain that is only jumped to. */
  readonly base?: BaseChain;
  readonly rules: readonly NftRule[];
}

/** A rule whose matches stand in the order in which they were written: nft keeps it. */
export interface NftRule extends Rule {
  /** Whether it counts what it matched. iptables' rules always do. */
  readonly counted: boolean;
  /** Of a plan: when its program thinks of the rule, and the place at which it is inserted then. */
  readonly thought?: { readonly nth: number; readonly index?: number };
}

/** Nothing at all. */
export const NO_NFT: NftRuleset = { tables: [] };

/** The priorities that have a name, and the hooks at which they have it (`std_prios` in nft's rule.c). */
const NAMED_PRIORITIES: readonly { readonly name: string; readonly priority: number; readonly hook?: string }[] = [
  { name: 'raw', priority: -300 },
  { name: 'mangle', priority: -150 },
  { name: 'dstnat', priority: -100, hook: 'prerouting' },
  { name: 'filter', priority: 0 },
  { name: 'security', priority: 50 },
  { name: 'srcnat', priority: 100, hook: 'postrouting' },
];

/** How far from a named priority nft still writes one as `filter + 10`. */
const NEAR = 10;

/** A priority as a listing shows it: `dstnat` in prerouting, `-100` in output, `mangle - 5`. */
export function priorityText({ hook, priority }: Pick<BaseChain, 'hook' | 'priority'>): string {
  const near = NAMED_PRIORITIES.find((one) => (one.hook ?? hook) === hook && Math.abs(priority - one.priority) <= NEAR);
  if (near === undefined) return `${priority}`;
  const offset = priority - near.priority;
  return offset === 0 ? near.name : `${near.name} ${offset > 0 ? '+' : '-'} ${Math.abs(offset)}`;
}

/** The number that a priority's text stands for, or null where it is none. */
export function readPriority(text: string): number | null {
  const [, name, sign, offset] = /^(?:([a-z]+)\b)?\s*([+-])?\s*(\d+)?$/.exec(text.trim()) ?? [];
  if (name === undefined) return offset === undefined ? null : Number(`${sign ?? ''}${offset}`);
  const named = NAMED_PRIORITIES.find((one) => one.name === name);
  if (named === undefined || (offset === undefined) !== (sign === undefined)) return null;
  return named.priority + Number(`${sign ?? ''}${offset ?? 0}`);
}
