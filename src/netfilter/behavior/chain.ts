/** Sets of packets through one built-in chain and all it leads to. */

import { normalRule } from '../rule/normal.ts';
import { decide, jumpToNowhere } from '../trace/chains.ts';
import type { RulePlace } from '../trace/result.ts';
import type { PreparedChain, PreparedRule } from '../trace/rules.ts';
import type { Next } from '../trace/targets.ts';
import { perform } from '../trace/targets.ts';
import type { Walk } from '../trace/walk.ts';
import type { Arena } from './arena.ts';
import type { KnownConditions } from './conditions.ts';
import { conditionOf } from './conditions.ts';
import type { SetId } from './diagram.ts';
import { NONE } from './diagram.ts';
import type { Gone } from './explore.ts';
import { explore } from './explore.ts';
import { splitFor } from './splits.ts';
import type { State } from './state.ts';
import { copyOf, merged, NUMBER_FIELDS } from './state.ts';

/** Which packets come to a rule, and for which of them it matches. */
export interface Decision {
  readonly place: RulePlace;
  readonly reached: SetId;
  readonly matched: SetId;
}

/** One walk of sets: what it works with, and what it leaves. */
export interface Round {
  readonly arena: Arena;
  readonly known: KnownConditions;
  /** Packets that go no further, each walk with its end. */
  readonly ended: State[];
  readonly met: Map<PreparedRule, Decision>;
}

/** The packets that go on after the chain. */
export function throughChain(round: Round, chain: PreparedChain, state: State): readonly State[] {
  const { arena, ended } = round;
  const { on, accepted } = runChain(round, chain, [state], [], () => `${chain.table.name} ${state.walk.hook}`);
  const decided = merged(arena, on).flatMap((one) =>
    explore(
      arena,
      one,
      () => '',
      (walk) => decide(walk, chain),
    ),
  );
  ended.push(...decided.filter(({ result }) => !result).map(({ state: one }) => one));
  return merged(arena, [...accepted, ...decided.filter(({ result }) => result).map(({ state: one }) => one)]);
}

interface Left {
  /** At the end of the chain, or returned from it. */
  readonly on: readonly State[];
  readonly accepted: readonly State[];
}

function runChain(round: Round, chain: PreparedChain, states: readonly State[], path: readonly PreparedChain[], at: () => string): Left {
  const left = { on: [] as State[], accepted: [] as State[] };
  let here = states;
  // Past the alternatives of a rule of which one has matched.
  let past: State[] = [];
  for (const [index, rule] of chain.rules.entries()) {
    if (here.length === 0 && past.length === 0) break;
    const place = (): string => `${at()} > ${nameOf(chain, index)}`;
    const after = here.map((state) => throughRule(round, chain, rule, state, [...path, chain], place, left));
    here = after.flatMap(({ missed }) => missed);
    past.push(...after.flatMap(({ matched }) => matched));
    if (rule.alternatives > 0) continue;
    here = merged(round.arena, [...here, ...past]);
    past = [];
  }
  left.on.push(...here);
  return left;
}

/** A rule by its words, and which of several in the chain it is: so that the same rule of two sides has one name. */
function nameOf({ rules }: PreparedChain, index: number): string {
  const words = wordsOf(rules[index]);
  return `${words} ${rules.slice(0, index).filter((rule) => wordsOf(rule) === words).length}`;
}

function wordsOf(rule: PreparedRule | undefined): string {
  if (rule === undefined) return '';
  return rule.target.kind === 'jump' ? rule.target.chain : JSON.stringify([normalRule(rule.place.rule).matches, rule.target]);
}

/** What goes on behind a rule. */
interface After {
  readonly missed: readonly State[];
  readonly matched: readonly State[];
}

/** What goes on to the next rule; the rest is put where it belongs. */
function throughRule(
  round: Round,
  chain: PreparedChain,
  rule: PreparedRule,
  state: State,
  path: readonly PreparedChain[],
  at: () => string,
  left: { readonly on: State[]; readonly accepted: State[] },
): After {
  const { arena, known, met } = round;
  const condition = conditionOf(arena, known, rule, state, at);
  const matched = arena.diagrams.and(state.set, condition);
  note(arena, met, rule, state.set, matched);
  if (matched === NONE || (rule.idle && rule.alternatives === 0)) return { missed: [state], matched: [] };
  const others = arena.diagrams.minus(state.set, condition);
  const hit = { ...state, set: matched };
  const missed = others === NONE ? [] : [{ ...state, set: others }];
  if (rule.idle) return { missed, matched: [hit] };
  const next: State[] = [];
  if (rule.target.kind === 'jump') {
    const to = chain.table.chains.get(rule.target.chain);
    if (to !== undefined) {
      const inside = path.includes(to) ? loop(round, rule, hit) : runChain(round, to, [hit], path, at);
      left.accepted.push(...inside.accepted);
      if (!rule.target.goto) return { missed, matched: inside.on };
      left.on.push(...inside.on);
      return { missed, matched: [] };
    }
  }
  for (const { state: after, result } of performed(arena, rule, hit, at)) {
    switch (result) {
      case 'continue':
      case 'break':
        next.push(after);
        break;
      case 'accept':
        left.accepted.push(after);
        break;
      case 'return':
        left.on.push(after);
        break;
      case 'stop':
        round.ended.push(after);
        break;
      default:
        result satisfies never;
    }
  }
  return { missed, matched: next };
}

/** A chain that is called from itself: no kernel loads it. */
function loop({ ended }: Round, { place }: PreparedRule, state: State): Left {
  const walk = copyOf(state.walk, state.walk.oracle);
  walk.end = { kind: 'unknown', why: { kind: 'loop', at: place }, outcomes: [] };
  ended.push({ ...state, walk });
  return { on: [], accepted: [] };
}

function performed(arena: Arena, { place, target }: PreparedRule, hit: State, at: () => string): readonly Gone<Next>[] {
  const act = (walk: Walk): Next => (target.kind === 'jump' ? jumpToNowhere(walk, { kind: 'target', at: place }) : perform(walk, place));
  return splitFor(arena, hit, target).flatMap((one) => explore(arena, one, at, act, (_, after) => overlaidBy(hit, one, after)));
}

/** What the target changed is no longer what the packets were sent with; what it only looked at is as it was before. */
function overlaidBy(hit: State, split: State, { walk, set }: State): State {
  for (const field of SPLIT_FIELDS) {
    if (walk[field] === split.walk[field]) Object.assign(walk, { [field]: hit.walk[field] });
  }
  const changed = NUMBER_FIELDS.filter((field) => walk[field] !== hit.walk[field]);
  return { walk, set, overlaid: changed.length === 0 ? hit.overlaid : new Set([...hit.overlaid, ...changed]) };
}

const SPLIT_FIELDS = [...NUMBER_FIELDS, 'inInterface', 'outInterface'] as const;

function note({ diagrams }: Arena, met: Map<PreparedRule, Decision>, rule: PreparedRule, set: SetId, matched: SetId): void {
  const before = met.get(rule);
  met.set(rule, {
    place: rule.place,
    reached: diagrams.or(before?.reached ?? NONE, set),
    matched: diagrams.or(before?.matched ?? NONE, matched),
  });
}
