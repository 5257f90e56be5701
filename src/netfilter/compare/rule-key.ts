/** When two rules count as the same: their printed text, as far as both forms they were read from show it. */

import { printRule } from '../print.ts';
import { hiddenModules, UNNAMED, withoutMatchesOf } from '../rule/hidden-modules.ts';
import { isBareModule } from '../rule/match.ts';
import type { Rule } from '../rule.ts';

export interface RuleKey {
  readonly text: string;
  /** The text without `-i` and `-o` where a rule to compare with hides them; otherwise the same text. */
  readonly open: string;
  /** Whether this rule's own form hides them (`iptables -L` without `-v`). */
  readonly hides: boolean;
}

/** The keys of two lists of rules that are to be compared. */
export function keysOf(left: readonly Rule[], right: readonly Rule[]): readonly [readonly RuleKey[], readonly RuleKey[]] {
  const both = [...left, ...right];
  const hidden = both.some(hidesInterfaces);
  const listed = asListed(both);
  const open = (rule: Rule): Rule => listed(hidden ? withoutInterfaces(rule) : rule);
  const key = (whole: Rule): RuleKey => {
    const text = comparedText(whole);
    if (!hidden && listed === same) return { text, open: text, hides: false };
    const rule = withoutBareModules(whole);
    const hides = hidesInterfaces(rule) || hiddenTarget(rule) !== undefined || hiddenModules(rule).length > 0;
    return { text, open: printRule(open(rule)), hides };
  };
  return [left.map(key), right.map(key)];
}

const same = (rule: Rule): Rule => rule;

/** Makes a rule what nft would show of it, where it shows of any of these the name of a target or of a module alone. */
export function asListed(rules: readonly Rule[]): (rule: Rule) => Rule {
  const targets = new Set(rules.flatMap((rule) => hiddenTarget(rule) ?? []));
  const modules = new Set(rules.flatMap(hiddenModules));
  if (targets.size + modules.size === 0) return same;
  return (rule) => withoutParameters(withoutMatchesOf(rule, modules), targets);
}

/** A module that is named and asks nothing (`-m tcp`) is in no rule that was read. */
function withoutBareModules(rule: Rule): Rule {
  return rule.matches.some(isBareModule) ? { ...rule, matches: rule.matches.filter((match) => !isBareModule(match)) } : rule;
}

// What is seen is compared with what each release makes of it.
const TEXTS = new WeakMap<Rule, string>();

/** The text by which rules are compared. */
export function comparedText(rule: Rule): string {
  const known = TEXTS.get(rule);
  if (known !== undefined) return known;
  const text = printRule(withoutBareModules(rule));
  TEXTS.set(rule, text);
  return text;
}

/** The target of which nft shows the name alone: `xt target CT`, where iptables-nft has parameters for it. */
export function hiddenTarget({ target }: Rule): string | undefined {
  return target.kind === 'opaque' && target.text.startsWith('xt target ') ? target.name : undefined;
}

/** The rule with the bare name of its target, where that is one of these. */
function withoutParameters(rule: Rule, targets: ReadonlySet<string>): Rule {
  const { target } = rule;
  const name = target.kind === 'opaque' ? target.name : target.kind;
  // Some releases of nft do not even say which target it is; a verdict or a jump it is not.
  const label = !targets.has(UNNAMED) || ['none', 'verdict', 'jump'].includes(target.kind) ? name : UNNAMED;
  return targets.has(label) ? { ...rule, target: { kind: 'opaque', name: label, text: label } } : rule;
}

/** Not transitive: a rule that hides its interface is the same as one for eth0 and as one for eth1. */
export function sameRule(left: RuleKey, right: RuleKey): boolean {
  return left.hides || right.hides ? left.open === right.open : left.text === right.text;
}

/** Whether the form that the rule was read from can't show its `-i` and `-o`. */
export function hidesInterfaces(rule: Rule): boolean {
  return rule.matches.some((match) => match.kind === 'unknown');
}

/** The rule without what such a form hides. */
export function withoutInterfaces(rule: Rule): Rule {
  return { ...rule, matches: rule.matches.filter(({ kind }) => kind !== 'unknown' && kind !== 'in-interface' && kind !== 'out-interface') };
}
