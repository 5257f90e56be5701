/** The JSON of `nft -j` read. */

import type { Json } from '../nft-listing.ts';
import { isRecord, nftItems } from '../nft-listing.ts';
import { UNNAMED } from '../rule/hidden-modules.ts';
import type { BaseChain, NftFamily } from '../rule.ts';
import { Draft } from './draft.ts';
import type { Expression } from './expression.ts';
import { ruleOf } from './from-expressions.ts';
import { jsonElements, lookupText } from './json-lookups.ts';
import { nftRuleText } from './print.ts';
import type { NftRule, NftRuleset } from './ruleset.ts';

/** Undefined where it is not what nft prints. */
export function readNftJson(text: string): NftRuleset | undefined {
  const items = nftItems(text);
  if (items === undefined) return undefined;
  const draft = new Draft();
  for (const item of items) {
    // A command, and what nft tells of one, has what it adds one deeper.
    const { table, chain, set, map, rule } = [item['add'], item['insert'], item['create']].find(isRecord) ?? item;
    const before = isRecord(item['insert']);
    if (isRecord(table)) draft.table(`${table['family']}`, `${table['name']}`).dormant = [table['flags']].flat().includes('dormant');
    if (isRecord(chain)) jsonChain(draft, chain);
    for (const one of [set, map]) if (isRecord(one)) jsonSet(draft, one);
    if (isRecord(rule)) {
      const of = draft.table(`${rule['family']}`, `${rule['table']}`);
      const { handle, index } = rule;
      const { rules } = draft.chain(of, `${rule['chain']}`);
      const at = before ? (typeof index === 'number' ? index : 0) : rules.length;
      rules.splice(at, 0, { ...ruleOfJson(rule['expr'], of.family), ...(typeof handle === 'number' && { handle }) });
    }
  }
  return draft.ruleset();
}

/** Nothing is known of JSON that somebody else wrote: what has another shape than nft's is kept as its text. */
function ruleOfJson(given: unknown, family: NftFamily): NftRule {
  const items = (Array.isArray(given) ? given : []).filter(isRecord);
  try {
    const rule = ruleOf(named(items).map(knownOrWords), family);
    nftRuleText(rule);
    return rule;
  } catch {
    return ruleOf([{ words: `unknown ${JSON.stringify(items)}` }]);
  }
}

/** nft before 1.0.5 says of a part of iptables that it is there, and nothing else: behind all that is asked it is the target. */
function named(items: readonly Json[]): readonly Json[] {
  const at = items.findLastIndex((item) => !('counter' in item));
  return items.map((item, index) => (item['xt'] === null ? { xt: { type: index === at ? 'target' : 'match', name: UNNAMED } } : item));
}

function jsonChain(draft: Draft, { family, table, name, type, hook, prio, policy }: Json): void {
  const chain = draft.chain(draft.table(`${family}`, `${table}`), `${name}`);
  if (typeof hook !== 'string' || typeof prio !== 'number') return;
  chain.base = { type: `${type}` as BaseChain['type'], hook, priority: prio, policy: policy === 'drop' ? 'drop' : 'accept' };
}

function jsonSet(draft: Draft, given: Json): void {
  const { family, table, name, type, map, comment, elem, flags, timeout } = given;
  const lines = [
    ...(flags === undefined ? [] : [`flags ${[flags].flat().join(',')}`]),
    ...(timeout === undefined ? [] : [`timeout ${timeout}s`]),
  ];
  draft.table(`${family}`, `${table}`).sets.set(`${name}`, {
    name: `${name}`,
    type: [type].flat().join(' . '),
    ...(map === undefined ? {} : { data: [map].flat().join(' . ') }),
    ...(lines.length === 0 ? {} : { lines }),
    ...(typeof comment === 'string' ? { comment } : {}),
    elements: jsonElements(elem),
  });
}

const KNOWN: readonly string[] = [
  ...['match', 'counter', 'jump', 'goto', 'accept', 'drop', 'return', 'queue', 'redirect', 'tproxy', 'snat', 'dnat', 'mangle', 'xt'],
];

/** JSON of a kind that is understood has the shape of an expression where nft wrote it; anything else is kept as its text. */
function knownOrWords(item: Json): Expression {
  const [key = ''] = Object.keys(item);
  const value = item[key];
  const shaped =
    key === 'match'
      ? isRecord(value) && isSelector(value['left']) && !(isRecord(value['right']) && '|' in value['right'])
      : key === 'mangle'
        ? isRecord(value) && isSelector(value['key'])
        : true;
  // What takes a value from a map is none of these forms.
  const mapped = isRecord(value) && [value['value'], value['addr']].some((one) => isRecord(one) && 'map' in one);
  if (KNOWN.includes(key) && shaped && !mapped && (value === null || isRecord(value))) return item as unknown as Expression;
  return { words: lookupText(item) ?? `${key} ${JSON.stringify(value)}` };
}

function isSelector(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const inner = Array.isArray(value['&']) ? value['&'][0] : value;
  return isRecord(inner) && ['meta', 'payload', 'ct'].some((key) => isRecord(inner[key]));
}
