/** Expressions of nft to the matches and the target of a rule. What has no match of its own stays as words. */

import type { Match } from '../match.ts';
import { match, not } from '../match.ts';
import { everywhere, parseNetwork } from '../network.ts';
import type { OwnerRange, PortRange } from '../numbers.ts';
import { ALL_BITS } from '../numbers.ts';
import { protocolName } from '../protocols.ts';
import type { Target } from '../target.ts';
import type { Expression, Left, MatchExpression, Right, Selector } from './expression.ts';
import { expressionsText } from './expression-text.ts';
import type { NftRule } from './ruleset.ts';

/** The rule that expressions stand for. */
export function ruleOf(expressions: readonly Expression[]): NftRule {
  const matches: Match[] = [];
  const statements: Expression[] = [];
  let counted = false;
  let counters: NftRule['counters'];
  for (const expression of expressions) {
    if ('counter' in expression) {
      counted = true;
      const { counter } = expression;
      if (counter !== null) counters = { packets: BigInt(counter.packets), bytes: BigInt(counter.bytes) };
    } else if ('match' in expression) matches.push(...matchesOf(expression, matches));
    else if (isWordsOfMatch(expression)) matches.push({ kind: 'opaque', text: expressionsText([expression]) });
    else if (!('words' in expression && /^comment "/.test(expression.words))) statements.push(expression);
  }
  return { matches, target: targetOf(statements), counted, ...(counters === undefined ? {} : { counters }) };
}

/** Words that ask something, and those of statements that change nothing. */
function isWordsOfMatch(expression: Expression): boolean {
  if ('xt' in expression) return expression.xt.type === 'match';
  if ('words' in expression && / v?map /.test(expression.words)) return false;
  return (
    'words' in expression &&
    // The last four are JSON of what decides in a way that is not understood.
    !/^(?:comment "|xt target |masquerade|reject|log |notrack|continue|return|meta |ct \w+ set |queue|fwd|dup|ip6? \w+ set |vmap \{|map \{|mangle \{|unknown )/.test(
      expression.words,
    )
  );
}

function words(expression: MatchExpression): Match {
  return { kind: 'opaque', text: expressionsText([expression]) };
}

function matchesOf(expression: MatchExpression, before: readonly Match[]): readonly Match[] {
  const { op, left, right } = expression.match;
  if (!['==', '!=', 'in'].includes(op)) return [words(expression)];
  const known = matchFor(left, right);
  if (known === undefined) return [words(expression)];
  const found = op === '!=' ? not(known) : known;
  const protocol = impliedProtocol(left);
  const said = before.some((one) => one.kind === 'protocol' && !one.negated);
  return protocol === undefined || said ? [found] : [match('protocol', protocol), found];
}

/** `tcp dport 80` asks for TCP as well. */
function impliedProtocol(left: Left): string | undefined {
  return 'payload' in left && ['tcp', 'udp'].includes(left.payload.protocol) ? left.payload.protocol : undefined;
}

type Known = ReturnType<typeof match>;

function matchFor(left: Left, right: Right): Known | undefined {
  if ('&' in left) return markMatch(left['&'][0], right, left['&'][1]);
  if ('ct' in left) return left.ct.key === 'state' ? stateMatch(right) : markMatch(left, right, ALL_BITS);
  if ('payload' in left) return payloadMatch(left.payload, right);
  switch (left.meta.key) {
    case 'iifname':
    case 'iif':
      return interfaceMatch('in-interface', right);
    case 'oifname':
    case 'oif':
      return interfaceMatch('out-interface', right);
    case 'l4proto': {
      const name = typeof right === 'string' || typeof right === 'number' ? protocolName(`${right}`) : null;
      return name === null ? undefined : match('protocol', name);
    }
    case 'mark':
      return markMatch(left, right, ALL_BITS);
    case 'skuid':
    case 'skgid': {
      const owner = ownerOf(right);
      return owner === undefined ? undefined : match(left.meta.key === 'skuid' ? 'uid-owner' : 'gid-owner', owner);
    }
    default:
      return undefined;
  }
}

// A name that ends in iptables' own wildcard can't be told from one.
function interfaceMatch(kind: 'in-interface' | 'out-interface', right: Right): Known | undefined {
  if (typeof right !== 'string' || right.includes('+')) return undefined;
  return match(kind, right.replace(/\*$/, '+'));
}

function markMatch(selector: Selector, right: Right, mask: number): Known | undefined {
  if (typeof right !== 'number') return undefined;
  if ('meta' in selector && selector.meta.key === 'mark') return match('mark', { value: right, mask });
  return 'ct' in selector && selector.ct.key === 'mark' ? match('connmark', { value: right, mask }) : undefined;
}

const STATES: readonly string[] = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED'];

function stateMatch(right: Right): Known | undefined {
  const list = typeof right === 'string' ? [right] : Array.isArray(right) ? (right as readonly string[]) : undefined;
  const named = list?.map((state) => state.toUpperCase());
  if (named === undefined || !named.every((state) => STATES.includes(state))) return undefined;
  return match(
    'conntrack-state',
    STATES.filter((state) => named.includes(state)),
  );
}

function payloadMatch({ protocol, field }: { readonly protocol: string; readonly field: string }, right: Right): Known | undefined {
  if (protocol === 'ip' || protocol === 'ip6') {
    const text =
      typeof right === 'string' ? right : typeof right === 'object' && 'prefix' in right ? `${right.prefix.addr}/${right.prefix.len}` : '';
    const network = text.startsWith('@') ? null : parseNetwork(text);
    return network === null || network.family !== protocol ? undefined : match(field === 'saddr' ? 'source' : 'destination', network);
  }
  if (field !== 'sport' && field !== 'dport') return undefined;
  const side = field === 'sport' ? 'source' : 'destination';
  if (typeof right === 'object' && 'set' in right) {
    const ranges = right.set.map(portOf);
    return ranges.includes(undefined) ? undefined : match(`${side}-ports`, ranges as PortRange[]);
  }
  const one = portOf(right);
  return one === undefined ? undefined : match(`${side}-port`, one);
}

function rangeOf(right: Right): { readonly first: number; readonly last: number } | undefined {
  if (typeof right === 'number') return { first: right, last: right };
  if (typeof right !== 'object' || !('range' in right)) return undefined;
  const [first, last] = right.range;
  return typeof first === 'number' && typeof last === 'number' ? { first, last } : undefined;
}

function portOf(right: Right): PortRange | undefined {
  const range = rangeOf(right);
  if (range !== undefined) return range.last <= 65535 ? range : undefined;
  return typeof right === 'string' && /^[A-Za-z][A-Za-z0-9-]*$/.test(right) ? { service: right } : undefined;
}

function ownerOf(right: Right): OwnerRange | undefined {
  const range = rangeOf(right);
  if (range !== undefined) return range;
  return typeof right === 'string' && /^[A-Za-z_][\w.-]*$/.test(right) ? { name: right } : undefined;
}

const VERDICTS = { accept: 'ACCEPT', drop: 'DROP', return: 'RETURN', queue: 'QUEUE' } as const;

function targetOf(statements: readonly Expression[]): Target {
  const [first, second, third, ...more] = statements;
  if (first === undefined) return { kind: 'none' };
  if (second === undefined) return oneTarget(first) ?? opaque(statements);
  const mark = 'mangle' in second ? oneTarget(second) : undefined;
  if ('tproxy' in first && mark?.kind === 'MARK' && third !== undefined && 'accept' in third && more.length === 0) {
    const { family = 'ip', port = 0 } = first.tproxy;
    return { kind: 'TPROXY', value: { port, address: everywhere(family === 'ip6' ? 'ip6' : 'ip').address, mark: mark.value } };
  }
  return opaque(statements);
}

function opaque(statements: readonly Expression[]): Target {
  const text = expressionsText(statements);
  const [, name = text.split(' ')[0] ?? ''] = /^xt target "?(\w+)/.exec(text) ?? [];
  return { kind: 'opaque', name: NAMES[name] ?? name, text };
}

/** What nft calls a target that iptables has another word for. */
const NAMES: Readonly<Record<string, string>> = { masquerade: 'MASQUERADE', log: 'LOG', notrack: 'NOTRACK' };

function oneTarget(expression: Expression): Target | undefined {
  for (const [word, verdict] of Object.entries(VERDICTS)) if (word in expression) return { kind: 'verdict', verdict };
  if ('jump' in expression) return { kind: 'jump', chain: expression.jump.target, goto: false };
  if ('goto' in expression) return { kind: 'jump', chain: expression.goto.target, goto: true };
  if ('redirect' in expression) {
    if (expression.redirect === null) return { kind: 'REDIRECT', value: { any: true } };
    const range = rangeOf(expression.redirect.port);
    return range === undefined ? undefined : { kind: 'REDIRECT', value: range };
  }
  if ('snat' in expression) return { kind: 'SNAT', value: { to: expression.snat.addr } };
  if ('dnat' in expression) {
    const { addr, port } = expression.dnat;
    const shown = addr.includes(':') && port !== undefined ? `[${addr}]` : addr;
    return { kind: 'DNAT', value: { to: port === undefined ? shown : `${shown}:${port}` } };
  }
  return 'mangle' in expression ? assigned(expression.mangle) : undefined;
}

function assigned({ key, value }: Extract<Expression, { readonly mangle: unknown }>['mangle']): Target | undefined {
  const name = 'meta' in key ? `meta ${key.meta.key}` : 'ct' in key ? `ct ${key.ct.key}` : '';
  if (name === 'ct zone') return typeof value === 'number' ? { kind: 'CT', value: { zone: value } } : undefined;
  if (name !== 'meta mark' && name !== 'ct mark') return undefined;
  const set = (bits: { readonly value: number; readonly mask: number }): Target =>
    name === 'meta mark' ? { kind: 'MARK', value: bits } : { kind: 'CONNMARK', value: { action: 'set', ...bits } };
  if (typeof value === 'number') return set({ value, mask: ALL_BITS });
  if ('|' in value) {
    const [
      {
        '&': [of, kept],
      },
      bits,
    ] = value['|'];
    // Bits that are set afterwards may stay before or not: both are the same.
    return JSON.stringify(of) === JSON.stringify(key) ? set({ value: bits, mask: ((~kept >>> 0) | bits) >>> 0 }) : undefined;
  }
  const from = 'meta' in value ? `meta ${value.meta.key}` : 'ct' in value ? `ct ${value.ct.key}` : '';
  const all = { nfmask: ALL_BITS, ctmask: ALL_BITS };
  if (name === 'ct mark' && from === 'meta mark') return { kind: 'CONNMARK', value: { action: 'save', ...all } };
  return name === 'meta mark' && from === 'ct mark' ? { kind: 'CONNMARK', value: { action: 'restore', ...all } } : undefined;
}
