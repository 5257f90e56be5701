/** What of a state was not looked at, or could not be read: it travels from the reader to the answer, which is unknown where it rests on it. */

import type { Family } from './family.ts';

/**
 * What kind of thing it is; `rules` of iptables unless said otherwise. `declaration` is of chains and their policies, and
 * hides no rule; `form` is what the form of a text leaves out, and nobody looked at.
 */
export type UnseenKind = 'rules' | 'declaration' | 'native table' | 'policy routing' | 'addresses' | 'form';

/** Something of a state that was not looked at, or could not be read. The narrower it is placed, the more stays certain. */
export interface Unseen {
  readonly kind?: UnseenKind;
  /** Without one, of either. */
  readonly family?: Family;
  /** Without one, of any. */
  readonly table?: string;
  /** The only chain that it may be in; never without a table. */
  readonly chain?: string;
  /** Of a table that is shown in part: the chains that are shown in full, which it is not in. */
  readonly except?: readonly string[];
  /** 1-based lines of the text that could not be read, in order. */
  readonly lines?: readonly number[];
  /** The rules are shown with all but what they ask of these modules of iptables. */
  readonly matched?: readonly string[];
  /** Why, in words that end a sentence: `no listing of it is given`. */
  readonly reason: string;
}

/** Part of a state. */
export interface Scope {
  readonly family?: Family;
  readonly table?: string;
  readonly chain?: string;
}

/** Whether what was not seen may be in this part of the state. */
export function touches(unseen: Unseen, scope: Scope): boolean {
  const meets = (one: string | undefined, other: string | undefined): boolean => one === undefined || other === undefined || one === other;
  if (scope.chain !== undefined && unseen.except?.includes(scope.chain) === true) return false;
  return meets(unseen.family, scope.family) && meets(unseen.table, scope.table) && meets(unseen.chain, scope.chain);
}

/** Whether rules of iptables may be among it. */
export function hidesRules({ kind = 'rules' }: Unseen): boolean {
  return kind === 'rules';
}

// `security` is of SELinux: no release and no other mesh has rules there.
const UNLISTED: readonly string[] = ['security'];

/** What of it packets may meet. */
export function bearing(unseen: readonly Unseen[]): readonly Unseen[] {
  return unseen.filter(({ kind, table }) => kind === 'native table' || table === undefined || !UNLISTED.includes(table));
}

/** Whether what can't be seen was looked for: no answer that rests on it is certain. What a form leaves out is a condition that is named. */
export function isDoubt({ kind }: Unseen): boolean {
  return kind !== 'form';
}

/** Whether it is what stands around rules that somebody took out of a table, which nothing tells how much it is. */
export function isAroundExcerpt({ kind, table }: Unseen): boolean {
  return kind === 'form' && table !== undefined;
}

/** How many lines could not be read; 0 where it is not a matter of lines. */
export function linesIn(unseen: readonly Unseen[]): number {
  return unseen.reduce((sum, { lines = [] }) => sum + lines.length, 0);
}
