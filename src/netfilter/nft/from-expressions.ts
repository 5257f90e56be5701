/** Expressions of nft to the matches and the target of a rule. What has no match of its own stays as words. */

import { everywhere, parseNetwork } from '../address/network.ts';
import type { OwnerRange, PortRange } from '../numbers.ts';
import { ALL_BITS } from '../numbers.ts';
import { PROTOCOLS_WITH_PORTS, protocolName } from '../protocols.ts';
import type { Match } from '../rule/match.ts';
import { match, not } from '../rule/match.ts';
import type { Target } from '../rule/target.ts';
import type { NftFamily } from '../rule.ts';
import type { Expression, Left, MatchExpression, Right, Selector } from './expression.ts';
import { expressionsText } from './expression-text.ts';
import type { NftRule } from './ruleset.ts';
import { kindOfWords, nameOfWords } from './words.ts';

/** The rule that expressions of a table of the family stand for. */
export function ruleOf(expressions: readonly Expression[], family?: NftFamily): NftRule {
  const matches: Match[] = [];
  const statements: Expression[] = [];
  let counted = false;
  let counters: NftRule['counters'];
  for (const expression of expressions) {
    const kind = kindOf(expression);
    if ('counter' in expression) {
      counted = true;
      const { counter } = expression;
      if (counter !== null) counters = { packets: BigInt(counter.packets), bytes: BigInt(counter.bytes) };
    } else if ('xt' in expression && expression.xt.type === 'match' && expression.xt.name === 'comment') {
      // It asks nothing, and its text is not shown.
    } else if (kind === 'silent') {
      const text = expressionsText([expression]);
      if (!text.startsWith('comment ')) matches.push({ kind: 'opaque', text });
    } else if (kind === 'does' || statements.length > 0) {
      // What stands behind a statement is asked only once that is done.
      statements.push(expression);
    } else if ('match' in expression) matches.push(...matchesOf(expression, matches, family));
    else matches.push({ kind: 'opaque', text: expressionsText([expression]) });
  }
  return { matches, target: targetOf(statements, family), counted, ...(counters === undefined ? {} : { counters }) };
}

function kindOf(expression: Expression): 'asks' | 'does' | 'silent' {
  if ('match' in expression) return 'asks';
  if ('xt' in expression) return expression.xt.type === 'match' ? 'asks' : 'does';
  return 'words' in expression ? kindOfWords(expression.words) : 'does';
}

function words(expression: MatchExpression): Match {
  return { kind: 'opaque', text: expressionsText([expression]) };
}

function matchesOf(expression: MatchExpression, before: readonly Match[], family: NftFamily | undefined): readonly Match[] {
  const { op, left, right } = expression.match;
  if (!['==', '!=', 'in'].includes(op)) return [words(expression)];
  const known = matchFor(left, right);
  if (known === undefined) return [words(expression)];
  // Other than one state, two at once are no state at all: nft compares with both bits, and that always holds.
  if (op === '!=' && Array.isArray(right) && right.length > 1) return [words(expression)];
  const found = op === '!=' ? not(known) : known;
  const protocol = impliedProtocol(left);
  const named = before.find((one) => one.kind === 'protocol' && !one.negated);
  const payload = 'payload' in left ? left.payload : undefined;
  if (payload !== undefined && ['protocol', 'nexthdr'].includes(payload.field))
    return family === payload.protocol ? [found] : [ofFamily(payload.protocol), found];
  // Of a protocol without ports, `th dport` is whatever stands in that place.
  if (payload?.protocol === 'th' && !PROTOCOLS_WITH_PORTS.includes(named?.kind === 'protocol' ? named.value : ''))
    return [words(expression)];
  return protocol === undefined || named !== undefined ? [found] : [match('protocol', protocol), found];
}

/** `ip protocol tcp` asks for IPv4 as well. */
function ofFamily(protocol: string): Match {
  return { kind: 'opaque', text: `meta nfproto ${protocol === 'ip' ? 'ipv4' : 'ipv6'}` };
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
    case 'l4proto':
      return protocolMatch(right);
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

function protocolMatch(right: Right): Known | undefined {
  const name = typeof right === 'string' || typeof right === 'number' ? protocolName(`${right}`) : null;
  return name === null ? undefined : match('protocol', name);
}

// A name that ends in iptables' own wildcard can't be told from one.
function interfaceMatch(kind: 'in-interface' | 'out-interface', right: Right): Known | undefined {
  if (typeof right !== 'string' || right.includes('+')) return undefined;
  return match(kind, right.replace(/\*$/, '+'));
}

/** `0xf0000000/4`: the first four bits. */
function markPrefix(right: Right, mask: number): { readonly value: number; readonly mask: number } | undefined {
  if (typeof right !== 'object' || !('prefix' in right) || mask !== ALL_BITS) return undefined;
  const { addr, len } = right.prefix;
  const value = Number(addr);
  return Number.isInteger(value) && len > 0 && len <= 32 ? { value, mask: (ALL_BITS << (32 - len)) >>> 0 } : undefined;
}

function markMatch(selector: Selector, given: Right, whole: number): Known | undefined {
  const { value: right, mask } = markPrefix(given, whole) ?? { value: given, mask: whole };
  if (typeof right !== 'number') return undefined;
  if ('meta' in selector && selector.meta.key === 'mark') return match('mark', { value: right, mask });
  return 'ct' in selector && selector.ct.key === 'mark' ? match('connmark', { value: right, mask }) : undefined;
}

const STATES: readonly string[] = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED'];

function stateMatch(right: Right): Known | undefined {
  const list = typeof right === 'object' && 'set' in right ? right.set : [right].flat();
  const named = list.map((state) => `${state}`.toUpperCase());
  if (!named.every((state) => STATES.includes(state))) return undefined;
  return match(
    'conntrack-state',
    STATES.filter((state) => named.includes(state)),
  );
}

function payloadMatch({ protocol, field }: { readonly protocol: string; readonly field: string }, right: Right): Known | undefined {
  if (field === 'protocol' || field === 'nexthdr') return protocolMatch(right);
  if (protocol === 'ip' || protocol === 'ip6') {
    if (field !== 'saddr' && field !== 'daddr') return undefined;
    const text =
      typeof right === 'string' ? right : typeof right === 'object' && 'prefix' in right ? `${right.prefix.addr}/${right.prefix.len}` : '';
    const network = text.startsWith('@') ? null : parseNetwork(text);
    return network === null || network.family !== protocol ? undefined : match(field === 'saddr' ? 'source' : 'destination', network);
  }
  if (field !== 'sport' && field !== 'dport') return undefined;
  const end = field === 'sport' ? 'source' : 'destination';
  if (typeof right === 'object' && 'set' in right) {
    const ranges = right.set.map(portOf);
    return ranges.includes(undefined) ? undefined : match(`${end}-ports`, ranges as PortRange[]);
  }
  const one = portOf(right);
  return one === undefined ? undefined : match(`${end}-port`, one);
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

function targetOf(statements: readonly Expression[], of: NftFamily | undefined): Target {
  const [first, second, third, ...more] = statements;
  if (first === undefined) return { kind: 'none' };
  if (second === undefined) return oneTarget(first) ?? opaque(statements);
  const mark = 'mangle' in second ? oneTarget(second) : undefined;
  if ('tproxy' in first && mark?.kind === 'MARK' && third !== undefined && 'accept' in third && more.length === 0) {
    const { family = of, port = 0, addr } = first.tproxy;
    if (family === 'ip' || family === 'ip6')
      return { kind: 'TPROXY', value: { port, address: addr ?? everywhere(family).address, mark: mark.value } };
  }
  return opaque(statements);
}

function opaque(statements: readonly Expression[]): Target {
  const text = expressionsText(statements);
  // Only of one statement alone its name says what is done.
  return { kind: 'opaque', name: statements.length === 1 ? nameOfWords(text) : 'nft', text };
}

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
    const host = addr.includes(':') && port !== undefined ? `[${addr}]` : addr;
    return { kind: 'DNAT', value: { to: port === undefined ? host : `${host}:${port}` } };
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
  const [left, operator, bits] =
    '|' in value ? [value['|'][0], '|', value['|'][1]] : '^' in value ? [value['^'][0], '^', value['^'][1]] : [value, '', 0];
  const [of, kept] = '&' in left ? left['&'] : [left, ALL_BITS];
  const copies = operator === '' && JSON.stringify(of) !== JSON.stringify(key);
  if (copies) return copied(name, of, kept);
  if (JSON.stringify(of) !== JSON.stringify(key)) return undefined;
  const cleared = ~kept >>> 0;
  // Bits that are set afterwards may stay before or not: both are the same.
  return set({ value: bits, mask: operator === '|' ? (cleared | bits) >>> 0 : cleared });
}

/** From the packet's mark to that of its flow, or back. */
function copied(name: string, from: Selector, kept: number): Target | undefined {
  const source = 'meta' in from ? `meta ${from.meta.key}` : 'ct' in from ? `ct ${from.ct.key}` : '';
  if (name === 'ct mark' && source === 'meta mark') return { kind: 'CONNMARK', value: { action: 'save', nfmask: kept, ctmask: ALL_BITS } };
  return name === 'meta mark' && source === 'ct mark'
    ? { kind: 'CONNMARK', value: { action: 'restore', nfmask: ALL_BITS, ctmask: kept } }
    : undefined;
}
