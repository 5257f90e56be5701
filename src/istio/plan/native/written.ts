/** The transaction of a native plan in the words of the real program: what its dry run prints, and its log. */

import type { Expression, Left, MatchExpression, Right } from '../../../netfilter/nft/expression.ts';
import { expressionsText } from '../../../netfilter/nft/expression-text.ts';
import { chainCommand } from '../../../netfilter/nft/print.ts';
import type { NftRule, NftRuleset, NftTable } from '../../../netfilter/nft/ruleset.ts';
import { expressionsOf } from '../../../netfilter/nft/to-expressions.ts';

/** Commands as the program thinks of them: the rules of a table one after the other, some of them inserted. */
export function printWritten({ tables }: NftRuleset): string {
  return tables
    .flatMap((table) => {
      const { family, name, chains } = table;
      const own = `${family} ${name}`;
      const rules = chains.flatMap((chain) => chain.rules.map((rule) => ({ chain: chain.name, rule, ...rule.thought })));
      return [
        `add table ${own}`,
        `flush table ${own}`,
        ...chains.map((chain) => chainCommand(own, chain)),
        ...rules
          .sort((one, other) => (one.nth ?? 0) - (other.nth ?? 0))
          .map(({ chain, rule, index }) => {
            const place = index === undefined ? `add rule ${own} ${chain}` : `insert rule ${own} ${chain} index ${index}`;
            return `${place} ${ruleText(rule, chain, table)}`;
          }),
      ];
    })
    .map((line) => `${line}\n`)
    .join('');
}

function ruleText(rule: NftRule, chain: string, { name }: NftTable): string {
  const expressions = expressionsOf(rule);
  const isRaw = name.endsWith('-raw');
  // A rule that came from `-p tcp --dport` of a chain for TCP alone names the protocol, and its listing drops that again.
  const at = expressions.findIndex((one) => !isInterface(one));
  const named = expressions.some((one) => 'match' in one && isOf(one.match.left, 'l4proto'));
  const ports = expressions.some((one) => 'match' in one && 'payload' in one.match.left && one.match.left.payload.protocol === 'tcp');
  const everywhere = !expressions.some((one) => 'match' in one && isOfAddress(one.match.left));
  const names = ports && !named && !isRaw && (chain === 'istio-inbound' || at > 0 || (chain === 'istio-output-dns' && everywhere));
  const words = expressions.map((one) => expressionText(one, isRaw));
  return [...words.slice(0, at), ...(names ? ['meta l4proto tcp'] : []), ...words.slice(at)].join(' ');
}

function isInterface(expression: Expression): boolean {
  return 'match' in expression && (isOf(expression.match.left, 'iifname') || isOf(expression.match.left, 'oifname'));
}

function isOfAddress(left: Left): boolean {
  return 'payload' in left && left.payload.protocol.startsWith('ip');
}

function isOf(left: Left, key: string): boolean {
  return 'meta' in left && left.meta.key === key;
}

/** Nothing is quoted, networks have their length, marks are decimal, and most keys of meta stand without the word. */
function expressionText(expression: Expression, isRaw: boolean): string {
  if ('match' in expression) return matchText(expression, isRaw);
  if ('mangle' in expression) {
    const { key, value } = expression.mangle;
    if (typeof value === 'number') return expressionsText([expression]).replace(/0x[0-9a-f]+$/, `${value}`);
    return 'ct' in key ? expressionsText([expression]).replace(/ meta mark$/, ' mark') : expressionsText([expression]);
  }
  return expressionsText([expression]);
}

function matchText({ match: { op, left, right } }: MatchExpression, isRaw: boolean): string {
  const not = op === '!=' ? '!= ' : '';
  if ('payload' in left && left.payload.protocol.startsWith('ip'))
    return `${left.payload.protocol} ${left.payload.field} ${not}${networkText(right)}`;
  if ('meta' in left && ['iifname', 'oifname'].includes(left.meta.key)) return `${left.meta.key} ${not}${right as string}`;
  if ('meta' in left && left.meta.key === 'mark') return `mark ${not}${right as number}`;
  if ('meta' in left && ['skuid', 'skgid'].includes(left.meta.key))
    return `${isRaw ? 'meta ' : ''}${left.meta.key} ${not}${valueText(right)}`;
  if ('ct' in left && left.ct.key === 'mark') return `ct mark ${not}${right as number}`;
  const text = expressionsText([{ match: { op, left, right } }]);
  return text === 'ct state established,related' ? 'ct state related,established' : text;
}

function networkText(right: Right): string {
  if (typeof right === 'string') return `${right}/${right.includes(':') ? 128 : 32}`;
  return typeof right === 'object' && 'prefix' in right ? `${right.prefix.addr}/${right.prefix.len}` : valueText(right);
}

function valueText(right: Right): string {
  return typeof right === 'object' && 'range' in right ? right.range.join('-') : `${right as number | string}`;
}
