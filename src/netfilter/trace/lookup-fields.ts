/** What a policy rule asks of a packet, field by field. */

import type { Range, Value } from '../address/ranges.ts';
import { contains, intersect, isWithin, overlaps } from '../address/ranges.ts';
import { match } from '../rule/match.ts';
import { wordTest } from './field-tests.ts';
import type { NumberField } from './fields.ts';
import { ABSENT, difference, narrowed } from './fields.ts';
import type { PreparedPolicyRule } from './prepare-routing.ts';
import { markTest } from './tests.ts';
import type { Walk } from './walk.ts';

/** A question to the routing. What is left out is as the packet has it. */
export interface Lookup extends Partial<Readonly<Record<NumberField, Value>>> {
  /** What it comes in by; `lo` for what is made here. On the way back, what it would leave by. */
  readonly iif?: string;
  /** The interface that its socket is bound to. */
  readonly bound?: string;
}

type FieldTest = (walk: Walk, rule: PreparedPolicyRule, lookup: Lookup) => boolean;

/** All of them have to hold. */
export const RULE_FIELDS: readonly FieldTest[] = [
  (walk, { source, from }, lookup) => source === undefined || isIn(walk, 'source', source, from, lookup),
  (walk, { destination, to }, lookup) => destination === undefined || isIn(walk, 'destination', destination, to, lookup),
  (walk, { mark }, lookup) => mark === undefined || isMarked(walk, mark, lookup),
  (walk, { iif }, lookup) => iif === undefined || comesBy(walk, iif, lookup),
  (_, { oif }, { bound }) => oif === undefined || oif === bound,
  (walk, { users }, lookup) => users === undefined || isIn(walk, 'uid', users, undefined, lookup),
  (walk, { protocol }, lookup) => protocol === undefined || isIn(walk, 'protocol', { first: protocol, last: protocol }, undefined, lookup),
  (walk, { sourcePorts }, lookup) => sourcePorts === undefined || isIn(walk, 'sourcePort', sourcePorts, undefined, lookup),
  (walk, { destinationPorts }, lookup) =>
    destinationPorts === undefined || isIn(walk, 'destinationPort', destinationPorts, undefined, lookup),
  (walk, { unreadable }) => unreadable === undefined || walk.oracle.yes({ kind: 'host', fact: 'policy-rule', rule: unreadable }),
];

/** Narrows what is not known by the answer. */
export function isIn(walk: Walk, field: NumberField, range: Range, is: string | undefined, lookup: Lookup): boolean {
  const now = lookup[field] ?? walk[field];
  // The kernel takes what no socket sent for root's.
  if (typeof now !== 'object') return contains([range], field === 'uid' && now === ABSENT ? 0 : now);
  if (!overlaps(now, [range])) return false;
  if (isWithin(now, [range])) return true;
  const yes = walk.oracle.yes({ kind: 'field', field, is: is ?? (range.first === range.last ? Number(range.first) : undefined) });
  walk[field] = yes ? narrowed(intersect(now, [range])) : difference(now, [range]);
  return yes;
}

function isMarked(walk: Walk, { value, mask }: NonNullable<PreparedPolicyRule['mark']>, lookup: Lookup): boolean {
  const masked = { value: (value & mask) >>> 0, mask };
  if (lookup.mark !== undefined) return (Number(lookup.mark) & mask) >>> 0 === masked.value;
  const test = markTest(match('mark', masked), 'mark', masked);
  const holds = test.holds(walk);
  if (holds !== 'maybe') return holds === 'yes';
  const yes = walk.oracle.yes({ kind: 'field', field: 'mark', is: masked.value });
  test.assume(walk, yes);
  return yes;
}

function comesBy(walk: Walk, iif: string, lookup: Lookup): boolean {
  if (lookup.iif !== undefined) return lookup.iif === iif;
  const test = wordTest(match('in-interface', iif), 'inInterface', (name) => name === iif, iif);
  const holds = test.holds(walk);
  if (holds !== 'maybe') return holds === 'yes';
  const yes = walk.oracle.yes({ kind: 'field', field: 'inInterface', is: iif });
  test.assume(walk, yes);
  return yes;
}
