/** Rules as somebody found them, with how much of the state they show: what is not shown is no difference. */

import type { Difference } from './compare/difference.ts';
import { hiddenTarget, hidesInterfaces } from './compare/rule-key.ts';
import { compareNormalForms } from './compare.ts';
import type { Family } from './family.ts';
import { FAMILIES, otherFamily } from './family.ts';
import { unseenInGaps } from './read/gap.ts';
import { unseenIn } from './read/unread.ts';
import type { ReadResult } from './read.ts';
import { normalForm, refuses } from './rule/normal.ts';
import type { Chain, Ruleset } from './rule.ts';
import { withChains } from './rule.ts';
import type { Scope, Unseen } from './unseen.ts';
import { hidesRules, isAroundExcerpt, touches } from './unseen.ts';

export type { Unseen } from './unseen.ts';

/** The tables of a family that can be seen: all there are, or those that are named. One that is seen and not there is empty. */
export type ObservedTables = 'all' | readonly string[];

export interface Observation {
  readonly ip: Ruleset;
  readonly ip6: Ruleset;
  readonly seen: Readonly<Record<Family, ObservedTables>>;
  /** What else is known to be there and not among the rules. */
  readonly unseen: readonly Unseen[];
  /** Chains with the rules of which nft shows all but what they ask of iptables' modules: to compare, not to follow. */
  readonly hiding?: readonly Ruleset[];
  /** What a text says beside the rules of how their maker was told: names and values, as its log prints them. */
  readonly variables?: ReadonlyMap<string, string>;
}

/** Everything there is of both families: a plan, or a live namespace that was read in full. */
export function observeAll({ ip, ip6 }: Readonly<Record<Family, Ruleset>>): Observation {
  return { ip, ip6, seen: { ip: 'all', ip6: 'all' }, unseen: [] };
}

// What a save says that it does not show.
const NOT_ALL: readonly string[] = ['incompatible-table', 'legacy-tables-present'];

/**
 * What a text shows. A save shows all tables of its family, for it leaves out only those without rules, and so
 * do commands, for what they don't do is not there; a listing and `iptables -S` show one table. Lines that can't
 * be read are not seen.
 */
export function observeText({ rulesets, tables, problems, unread, hiding, gaps, listed = [] }: ReadResult): Observation {
  const of = (family: Family): Ruleset => rulesets.find((ruleset) => ruleset.family === family) ?? { family, tables: [] };
  const seen = (family: Family): ObservedTables => {
    const own = tables.filter((table) => table.family === family);
    const some = [...new Set(own.map(({ table }) => table))];
    const cut = gaps.some((gap) => gap.more && (gap.family ?? family) === family);
    const saved = listed.includes(family) && !problems.some(({ code }) => NOT_ALL.includes(code));
    return !cut && (saved || own.some(({ form }) => form === 'block' || form === 'commands')) ? 'all' : some;
  };
  return {
    ip: of('ip'),
    ip6: of('ip6'),
    seen: { ip: seen('ip'), ip6: seen('ip6') },
    unseen: [...unseenIn({ problems, unread }), ...unseenInGaps(gaps)],
    ...(hiding && { hiding }),
  };
}

/** Whether a table of a family can be seen. */
export function sees({ seen }: Pick<Observation, 'seen'>, family: Family, table: string): boolean {
  const tables = seen[family];
  return tables === 'all' || tables.includes(table);
}

/** Whether a part of the state was looked at and could not be read, so that what is known of its rules is not all of them. */
export function isUnread({ unseen }: Pick<Observation, 'unseen'>, scope: Required<Pick<Scope, 'family' | 'table'>> & Scope): boolean {
  return unseen.some((one) => hidesRules(one) && isPlaced(one) && touches(one, scope));
}

/** Whether it is told which chains of a table it may be in. */
function isPlaced({ table, chain, lines, except }: Unseen): boolean {
  return except !== undefined || (table !== undefined && (chain !== undefined || lines !== undefined));
}

/** What two observations say of each other. */
export interface ObservedDifferences {
  /** What of each side was compared, in normal form: the tables that both can show. */
  readonly left: Readonly<Record<Family, Ruleset>>;
  readonly right: Readonly<Record<Family, Ruleset>>;
  readonly differences: readonly Difference[];
  /** What would be different if a side that shows an excerpt of a table showed all of it. */
  readonly open: readonly Difference[];
  /** What one side holds or may hold and the other can't show. */
  readonly notCompared: readonly NotCompared[];
}

export interface NotCompared extends Unseen {
  /** The side that can't show it. */
  readonly operand: 'left' | 'right';
}

/** Compares as far as both sides can see; what one side holds in a table that the other can't show is not compared. */
export function compareObservations(left: Observation, right: Observation): ObservedDifferences {
  const [a, b] = [restricted(left, right), restricted(right, left)];
  const found = FAMILIES.flatMap((family) => compareNormalForms(a[family], b[family]));
  const all = [left, right].some(({ unseen }) => unseen.some(isAroundExcerpt))
    ? found.flatMap((one) => (isOfExcerpt(left, one) || isOfExcerpt(right, one) ? separated(one) : one))
    : found;
  const open = all.filter((one) => restsOn(left, 'left', one) || restsOn(right, 'right', one));
  return {
    left: a,
    right: b,
    differences: open.length === 0 ? all : all.filter((one) => !open.includes(one)),
    open,
    notCompared: [
      ...notListed(left, right, 'left'),
      ...notListedOfRules(a, b, 'left'),
      ...notListed(right, left, 'right'),
      ...notListedOfRules(b, a, 'right'),
    ].map((one) =>
      isAroundExcerpt(one) && open.some((difference) => touches(one, difference)) ? { ...one, kind: 'rules' as const } : one,
    ),
  };
}

/** Only the other side has it, and may be thought to have it alone. */
const OF_OTHER: Readonly<Record<NotCompared['operand'], readonly Difference['kind'][]>> = {
  left: ['extra', 'extra-chain'],
  right: ['missing', 'missing-chain'],
};

/** Whether a difference is that an excerpt does not show what the other side has: it may stand around it. */
function restsOn({ unseen }: Pick<Observation, 'unseen'>, operand: NotCompared['operand'], difference: Difference): boolean {
  return OF_OTHER[operand].includes(difference.kind) && isOfExcerpt({ unseen }, difference);
}

function isOfExcerpt({ unseen }: Pick<Observation, 'unseen'>, difference: Difference): boolean {
  return unseen.some((one) => isAroundExcerpt(one) && touches(one, difference));
}

/** A rule in the place of another is one that each side has: which place it has, an excerpt does not show. */
function separated(difference: Difference): readonly Difference[] {
  if (difference.kind !== 'changed') return [difference];
  const { left, right, parts: _, ...place } = difference;
  return [
    { ...place, kind: 'missing', left },
    { ...place, kind: 'extra', right },
  ];
}

/** What both sides can see of the first one, without the chains that either could not read. */
function restricted(one: Observation, other: Observation): Readonly<Record<Family, Ruleset>> {
  const isKnown = (family: Family, table: string, chain: string): boolean =>
    ![one, other].some(({ unseen }) =>
      isUnread({ unseen: unseen.filter(({ matched }) => matched === undefined) }, { family, table, chain }),
    );
  const of = (family: Family): Ruleset => {
    const tables = one[family].tables.filter(({ name }) => sees(one, family, name) && sees(other, family, name));
    if (one.unseen.length + other.unseen.length === 0) return normalForm({ family, tables });
    const known = withChains({ family, tables }, (chain, { name }) => (isKnown(family, name, chain.name) ? chain : undefined));
    return normalForm(withChains(known, (chain, { name }) => listedChain(one, { family, table: name, chain: chain.name }) ?? chain));
  };
  return { ip: of('ip'), ip6: of('ip6') };
}

/** A chain with what nft shows of rules that ask more. */
function listedChain({ hiding = [], unseen }: Observation, { family, table, chain }: Required<Scope>): Chain | undefined {
  if (!unseen.some((one) => one.matched !== undefined && touches(one, { family, table, chain }))) return undefined;
  const own = hiding.find((ruleset) => ruleset.family === family)?.tables.find(({ name }) => name === table);
  return own?.chains.find(({ name }) => name === chain);
}

/** One family of a state: of the other nothing is seen, and nothing is asked. */
export function ofFamily(seen: Observation, family: Family): Observation {
  const other = otherFamily(family);
  return {
    ...seen,
    [other]: { family: other, tables: [] },
    seen: { ...seen.seen, [other]: [] },
    unseen: seen.unseen.filter((unseen) => unseen.family !== other),
  };
}

/** Tables of the other that `one` can't show, and what it is known not to have read. */
function notListed(one: Observation, other: Observation, operand: NotCompared['operand']): readonly NotCompared[] {
  const blind = FAMILIES.flatMap((family): readonly NotCompared[] => {
    const tables = one.seen[family];
    if (tables === 'all') return [];
    const missed = other[family].tables.map(({ name }) => name).filter((name) => !tables.includes(name));
    if (tables.length === 0)
      return missed.length === 0 ? [] : [{ operand, kind: 'form', family, reason: 'nothing of this family is shown' }];
    return missed.map((table) => ({ operand, kind: 'form', family, table, reason: 'this table is not shown' }));
  });
  return [...blind, ...one.unseen.map((unseen) => ({ operand, ...unseen }))];
}

/** What the form of `one` hides of the rules and chains that it shows. */
function notListedOfRules(
  one: Readonly<Record<Family, Ruleset>>,
  other: Readonly<Record<Family, Ruleset>>,
  operand: NotCompared['operand'],
): readonly NotCompared[] {
  return FAMILIES.flatMap((family) =>
    one[family].tables.flatMap(({ name: table, chains }) => {
      const hides = chains.some(({ rules }) => rules.some(hidesInterfaces));
      const targets = [...new Set(chains.flatMap(({ rules }) => rules.flatMap((rule) => hiddenTarget(rule) ?? [])))];
      // A policy that is not shown matters where the other side refuses packets by it.
      const refusing = other[family].tables.find(({ name }) => name === table)?.chains.filter(refuses) ?? [];
      const hidden = refusing.filter(({ name }) => chains.some((chain) => chain.name === name && chain.policy === 'unknown'));
      return [
        ...(hides ? [{ operand, kind: 'form' as const, family, table, reason: 'the interfaces of its rules are not shown' }] : []),
        ...targets.map((name) => ({
          operand,
          kind: 'form' as const,
          family,
          table,
          reason: `what its rules give the target ${name} is not shown`,
        })),
        ...hidden.map(({ name }) => ({ operand, kind: 'form' as const, family, table, reason: `the policy of ${name} is not shown` })),
      ];
    }),
  );
}
