/** One rule of nft in the words of iptables; or why iptables has none for it. */

import { ALL_BITS } from '../numbers.ts';
import { PROTOCOLS_WITH_PORTS } from '../protocols.ts';
import type { Match } from '../rule/match.ts';
import { match, matchesAll } from '../rule/match.ts';
import type { Target } from '../rule/target.ts';
import { isAllowedAt } from '../rule/target-places.ts';
import type { Rule } from '../rule.ts';

/** Why a rule can't be said. */
export interface Unsayable {
  readonly reason: string;
}

/** Where the rule would stand: its table, its chain, and the hooks from which a packet may come to it. */
export interface ChainPosition {
  readonly table: string;
  readonly hooks: readonly string[];
  /** Whether it hangs at the hook itself, where iptables knows which interface a packet has. */
  readonly builtIn: boolean;
}

/** The rule without its name of nft, or why it can't be said. */
export function ruleAsIptables({ text, matches, target, ...rule }: Rule, at: ChainPosition): Rule | Unsayable {
  const converted = matches.map(matchAsIptables);
  const done = targetAsIptables(target);
  const unsayable = [...converted, done].find(isUnsayable) ?? whyNotHere(matches, target, at);
  if (unsayable !== undefined) return unsayable;
  return { ...rule, matches: converted.filter(isMatch).filter((one) => !isEveryAddress(one)), target: done as Target };
}

export function isUnsayable(found: object): found is Unsayable {
  return 'reason' in found;
}

/** iptables keeps no `-d 0.0.0.0/0`. */
function isEveryAddress(match: Match): boolean {
  return (match.kind === 'source' || match.kind === 'destination') && match.value.prefix === 0 && !match.negated;
}

function isMatch(found: Match | Unsayable): found is Match {
  return !isUnsayable(found);
}

function matchAsIptables(condition: Match): Match | Unsayable {
  // iptables' own words, which a translation keeps.
  if (condition.kind !== 'opaque' || condition.text.startsWith('-m ')) return condition;
  const [, end, not, type = ''] = /^fib ([sd]addr) type (!= )?(\w+)$/.exec(condition.text) ?? [];
  if (end !== undefined)
    return { ...match(end === 'saddr' ? 'source-type' : 'destination-type', [type.toUpperCase()]), negated: not !== undefined };
  if (matchesAll(condition)) return { reason: `"${condition.text}" is a rule of its own in iptables` };
  if (/@/.test(condition.text)) return { reason: `"${condition.text}" asks a set of nft` };
  return { reason: `iptables has no words for "${condition.text}"` };
}

const PLAIN: Readonly<Record<string, string>> = { masquerade: 'MASQUERADE', notrack: 'CT --notrack' };

function targetAsIptables(target: Target): Target | Unsayable {
  // The names of iptables' targets are capitals, the words of nft are none.
  if (target.kind !== 'opaque' || /^[A-Z]/.test(target.text)) return target;
  const text = Object.hasOwn(PLAIN, target.text) ? PLAIN[target.text] : undefined;
  return text === undefined ? { reason: `iptables has no words for "${target.text}"` } : { kind: 'opaque', name: target.name, text };
}

/** A rule of iptables has one of each of these. */
const ONCE: readonly string[] = ['source', 'destination', 'in-interface', 'out-interface', 'protocol'];
const PORTS: readonly string[] = ['source-port', 'destination-port', 'source-ports', 'destination-ports'];
/** xt_multiport.h: XT_MULTI_PORTS. A range takes two of them. */
const MOST_PORTS = 15;

function whyNotHere(matches: readonly Match[], target: Target, { table, hooks, builtIn }: ChainPosition): Unsayable | undefined {
  const kinds: readonly string[] = matches.map(({ kind }) => kind);
  const twice = ONCE.find((kind) => kinds.filter((one) => one === kind).length > 1);
  if (twice !== undefined) return { reason: `a rule of iptables asks for ${twice} once` };
  const protocol = matches.find((one) => one.kind === 'protocol' && !one.negated);
  if (kinds.some((kind) => PORTS.includes(kind)) && !PROTOCOLS_WITH_PORTS.includes(`${protocol?.kind === 'protocol' && protocol.value}`))
    return { reason: 'iptables asks for ports of one protocol' };
  if (matches.some(hasTooManyPorts)) return { reason: `multiport of iptables takes ${MOST_PORTS} ports` };
  const owner = kinds.some((kind) => kind === 'uid-owner' || kind === 'gid-owner');
  if (matches.some(isLastOwner)) return { reason: `iptables takes no owner ${ALL_BITS}` };
  const made = hooks.find((hook) => owner && hook !== 'OUTPUT' && hook !== 'POSTROUTING');
  if (made !== undefined) return { reason: `iptables asks for an owner in OUTPUT and POSTROUTING only, and packets of ${made} come here` };
  if (builtIn && hooks.some((hook) => kinds.includes(interfaceLacking(hook))))
    return { reason: `iptables takes no ${interfaceLacking(hooks[0] ?? '')} in ${hooks[0]}` };
  const elsewhere = hooks.find((hook) => !isAllowedAt(target.kind, `${table} ${hook}`));
  return elsewhere === undefined ? undefined : { reason: `${target.kind} of iptables does not stand in ${table} ${elsewhere}` };
}

/** The last number is that of nobody to iptables (libxt_owner.c). */
function isLastOwner(match: Match): boolean {
  if (match.kind !== 'uid-owner' && match.kind !== 'gid-owner') return false;
  return 'last' in match.value && match.value.last === ALL_BITS;
}

function hasTooManyPorts(match: Match): boolean {
  if (match.kind !== 'source-ports' && match.kind !== 'destination-ports') return false;
  const taken = match.value.map((range) => ('first' in range && range.first !== range.last ? 2 : 1));
  return taken.reduce<number>((sum, one) => sum + one, 0) > MOST_PORTS;
}

/** The interface that a packet has not yet, or no longer. */
function interfaceLacking(hook: string): string {
  if (hook === 'OUTPUT' || hook === 'POSTROUTING') return 'in-interface';
  return hook === 'PREROUTING' || hook === 'INPUT' ? 'out-interface' : '';
}
