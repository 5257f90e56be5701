/** Differences in words. */

import type { ForeignCount } from '../../istio/found/foreign.ts';
import { fileText, onOneLine, printSource } from '../../istio/origin.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import type { Difference, DifferingPart } from '../../netfilter/compare/difference.ts';
import { isSetPlace } from '../../netfilter/compare/set-chains.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES, FAMILY_NAMES } from '../../netfilter/family.ts';
import type { NotCompared, Observation } from '../../netfilter/observation.ts';
import type { Rule } from '../../netfilter/rule.ts';
import { isDoubt } from '../../netfilter/unseen.ts';
import type { Place } from '../../sources/read-source.ts';
import { unseenText } from '../terminal/unread.ts';
import type { ComparedOperand, Comparison } from './comparison.ts';
import { differencesOf } from './comparison.ts';

/** A setting that caused a rule, and where its value came from. */
export interface Cause {
  readonly key: string;
  readonly source: string;
}

/** The settings that caused a rule of a plan. */
export function causesOf({ because }: Pick<Rule, 'because'>, plan: CapturePlan): readonly Cause[] {
  return (because?.settings ?? []).map((key) => ({ key, source: printSource(plan.settings[key as keyof typeof plan.settings].source) }));
}

/** Why a rule of a plan is there; undefined for rules that were found. */
export function reasonOf(of: Pick<Rule, 'because'>, plan: CapturePlan | undefined): string | undefined {
  if (plan === undefined || of.because === undefined) return undefined;
  const causes = causesOf(of, plan);
  const sources = [...new Set(causes.map(({ source }) => source))];
  const texts = sources.map((source) => {
    const keys = causes.flatMap((cause) => (cause.source === source ? [cause.key] : []));
    return `${keys.join(', ')} from ${source}`;
  });
  return `${of.because.text}${texts.length === 0 ? '' : ` (${texts.join('; ')})`}`;
}

/** What a side is, in one line: its name; where live rules are; what a text shows. */
export function headingOf({ name, plan, places, seen }: Pick<ComparedOperand, 'name' | 'plan' | 'places' | 'seen'>): string {
  const text =
    plan !== undefined ? '' : places !== undefined ? placesText(places) : FAMILIES.flatMap((family) => familyText(family, seen)).join(', ');
  return onOneLine(text === '' ? fileText(name) : `${fileText(name)} (${text})`);
}

/** `IPv4 nat in nft; IPv4 mangle in legacy`. */
function placesText(places: readonly Place[]): string {
  const backends = [...new Set(places.map(({ backend }) => backend))];
  const texts = backends.map((backend) => {
    const tables = places.filter((place) => place.backend === backend).map(({ family, table }) => `${FAMILY_NAMES[family]} ${table}`);
    return `${tables.join(', ')} in ${backend}`;
  });
  return texts.join('; ');
}

/** `IPv4` for all of it, `IPv4 nat` for a table. */
function familyText(family: Family, { seen }: Observation): readonly string[] {
  const tables = seen[family];
  return tables === 'all' ? [FAMILY_NAMES[family]] : tables.map((table) => `${FAMILY_NAMES[family]} ${table}`);
}

/** What is different about one rule: `--dport 80 -> 443`, `without -p tcp`, `with ! --dport 15008`. */
export function partText({ part, left, right }: DifferingPart): string {
  if (part === 'order') return 'its modules stand in another order';
  if (left === '') return `with ${right}`;
  if (right === '') return `without ${left}`;
  const [before, after] = [left.split(' '), right.split(' ')];
  const same = before.findIndex((word, index) => word !== after[index]);
  const cut = Math.min(same === -1 ? before.length : same, after.length - 1);
  return `${left} -> ${after.slice(cut).join(' ')}`;
}

interface CountedKind {
  readonly is: readonly Difference['kind'][];
  /** Elements of sets and maps are counted apart. */
  readonly of?: 'set';
  readonly one: string;
  readonly many: string;
  readonly how: string;
}

const KINDS: readonly CountedKind[] = [
  { is: ['missing'], one: 'rule', many: 'rules', how: 'only left (-)' },
  { is: ['extra'], one: 'rule', many: 'rules', how: 'only right (+)' },
  { is: ['changed'], one: 'rule', many: 'rules', how: 'changed' },
  { is: ['moved'], one: 'rule', many: 'rules', how: 'moved (~)' },
  { is: ['policy'], one: 'policy', many: 'policies', how: 'changed' },
  { is: ['missing', 'extra', 'changed', 'moved'], of: 'set', one: 'element', many: 'elements', how: 'of sets and maps different' },
  { is: ['missing-chain'], one: 'chain', many: 'chains', how: 'only left (-)' },
  { is: ['extra-chain'], one: 'chain', many: 'chains', how: 'only right (+)' },
];

/** How much is different: `2 rules only left (-), 1 rule changed`. */
export function summaryText(comparison: Comparison): string {
  const { routing, notCompared } = comparison;
  const differences = differencesOf(comparison);
  const counts = KINDS.flatMap(({ is, of, one, many, how }) => {
    const count = differences.filter((found) => is.includes(found.kind) && isSetPlace(found) === (of === 'set')).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many} ${how}`];
  });
  if (routing.length > 0) counts.push(`${routing.length} outside the packet filter`);
  if (counts.length > 0) return `Different: ${counts.join(', ')}.`;
  if (notCompared.some(isDoubt)) return 'Not known to be the same: no differences in what could be read of both operands.';
  return notCompared.length === 0 ? 'No differences.' : 'No differences in what both operands show.';
}

/** What a side could not show: `IPv4 mangle: this table is not shown`. */
export function notComparedText(one: Omit<NotCompared, 'operand'>): string {
  return onOneLine(unseenText(one));
}

/** What one other program made, and was left out: `12 rules and 3 chains of Calico`. */
export function leftOutText({ program, rules, chains }: ForeignCount): string {
  return `${counted(rules, 'rule')}${chains === 0 ? '' : ` and ${counted(chains, 'chain')}`} of ${program}`;
}

/** `1 rule`, `2 rules`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
