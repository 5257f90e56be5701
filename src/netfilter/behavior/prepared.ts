/** Sides made ready to be walked by sets of packets: in one space, so that their sets can be put side by side. */

import type { Ranges } from '../address/ranges.ts';
import { intersect, union } from '../address/ranges.ts';
import type { Rule, Ruleset } from '../rule.ts';
import type { Host } from '../trace/host.ts';
import type { PreparedHost } from '../trace/prepare-host.ts';
import { prepareHost } from '../trace/prepare-host.ts';
import type { PreparedRules } from '../trace/rules.ts';
import { prepareRules } from '../trace/rules.ts';
import { Arena } from './arena.ts';
import { withInterfaces } from './interfaces.ts';
import type { Named } from './named.ts';
import { namedByHost, nameRule } from './named.ts';
import { spaceFor } from './space.ts';
import { weightsFor } from './weights.ts';

/** Rules and the host that they stand on. */
export interface Operand {
  readonly ruleset: Ruleset;
  readonly host: Host;
}

export interface PreparedOperand {
  readonly rules: PreparedRules;
  readonly host: PreparedHost;
}

export interface Prepared {
  readonly arena: Arena;
  readonly operands: readonly PreparedOperand[];
  /** Addresses that every side has. */
  readonly own: Ranges;
  /** Addresses that any side has. */
  readonly anyOwn: Ranges;
  readonly weights: readonly (readonly number[])[];
}

/** Sides of one family; all get the same interfaces. `ports`, and the values in `alsoNamed`, are told apart whether or not a rule names them. Throws a RangeError for sides of two families. */
export function prepareOperands(
  given: readonly Operand[],
  ports: readonly number[] = [],
  effort?: number,
  alsoNamed: Partial<Named> = {},
): Prepared {
  const [
    {
      ruleset: { family },
    } = EMPTY_OPERAND,
  ] = given;
  if (given.some(({ ruleset }) => ruleset.family !== family)) throw new RangeError('rulesets of two families have no packet in common');
  const names = given.flatMap(({ host }) => host.interfaces.map(({ name }) => name));
  const rulesets = given.map(({ ruleset }) => ruleset);
  const operands = given.map(({ ruleset, host }) => ({
    rules: prepareRules(ruleset),
    // The interface by which packets leave is a field of theirs: here the host prefers none.
    host: prepareHost({ ...withInterfaces(host, rulesets, names), defaultInterface: undefined }, family),
  }));
  const hosts = operands.map(({ host }) => host);
  const [first = prepareHost(EMPTY_OPERAND.host, family)] = hosts;
  const named = hosts.map((host) => namedByHost(host, ports)).reduce(bothNamed);
  const tables = operands.flatMap(({ rules: of }) => [...of.tables.values()]);
  const rules = tables.flatMap(({ chains }) => [...chains.values()].flatMap((chain) => chain.rules.map(({ place }) => place.rule)));
  for (const rule of rules) nameRule(named, rule, first);
  for (const [field, values] of Object.entries(alsoNamed)) (named[field as keyof Named] as unknown[]).push(...values);
  const interfaces = [...first.addresses.keys()].filter((name) => name !== 'lo');
  const arena = new Arena(family, spaceFor(named, interfaces, first.everywhere), rules.some(dependsOnTranslation), effort);
  const own = hosts.map(({ local }) => local).reduce(intersect);
  const anyOwn = union(hosts.flatMap(({ local }) => local));
  return { arena, operands, own, anyOwn, weights: weightsFor(arena, own) };
}

function dependsOnTranslation({ matches }: Rule): boolean {
  return matches.some(({ kind, ...match }) => {
    if (kind !== 'conntrack-state' && kind !== 'state') return false;
    return 'value' in match && Array.isArray(match.value) && match.value.some((state) => state === 'DNAT' || state === 'SNAT');
  });
}

const EMPTY_OPERAND: Operand = { ruleset: { family: 'ip', tables: [] }, host: { interfaces: [], localByMark: [] } };

function bothNamed(one: Named, other: Named): Named {
  return Object.fromEntries(
    Object.entries(one).map(([key, values]) => [key, [...values, ...other[key as keyof Named]]]),
  ) as unknown as Named;
}
