/** What a target looks at beside the walk's known fields: its packets are split so that it sees one value, or one answer, at a time. */

import type { Range, Ranges, Value } from '../address/ranges.ts';
import { intersect, subtract } from '../address/ranges.ts';
import type { Family } from '../family.ts';
import { ALL_BITS } from '../numbers.ts';
import type { Target } from '../rule/target.ts';
import { LINK_LOCAL } from '../trace/prepare-host.ts';
import { parseTranslation } from '../trace/translation.ts';
import type { Arena } from './arena.ts';
import { NONE } from './diagram.ts';
import type { NumberName } from './space.ts';
import { fieldNumber, LOOPBACK_INTERFACE } from './space.ts';
import type { State } from './state.ts';
import { copyOf, isAsSent, part } from './state.ts';

const TCP = 6;
const UDP = 17;

type Split = (arena: Arena, state: State) => readonly State[];

/** The states whose packets a target treats alike. */
export function splitFor(arena: Arena, state: State, target: Target): readonly State[] {
  return splitsOf(arena, target).reduce<readonly State[]>((states, split) => states.flatMap((one) => split(arena, one)), [state]);
}

function splitsOf(arena: Arena, target: Target): readonly Split[] {
  const { family } = arena;
  switch (target.kind) {
    case 'MARK':
      return target.value.mask === ALL_BITS ? [] : [byValue('mark')];
    case 'CONNMARK':
      return target.value.action === 'set' ? [] : [byValue('mark')];
    case 'TPROXY':
      return [
        bySingle('protocol', [TCP, UDP]),
        ...(target.value.port === 0 ? [byValue('destinationPort')] : []),
        ...(target.value.mark.mask === ALL_BITS ? [] : [byValue('mark')]),
      ];
    case 'REDIRECT': {
      const ports = 'first' in target.value ? target.value : null;
      return [byInterface('inInterface'), ...byLink(family), ...byOwn(arena), ...byChoice(arena, 'destinationPort', ports)];
    }
    case 'DNAT':
    case 'SNAT': {
      const { addresses, ports } = parseTranslation(target.value.to, family) ?? { addresses: null, ports: null };
      const field = target.kind === 'DNAT' ? 'destination' : 'source';
      return [...byChoice(arena, field, addresses), ...byChoice(arena, `${field}Port`, ports)];
    }
    case 'opaque':
      return target.name === 'MASQUERADE' ? [byInterface('outInterface'), ...byLink(family)] : [];
    default:
      return [];
  }
}

/** One state for each value of the field, which the walk then knows. */
export function splitByValue(arena: Arena, state: State, field: NumberName): readonly State[] {
  if (!isAsSent(state, field)) return [state];
  return arena.space[field].flatMap((range) => part(arena, state, field, [range], range.first) ?? []);
}

function byValue(field: NumberName): Split {
  return (arena, state) => splitByValue(arena, state, field);
}

/** One state for each of some single values, one for all others. */
function bySingle(field: NumberName, values: readonly Value[]): Split {
  return (arena, state) => {
    const now = state.walk[field];
    if (typeof now !== 'object' || !isAsSent(state, field)) return [state];
    const single = values.map((value) => ({ first: value, last: value }));
    const others = subtract(now, single);
    return [...single.map((range) => part(arena, state, field, [range], range.first)), part(arena, state, field, others, others)].flatMap(
      (one) => one ?? [],
    );
  };
}

/** IPv6 has addresses of its own for neighbours. */
function byLink(family: Family): readonly Split[] {
  return family === 'ip6' ? [(arena, state) => splitByRanges(arena, state, 'destination', LINK_LOCAL)] : [];
}

/** What is sent to where it would be sent to has no translation: that is a difference where a rule asks for one. */
function byOwn(arena: Arena): readonly Split[] {
  if (!arena.dependsOnTranslation) return [];
  return [
    (_, state) => {
      const { host } = state.walk;
      return bySingle('destination', [host.loopbackAddress, ...[...host.addresses.values()].flat()])(arena, state);
    },
  ];
}

/** The kernel keeps what lies in a range already. */
function byChoice(arena: Arena, field: NumberName, range: Range | null): readonly Split[] {
  if (range === null) return [];
  if (range.first !== range.last) return [(_, state) => splitByRanges(arena, state, field, [range])];
  return arena.dependsOnTranslation ? [bySingle(field, [range.first])] : [];
}

/** One state for the values in the ranges, one for the others. */
function splitByRanges(arena: Arena, state: State, field: NumberName, ranges: Ranges): readonly State[] {
  const now = state.walk[field];
  if (typeof now !== 'object' || !isAsSent(state, field)) return [state];
  return [intersect(now, ranges), subtract(now, ranges)].flatMap((some) => part(arena, state, field, some, some) ?? []);
}

function byInterface(field: 'inInterface' | 'outInterface'): Split {
  return (arena, state) => {
    if (!isAsSent(state, field)) return [state];
    return arena.space[field].flatMap((name, index) => {
      const set = arena.diagrams.and(
        state.set,
        arena.diagrams.where(
          fieldNumber(field),
          arena.space[field].map((_, place) => place === index),
        ),
      );
      if (set === NONE) return [];
      const walk = copyOf(state.walk, state.walk.oracle);
      if (name !== LOOPBACK_INTERFACE) walk[field] = name;
      return [{ ...state, walk, set }];
    });
  };
}
