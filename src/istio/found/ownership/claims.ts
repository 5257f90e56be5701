/** Whether all loose rules that a release makes for a chain stand there, and which of the live rules they are. */

import { printRule } from '../../../netfilter/print.ts';
import type { Rule } from '../../../netfilter/rule.ts';
import type { Block, Hypothesis } from './releases.ts';

/**
 * Whether a rule bears a mark of ours: it redirects, marks, or sets a zone. A bare verdict (`-i eth1 -j RETURN`,
 * `--ctstate INVALID -j DROP`) is what anyone's firewall has.
 */
export function isDistinctive({ target }: Rule): boolean {
  return target.kind !== 'verdict' && target.kind !== 'REJECT';
}

/** The live rules that are the block, in its order; undefined where not all of it is there. */
function findBlock(rules: readonly Rule[], block: Block): readonly Rule[] | undefined {
  const texts = rules.map(printRule);
  // Ours were put before those of others or behind them, so a twin of someone else's is on the far side.
  const tops = block.filter(({ top }) => top);
  const rest = block.filter(({ top }) => !top);
  const found: number[] = [];
  let from = 0;
  for (const { text } of tops) {
    const at = texts.indexOf(text, from);
    if (at === -1) return undefined;
    found.push(at);
    from = at + 1;
  }
  let to = texts.length - 1;
  for (const { text } of [...rest].reverse()) {
    const at = to < from ? -1 : texts.lastIndexOf(text, to);
    if (at < from) return undefined;
    found.push(at);
    to = at - 1;
  }
  return found.map((index) => rules[index] as Rule);
}

/**
 * The longest block that is there whole, for one chain; what chains of ours say of the settings goes before
 * what may be other people's rules. A program that ran twice may have left it twice, if it can only be its work.
 */
export function claimWhole(place: string, rules: readonly Rule[], hypotheses: readonly Hypothesis[]): readonly Rule[] {
  const certain = longest(
    place,
    rules,
    hypotheses.filter(({ fromChains }) => fromChains),
  );
  const any = longest(place, rules, hypotheses);
  const { block, found } = certain.found.length > 0 && marksIn(certain.found) === marksIn(any.found) ? certain : any;
  if (!found.some(isDistinctive)) return found;
  const all = [...found];
  for (let next = findBlock(exceptRules(rules, all), block); next !== undefined; next = findBlock(exceptRules(rules, all), block))
    all.push(...next);
  return all;
}

function marksIn(rules: readonly Rule[]): number {
  return rules.filter(isDistinctive).length;
}

function longest(
  place: string,
  rules: readonly Rule[],
  hypotheses: readonly Hypothesis[],
): { readonly block: Block; readonly found: readonly Rule[] } {
  let best: { readonly block: Block; readonly found: readonly Rule[] } = { block: [], found: [] };
  for (const { blocks } of hypotheses) {
    const block = blocks.get(place) ?? [];
    const found = block.length > best.block.length && block.length <= rules.length ? findBlock(rules, block) : undefined;
    if (found !== undefined) best = { block, found };
  }
  return best;
}

/** What is left of a block that is known to be wanted: each of its rules once, in whatever order they stand. */
export function claimRemains(rules: readonly Rule[], block: Block): readonly Rule[] {
  const left = [...rules];
  return [...block].reverse().flatMap(({ text, top }) => {
    const texts = left.map(printRule);
    const at = top ? texts.indexOf(text) : texts.lastIndexOf(text);
    return at === -1 ? [] : left.splice(at, 1);
  });
}

/** The rules of a block that are not among these. */
export function missingFrom(rules: readonly Rule[], block: Block): Block {
  const texts = rules.map(printRule);
  return block.filter(({ text }) => {
    const at = texts.indexOf(text);
    if (at !== -1) texts.splice(at, 1);
    return at === -1;
  });
}

/** The rules that are not taken. */
export function exceptRules(rules: readonly Rule[], taken: readonly Rule[]): readonly Rule[] {
  const gone = new Set(taken);
  return rules.filter((rule) => !gone.has(rule));
}
