/** Rules to nft's expressions. */

import type { Network } from '../address/network.ts';
import { addressBits } from '../address/network.ts';
import { familyOfAddress } from '../family.ts';
import type { Masked, OwnerRange, PortRange } from '../numbers.ts';
import { ALL_BITS } from '../numbers.ts';
import { printMatch } from '../print.ts';
import type { KnownMatch, Match } from '../rule/match.ts';
import type { Target } from '../rule/target.ts';
import { printTarget } from '../rule/target.ts';
import type { Expression, Left, Right, Selector } from './expression.ts';
import { CT, META, matchOf, PAYLOAD } from './expression.ts';
import type { NftRule } from './ruleset.ts';

/** The expressions of a rule, in the order in which a listing has them. */
export function expressionsOf({ matches, target, counted, counters }: NftRule): readonly Expression[] {
  const counter: Expression = {
    counter: counters === undefined ? null : { packets: Number(counters.packets), bytes: Number(counters.bytes) },
  };
  const expressionsOf = matches.flatMap((match) => matchExpressions(match, matches));
  const done = targetExpressions(target);
  // Istio's program writes what TPROXY needs as one text and counts behind it.
  const before = target.kind === 'TPROXY' ? done.length - 1 : 0;
  return [...expressionsOf, ...done.slice(0, before), ...(counted ? [counter] : []), ...done.slice(before)];
}

const PORTS: readonly string[] = ['source-port', 'destination-port', 'source-ports', 'destination-ports'];

function protocolIn(matches: readonly Match[]): string {
  const found = matches.find((match) => match.kind === 'protocol' && !match.negated);
  return found?.kind === 'protocol' ? found.value : 'th';
}

function matchExpressions(match: Match, all: readonly Match[]): readonly Expression[] {
  if (match.kind === 'opaque') return [setExpression(match.text) ?? { words: match.text }];
  if (match.kind === 'unknown') return [];
  const { negated } = match;
  const matchExpressions = (left: Selector, right: Right): readonly Expression[] => [matchOf(left, right, negated)];
  switch (match.kind) {
    case 'protocol':
      // `tcp dport 80` says the protocol by itself.
      return !negated && all.some(({ kind }) => PORTS.includes(kind)) ? [] : matchExpressions(META('l4proto'), match.value);
    case 'in-interface':
      return matchExpressions(META('iifname'), interfaceText(match.value));
    case 'out-interface':
      return matchExpressions(META('oifname'), interfaceText(match.value));
    case 'source':
      return matchExpressions(PAYLOAD(match.value.family, 'saddr'), networkRight(match.value));
    case 'destination':
      return matchExpressions(PAYLOAD(match.value.family, 'daddr'), networkRight(match.value));
    case 'source-port':
      return matchExpressions(PAYLOAD(protocolIn(all), 'sport'), rangeRight(match.value));
    case 'destination-port':
      return matchExpressions(PAYLOAD(protocolIn(all), 'dport'), rangeRight(match.value));
    case 'source-ports':
      return matchExpressions(PAYLOAD(protocolIn(all), 'sport'), { set: match.value.map(rangeRight) });
    case 'destination-ports':
      return matchExpressions(PAYLOAD(protocolIn(all), 'dport'), { set: match.value.map(rangeRight) });
    case 'uid-owner':
      return matchExpressions(META('skuid'), rangeRight(match.value));
    case 'gid-owner':
      return matchExpressions(META('skgid'), rangeRight(match.value));
    case 'conntrack-state':
    case 'state':
      return [stateExpression(match.value, negated)];
    case 'mark':
      return [markExpression(META('mark'), match.value, negated)];
    case 'connmark':
      return [markExpression(CT('mark'), match.value, negated)];
    case 'source-type':
    case 'destination-type':
      return [{ words: typeWords(match) }];
    case 'either-ports':
    case 'socket':
    case 'comment':
      return [{ words: wordsOf(match) }];
    default:
      match satisfies never;
      return [];
  }
}

/** What asks a named set, which no match of iptables stands for. */
function setExpression(text: string): Expression | undefined {
  const [, protocol, field, not, set] = /^(ip6?|tcp|udp) ([sd]addr|[sd]port) (!= )?(@[\w.-]+)$/.exec(text) ?? [];
  if (protocol === undefined || field === undefined || set === undefined) return undefined;
  return matchOf(PAYLOAD(protocol, field), set, not !== undefined);
}

function typeWords({ kind, negated, value }: Extract<KnownMatch, { readonly kind: 'source-type' | 'destination-type' }>): string {
  const types = value.map((type) => type.toLowerCase());
  const text = types.length === 1 ? types[0] : `{ ${types.join(', ')} }`;
  return `fib ${kind === 'source-type' ? 'saddr' : 'daddr'} type ${negated ? '!= ' : ''}${text}`;
}

function wordsOf(match: KnownMatch): string {
  return match.kind === 'comment' ? `comment "${match.value.replace(/["\\]/g, '')}"` : `xt match "${printMatch(match)}"`;
}

/** iptables' wildcard at the end of a name is `+`, nft's is `*`. */
export function interfaceText(name: string): string {
  return name.endsWith('+') ? `${name.slice(0, -1)}*` : name;
}

function networkRight({ family, address, prefix }: Network): Right {
  return prefix === addressBits(family) ? address : { prefix: { addr: address, len: prefix } };
}

function rangeRight(range: PortRange | OwnerRange): Right {
  if ('service' in range) return range.service;
  if ('name' in range) return range.name;
  return range.first === range.last ? range.first : { range: [range.first, range.last] };
}

// In the order of conntrack's bits.
const STATES: readonly string[] = ['invalid', 'established', 'related', 'new', 'untracked'];

function stateExpression(states: readonly string[], negated: boolean): Expression {
  const named = STATES.filter((state) => states.includes(state.toUpperCase()));
  const [first = '', ...others] = named;
  // Other than two side by side is other than both at once: a list asks for none of them.
  if (negated && others.length > 0) return { match: { op: '!=', left: CT('state'), right: { set: named } } };
  return { match: { op: negated ? '!=' : 'in', left: CT('state'), right: others.length === 0 ? first : named } };
}

function markExpression(selector: Selector, { value, mask }: Masked, negated: boolean): Expression {
  return matchOf(mask === ALL_BITS ? selector : { '&': [selector, mask] }, value, negated);
}

const VERDICTS: Readonly<Record<string, Expression>> = {
  ACCEPT: { accept: null },
  DROP: { drop: null },
  RETURN: { return: null },
  QUEUE: { queue: null },
};

function targetExpressions(target: Target): readonly Expression[] {
  switch (target.kind) {
    case 'none':
      return [];
    case 'verdict':
      return [VERDICTS[target.verdict] as Expression];
    case 'jump':
      return [target.goto ? { goto: { target: target.chain } } : { jump: { target: target.chain } }];
    case 'REDIRECT': {
      const { value } = target;
      return [{ redirect: 'any' in value ? null : { port: rangeRight(value) } }];
    }
    case 'TPROXY': {
      const { port, address, mark } = target.value;
      const family = familyOfAddress(address);
      return [{ tproxy: { family, port } }, markSet(META('mark'), mark), { accept: null }];
    }
    case 'MARK':
      return [markSet(META('mark'), target.value)];
    case 'CONNMARK':
      return [connmarkSet(target.value)];
    case 'CT':
      return [{ mangle: { key: CT('zone'), value: target.value.zone } }];
    case 'SNAT':
      return [{ snat: { family: familyOfAddress(target.value.to), addr: target.value.to } }];
    case 'opaque':
      return [{ words: target.text }];
    case 'DNAT':
      return [dnatExpression(target.value.to) ?? { words: `xt target "${printTarget(target).slice('-j '.length)}"` }];
    case 'REJECT':
    case 'NFLOG':
      return [{ words: `xt target "${printTarget(target).slice('-j '.length)}"` }];
    default:
      target satisfies never;
      return [];
  }
}

/** Undefined for more than an address and a port. */
function dnatExpression(to: string): Expression | undefined {
  const [, bracketed, plain, port] = /^(?:\[([\da-f:]+)\]|([\d.]+|[\da-f]*:[\da-f:]+))(?::(\d+))?$/i.exec(to) ?? [];
  const addr = bracketed ?? plain;
  if (addr === undefined) return undefined;
  return { dnat: { family: familyOfAddress(addr), addr, ...(port === undefined ? {} : { port: Number(port) }) } };
}

/**
 * Bits of a mark. nft 1.0.6 lists `mark & 0xfffff000 | 0x111` as `mark & 0xfffff111 | 0x00000111`: bits that are set
 * afterwards may as well stay before.
 */
function markSet(key: Selector, { value, mask }: Masked): Expression {
  if (mask === ALL_BITS) return { mangle: { key, value } };
  const cleared: Left = mask === 0 ? key : { '&': [key, ~mask >>> 0] };
  if (value === 0) return { mangle: { key, value: cleared } };
  if ((value & ~mask) !== 0) return { mangle: { key, value: { '^': [cleared, value] } } };
  const kept = (~mask | value) >>> 0;
  return { mangle: { key, value: { '|': [kept === ALL_BITS ? key : { '&': [key, kept] }, value] } } };
}

function connmarkSet(value: Extract<Target, { kind: 'CONNMARK' }>['value']): Expression {
  if (value.action === 'set') return markSet(CT('mark'), value);
  const [key, from] = value.action === 'save' ? [CT('mark'), META('mark')] : [META('mark'), CT('mark')];
  const [kept, replaced] = value.action === 'save' ? [value.nfmask, value.ctmask] : [value.ctmask, value.nfmask];
  if (replaced === ALL_BITS) return { mangle: { key, value: kept === ALL_BITS ? from : { '&': [from, kept] } } };
  return { words: `xt target "CONNMARK"` };
}
