/** Matches made ready to be asked: each answers yes, no, or maybe where the packet does not say. */

import { networkRange } from '../address/address.ts';
import type { Ranges } from '../address/ranges.ts';
import { contains, union } from '../address/ranges.ts';
import type { Masked, OwnerRange, PortRange } from '../numbers.ts';
import { ALL_BITS } from '../numbers.ts';
import { protocolNumber } from '../protocols.ts';
import type { KnownMatch, Match } from '../rule/match.ts';
import { isBareModule, matchesAll } from '../rule/match.ts';
import { isTemplate } from './conntrack.ts';
import { fieldTest, statesTest, wordTest } from './field-tests.ts';
import { ABSENT } from './fields.ts';
import { socketHolds } from './listeners.ts';
import type { Field } from './result.ts';
import type { Holds, Test } from './test.ts';
import type { Walk } from './walk.ts';

/** How a match is asked; null for one that always holds. */
export function testOf(match: Match): Test | null {
  if (isBareModule(match) || matchesAll(match)) return null;
  if (match.kind === 'opaque' || match.kind === 'unknown') return directionTest(match) ?? notUnderstood(match);
  switch (match.kind) {
    case 'comment':
      return null;
    case 'source':
    case 'destination':
      return fieldTest(match, match.kind, [networkRange(match.value)]);
    case 'protocol': {
      const number = protocolNumber(match.value);
      return number === null ? named(match, 'protocol') : fieldTest(match, 'protocol', [{ first: number, last: number }]);
    }
    case 'in-interface':
      return interfaceTest(match, 'inInterface', match.value);
    case 'out-interface':
      return interfaceTest(match, 'outInterface', match.value);
    case 'source-port':
      return portTest(match, 'sourcePort', [match.value]);
    case 'destination-port':
      return portTest(match, 'destinationPort', [match.value]);
    case 'source-ports':
      return portTest(match, 'sourcePort', match.value);
    case 'destination-ports':
      return portTest(match, 'destinationPort', match.value);
    case 'either-ports':
      return eitherPort(match, match.value);
    case 'uid-owner':
      return ownerTest(match, 'uid', match.value);
    case 'gid-owner':
      return ownerTest(match, 'gid', match.value);
    case 'conntrack-state':
    case 'state':
      return statesTest(match, match.value);
    case 'mark':
      return markTest(match, match.kind, match.value);
    case 'connmark':
      return connmarkTest(match, match.value);
    case 'source-type':
      return addressTypeTest(match, 'source', match.value);
    case 'destination-type':
      return addressTypeTest(match, 'destination', match.value);
    case 'socket':
      return remembered(match, 'socket', '', socketHolds);
    default:
      match satisfies never;
      return null;
  }
}

/** Whether an address is this machine's own; of the other types its routes decide, and the answer is the same while the address is. */
function addressTypeTest(match: KnownMatch, field: 'source' | 'destination', types: readonly string[]): Test {
  if (types.join() !== 'LOCAL') return named(match, field);
  const local = (walk: Walk): Test => fieldTest(match, field, walk.host.local);
  return { match, field, holds: (walk) => local(walk).holds(walk), assume: (walk, yes) => local(walk).assume(walk, yes) };
}

/** A name that ends in `+` stands for all that begin so. */
function interfaceTest(match: KnownMatch, field: 'inInterface' | 'outInterface', pattern: string): Test {
  const start = pattern.slice(0, -1);
  const is = pattern.endsWith('+') ? (name: string): boolean => name.startsWith(start) : (name: string): boolean => name === pattern;
  return wordTest(match, field, is, pattern);
}

/** A packet without ports has none that is another. */
function portTest(match: KnownMatch, field: 'sourcePort' | 'destinationPort', given: readonly PortRange[]): Test {
  const ranges = numbersOf(given);
  return ranges === null ? named(match, field) : fieldTest(match, field, ranges, 'absent fails');
}

/** The ranges, or null where one is a name whose number is not known. */
function numbersOf(given: readonly (PortRange | OwnerRange)[]): Ranges | null {
  const known = given.filter((range) => 'first' in range);
  return known.length === given.length ? union(known) : null;
}

/** A packet that no socket sent has no owner: whoever iptables asks for, it is another; nft's own rules don't match (nft_meta.c). */
function ownerTest(match: KnownMatch, field: 'uid' | 'gid', owner: OwnerRange): Test {
  const ranges = numbersOf([owner]);
  if (ranges === null) return named(match, field);
  const [iptables, native] = [fieldTest(match, field, ranges), fieldTest(match, field, ranges, 'absent fails')];
  return {
    ...iptables,
    holds: (walk) => (!walk.native ? iptables.holds(walk) : mayHaveReceiver(walk) ? 'maybe' : native.holds(walk)),
  };
}

/** What arrives may have been given the socket that gets it before a rule is asked: by TPROXY, or by tcp_v4_early_demux. */
function mayHaveReceiver({ hook, sentBy, state, loopback }: Walk): boolean {
  if (hook !== 'PREROUTING' && hook !== 'INPUT') return false;
  return sentBy?.how === 'tproxy' || (hook === 'INPUT' && !loopback && state !== 'NEW');
}

function eitherPort(match: KnownMatch, given: readonly PortRange[]): Test {
  const ranges = numbersOf(given);
  if (ranges === null) return named(match, 'destinationPort');
  return remembered(match, 'destinationPort', JSON.stringify(given), ({ sourcePort, destinationPort }) => {
    const ports = [sourcePort, destinationPort];
    if (ports.includes(ABSENT)) return 'no';
    const answer = match.negated ? 'no' : 'yes';
    if (ports.some((port) => typeof port !== 'object' && contains(ranges, port))) return answer;
    return ports.some((port) => typeof port === 'object') ? 'maybe' : opposite(answer);
  });
}

/** Asked of packet and flow alike; a packet of no flow has no connmark, and then nothing holds that asks for one. */
export function markTest(match: KnownMatch, field: 'mark' | 'connmark', { value, mask }: Masked): Test {
  if (mask === ALL_BITS) return fieldTest(match, field, [{ first: value, last: value }], 'absent fails');
  return remembered(match, field, `${value}/${mask}`, (walk) => {
    const now = walk[field];
    if (typeof now === 'object') return 'maybe';
    if (now === ABSENT) return 'no';
    return ((Number(now) & mask) >>> 0 === value) !== match.negated ? 'yes' : 'no';
  });
}

function connmarkTest(match: KnownMatch, value: Masked): Test {
  const test = markTest(match, 'connmark', value);
  return { ...test, holds: (walk) => (walk.native && isTemplate(walk) ? 'no' : test.holds(walk)) };
}

/** A name that stands for a number nobody told: the same answer whenever it is asked for. */
function named(match: KnownMatch, field: Field): Test {
  const test = remembered(match, field, JSON.stringify(match.value), () => 'maybe');
  return { ...test, field: undefined };
}

const DIRECTION = /^(?:ct direction (!= )?(original|reply)|-m conntrack (! )?--ctdir (ORIGINAL|REPLY))$/;

/** Which direction of its flow a packet goes in; one of no flow goes in none, and no rule that asks for it matches. */
function directionTest(match: Extract<Match, { readonly kind: 'opaque' | 'unknown' }>): Test | undefined {
  const [, not, word, other, upper] = (match.kind === 'opaque' && DIRECTION.exec(match.text)) || [];
  const name = (word ?? upper)?.toLowerCase();
  if (name === undefined) return undefined;
  const negated = (not ?? other) !== undefined;
  return {
    match,
    field: undefined,
    holds: (walk) => {
      const { state, flow } = walk;
      if (state === 'INVALID' || state === 'UNTRACKED' || (walk.native && isTemplate(walk))) return 'no';
      const direction = state === 'NEW' ? 'original' : flow?.direction;
      if (direction === undefined || typeof state !== 'string') return 'maybe';
      return (direction === name) !== negated ? 'yes' : 'no';
    },
    assume: () => undefined,
  };
}

/** What may be random, a set or a program is asked anew each time. */
function notUnderstood(match: Match): Test {
  return { match, field: undefined, holds: () => 'maybe', assume: () => undefined };
}

/** A question whose answer narrows no field, but is kept until the field changes. */
function remembered(match: KnownMatch, field: Field, what: string, holds: (walk: Walk) => Holds): Test {
  const key = `${field} ${what}`;
  return {
    match,
    field,
    holds: (walk) => {
      const answer = holds(walk);
      const before = answer === 'maybe' ? walk.remembered.get(key) : undefined;
      return before === undefined ? answer : before !== match.negated ? 'yes' : 'no';
    },
    assume: (walk, yes) => {
      walk.remembered.set(key, yes !== match.negated);
    },
  };
}

function opposite(answer: 'yes' | 'no'): Holds {
  return answer === 'yes' ? 'no' : 'yes';
}
