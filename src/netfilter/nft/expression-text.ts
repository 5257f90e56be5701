/** Expressions as `nft list ruleset` prints them. */

import type { Assigned, Expression, Left, MatchExpression, Right, Selector } from './expression.ts';

/** The words of one rule. */
export function expressionsText(expressions: readonly Expression[]): string {
  return expressions.map(expressionText).join(' ');
}

function expressionText(expression: Expression): string {
  if ('match' in expression) return matchText(expression);
  if ('counter' in expression) {
    const { counter } = expression;
    return counter === null ? 'counter' : `counter packets ${counter.packets} bytes ${counter.bytes}`;
  }
  if ('jump' in expression) return `jump ${expression.jump.target}`;
  if ('goto' in expression) return `goto ${expression.goto.target}`;
  if ('redirect' in expression) return expression.redirect === null ? 'redirect' : `redirect to :${numberText(expression.redirect.port)}`;
  if ('tproxy' in expression) {
    const { family, addr, port } = expression.tproxy;
    return `tproxy ${family === undefined ? '' : `${family} `}to ${addressPort(addr, port)}`;
  }
  if ('snat' in expression) return `snat ${familyText(expression.snat.family)}to ${expression.snat.addr}`;
  if ('dnat' in expression)
    return `dnat ${familyText(expression.dnat.family)}to ${addressPort(expression.dnat.addr, expression.dnat.port)}`;
  if ('mangle' in expression) {
    const { key, value } = expression.mangle;
    return `${selectorText(key)} set ${assignedText(value, key)}`;
  }
  if ('xt' in expression) return `xt ${expression.xt.type} "${expression.xt.name}"`;
  if ('words' in expression) return expression.words;
  return Object.keys(expression)[0] ?? '';
}

function familyText(family: string | undefined): string {
  return family === undefined ? '' : `${family} `;
}

function addressPort(address: string | undefined, port: number | undefined): string {
  const host = address?.includes(':') === true && port !== undefined ? `[${address}]` : (address ?? '');
  return port === undefined ? host : `${host}:${port}`;
}

function matchText({ match: { op, left, right } }: MatchExpression): string {
  // A state is one of several bits: the operation that JSON calls "in" has no word.
  const silent = op === 'in' || (op === '==' && !('&' in left));
  return [leftText(left), ...(silent ? [] : [op]), rightText(right, left)].join(' ');
}

function leftText(left: Left): string {
  return '&' in left ? `${selectorText(left['&'][0])} & ${hexText(left['&'][1])}` : selectorText(left);
}

// Of the keys of meta these stand alone.
const BARE_KEYS: readonly string[] = ['iifname', 'oifname', 'iif', 'oif'];

function selectorText(selector: Selector): string {
  if ('ct' in selector) return `ct ${selector.ct.key}`;
  if ('payload' in selector) return `${selector.payload.protocol} ${selector.payload.field}`;
  const { key } = selector.meta;
  return BARE_KEYS.includes(key) ? key : `meta ${key}`;
}

function isMark(left: Left): boolean {
  const selector = '&' in left ? left['&'][0] : left;
  return ('meta' in selector && selector.meta.key === 'mark') || ('ct' in selector && selector.ct.key === 'mark');
}

function isName(left: Left): boolean {
  return 'meta' in left && /^[io]if(name)?$/.test(left.meta.key);
}

function rightText(right: Right, left: Left): string {
  if (typeof right === 'number') return isMark(left) ? hexText(right) : `${right}`;
  if (typeof right === 'string') return isName(left) ? `"${right}"` : right;
  if ('prefix' in right) return `${right.prefix.addr}/${right.prefix.len}`;
  if ('range' in right) return right.range.map((end) => rightText(end, left)).join('-');
  if ('set' in right) return `{ ${right.set.map((one) => rightText(one, left)).join(', ')} }`;
  return right.join(',');
}

function numberText(right: Right): string {
  return rightText(right, { meta: { key: 'l4proto' } });
}

function assignedText(value: Assigned, key: Selector): string {
  if (typeof value === 'number') return isMark(key) ? hexText(value) : `${value}`;
  if ('|' in value) return `${leftText(value['|'][0])} | ${hexText(value['|'][1])}`;
  if ('^' in value) return `${leftText(value['^'][0])} ^ ${hexText(value['^'][1])}`;
  return leftText(value);
}

/** Marks have eight digits. */
function hexText(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
