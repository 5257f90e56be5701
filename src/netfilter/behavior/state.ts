/** Packets that are on the same way: one walk for all of them, whose fields are ranges until rules give them a value. */

import type { Ranges, Value } from '../address/ranges.ts';
import type { Oracle } from '../trace/oracle.ts';
import { Walk } from '../trace/walk.ts';
import type { Arena } from './arena.ts';
import type { SetId } from './diagram.ts';
import { NONE } from './diagram.ts';
import type { FieldName, NumberName } from './space.ts';

export interface State {
  readonly walk: Walk;
  /** The packets, as they were sent. */
  readonly set: SetId;
  /** Fields that have been given a value on the way: they say nothing of what the packets were sent with. */
  readonly overlaid: ReadonlySet<NumberName>;
}

/** Fields of a walk that hold numbers, and that packets are told apart by. */
export const NUMBER_FIELDS = ['protocol', 'source', 'destination', 'sourcePort', 'destinationPort', 'uid', 'gid', 'mark'] as const;

/** Another walk at the same point, which can go its own way. */
export function copyOf(walk: Walk, oracle: Oracle): Walk {
  return become(new Walk(walk.packet, walk.host, oracle, null), walk);
}

/** Takes over where another walk is. */
export function become(walk: Walk, other: Walk): Walk {
  const { oracle: _, steps: __, decided, translated, remembered, ...rest } = other;
  return Object.assign(walk, rest, { decided: { ...decided }, translated: { ...translated }, remembered: new Map(remembered) });
}

/** Whether the field is still what each packet was sent with. */
export function isAsSent({ walk, overlaid }: State, field: Exclude<FieldName, 'origin' | 'state' | 'socket'>): boolean {
  return typeof walk[field] === 'object' && !(overlaid as ReadonlySet<string>).has(field);
}

/** What is left of the packets where the walk's fields are narrower than they were. */
export function narrowedSet(arena: Arena, { walk, set, overlaid }: State): SetId {
  let left = set;
  for (const field of NUMBER_FIELDS) {
    // What comes in at lo has lost its owner.
    if (overlaid.has(field) || (walk.loopback && (field === 'uid' || field === 'gid'))) continue;
    const value = walk[field];
    left = arena.diagrams.and(left, typeof value === 'object' ? arena.inRanges(field, value) : arena.inRange(field, value));
  }
  return left;
}

/** The packets of the state for which a field is in the ranges, as a walk with some value for them; undefined where there are none. */
export function part(arena: Arena, state: State, field: NumberName, ranges: Ranges, value: Value | Ranges): State | undefined {
  const set = arena.diagrams.and(state.set, arena.inRanges(field, ranges));
  if (set === NONE) return undefined;
  const walk = copyOf(state.walk, state.walk.oracle);
  walk[field] = value;
  return { walk, set, overlaid: value === ranges ? state.overlaid : new Set([...state.overlaid, field]) };
}

/** One state for all that are alike from here on. */
export function merged(arena: Arena, states: readonly State[]): readonly State[] {
  if (states.length < 2) return states;
  const found = new Map<string, State>();
  for (const state of states) {
    const key = keyOf(state);
    const before = found.get(key);
    found.set(key, before === undefined ? state : { ...before, set: arena.diagrams.or(before.set, state.set) });
  }
  return [...found.values()];
}

/** What of a walk no later rule or route asks for: who it is, what it has left behind, and what is the same for all in a chain. */
const IRRELEVANT: ReadonlySet<string> = new Set(['packet', 'host', 'oracle', 'steps', 'original', 'owner', 'changes', 'end']);

/** All that the rest of the way may depend on. */
function keyOf({ walk, overlaid }: State): string {
  const parts = Object.entries(walk).map(([name, value]) =>
    IRRELEVANT.has(name) ? '' : Array.isArray(value) ? listText(value) : textOf(value),
  );
  return [...parts, textOf([...overlaid])].join(';');
}

// Ranges are what most fields are, and never change: each is the same list in thousands of states.
const LIST_TEXTS = new WeakMap<readonly unknown[], string>();

function listText(list: readonly unknown[]): string {
  const text = LIST_TEXTS.get(list) ?? textOf(list);
  LIST_TEXTS.set(list, text);
  return text;
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(textOf).join();
  if (value instanceof Map) return textOf([...value]);
  // Of a rule that decided, its chain tells whose it is.
  if ('rule' in value && 'chain' in value) return `${'table' in value ? String(value.table) : ''} ${String(value.chain)}`;
  return Object.values(value).map(textOf).join('-');
}
