/** Tests of one field, whose answers narrow what is known of it. */

import type { Ranges } from '../address/ranges.ts';
import { contains, intersect, isWithin, overlaps } from '../address/ranges.ts';
import type { ConntrackState } from '../packet.ts';
import type { KnownMatch } from '../rule/match.ts';
import type { NumberField } from './fields.ts';
import { ABSENT, difference, narrowed } from './fields.ts';
import type { Test } from './test.ts';
import type { Walk } from './walk.ts';

/** Whether a field is in some ranges. With `absent fails` a packet that has no such field fails, negated or not. */
export function fieldTest(match: KnownMatch, field: NumberField, ranges: Ranges, absent?: 'absent fails'): Test {
  const { negated } = match;
  const inside = negated ? 'no' : 'yes';
  const outside = negated ? 'yes' : 'no';
  return {
    match,
    field,
    holds: (walk) => {
      const value = walk[field];
      if (typeof value !== 'object') {
        if (value === ABSENT && absent !== undefined) return 'no';
        return contains(ranges, value) ? inside : outside;
      }
      if (!overlaps(value, ranges)) return outside;
      return isWithin(value, ranges) ? inside : 'maybe';
    },
    assume: (walk, yes) => {
      const value = walk[field];
      if (typeof value === 'object') walk[field] = yes !== negated ? narrowed(intersect(value, ranges)) : difference(value, ranges);
    },
  };
}

/** Whether a word is one of those that `is` accepts; `what` says which these are. */
export function wordTest(match: KnownMatch, field: 'inInterface' | 'outInterface', is: (word: string) => boolean, what: string): Test {
  const { negated } = match;
  const key = `${field} ${what}`;
  return {
    match,
    field,
    holds: (walk) => {
      const value = walk[field];
      if (typeof value === 'string') return is(value) !== negated ? 'yes' : 'no';
      const before = walk.remembered.get(key);
      if (before !== undefined) return before !== negated ? 'yes' : 'no';
      const accepted = value.filter(is).length;
      if (accepted === value.length && accepted > 0) return negated ? 'no' : 'yes';
      return accepted === 0 && value.length > 0 ? (negated ? 'yes' : 'no') : 'maybe';
    },
    assume: (walk, yes) => {
      const value = walk[field];
      if (typeof value === 'string') return;
      if (value.length === 0) walk.remembered.set(key, yes !== negated);
      else walk[field] = single(value.filter((word) => is(word) === (yes !== negated)));
    },
  };
}

/** Whether conntrack's state is one of a list, in which SNAT and DNAT ask for the translation of the flow. */
export function statesTest(match: KnownMatch, states: readonly string[]): Test {
  const { negated } = match;
  const is = (state: ConntrackState): boolean => states.includes(state);
  const bySource = states.includes('SNAT');
  const byDestination = states.includes('DNAT');
  return {
    match,
    field: 'state',
    holds: (walk) => {
      const { state } = walk;
      if ((bySource && walk.translated.source) || (byDestination && walk.translated.destination)) return negated ? 'no' : 'yes';
      if (typeof state === 'string') return is(state) !== negated ? 'yes' : 'no';
      const accepted = state.filter(is).length;
      if (accepted === 0) return negated ? 'yes' : 'no';
      return accepted < state.length ? 'maybe' : negated ? 'no' : 'yes';
    },
    assume: (walk, yes) => assumeState(walk, is, yes !== negated),
  };
}

/** Keeps the states that `is` accepts, or the others. A new flow has no connmark, and a packet of no flow has none at all. */
export function assumeState(walk: Walk, is: (state: ConntrackState) => boolean, yes: boolean): void {
  const { state } = walk;
  if (typeof state !== 'string') walk.setState(single(state.filter((one) => is(one) === yes)));
}

function single<W extends string>(words: readonly W[]): W | readonly W[] {
  const [only, another] = words;
  return only !== undefined && another === undefined ? only : words;
}
