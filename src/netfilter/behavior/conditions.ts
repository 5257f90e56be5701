/** Which packets of a state a rule's matches hold for: the simulator's own tests, asked with each value of their field. */

import type { Match } from '../rule/match.ts';
import { namedAddress } from '../rule/match.ts';
import { Oracle } from '../trace/oracle.ts';
import type { Question, RulePlace } from '../trace/result.ts';
import type { PreparedRule } from '../trace/rules.ts';
import type { Holds, Test } from '../trace/test.ts';
import type { Walk } from '../trace/walk.ts';
import type { Arena } from './arena.ts';
import type { SetId } from './diagram.ts';
import { ALL, NONE } from './diagram.ts';
import type { FieldName } from './space.ts';
import { fieldNumber, LOOPBACK_INTERFACE, SOCKET } from './space.ts';
import type { State } from './state.ts';
import { copyOf, isAsSent } from './state.ts';

type MatchedField = Exclude<FieldName, 'origin' | 'state'>;

/** What tests say of fields as they were sent never changes. */
export type KnownConditions = Map<Test, SetId>;

/** The packets of all for which every match of the rule holds. `at` names the place in the walk. */
export function conditionOf(arena: Arena, known: KnownConditions, { tests, place }: PreparedRule, state: State, at: () => string): SetId {
  let all = ALL;
  for (const [index, test] of tests.entries()) {
    if (all === NONE) return NONE;
    all = arena.diagrams.and(
      all,
      testSet(arena, known, test, state, place, () => `${at()} ${index}`),
    );
  }
  return all;
}

function testSet(arena: Arena, known: KnownConditions, test: Test, state: State, place: RulePlace, at: () => string): SetId {
  const holds = test.holds(state.walk);
  if (holds !== 'maybe') return holds === 'yes' ? ALL : NONE;
  const named = fieldsOf(test);
  const fields = named.filter((field) => field === 'socket' || isAsSent(state, field));
  if (fields.length === 0) return openSet(arena, test, state.walk, place, at);
  const whole = fields.length === named.length;
  const before = whole ? known.get(test) : undefined;
  if (before !== undefined) return before;
  const set = setOf(arena, test, copyOf(state.walk, NOBODY), fields, place, at);
  if (whole) known.set(test, set);
  return set;
}

const NOBODY = new Oracle([], null);

/** The fields that a test looks at. */
function fieldsOf({ field, match }: Test): readonly MatchedField[] {
  if (field === undefined || field === 'state' || field === 'connmark' || field === 'zone') return [];
  return match.kind === 'either-ports' ? ['destinationPort', 'sourcePort'] : [field];
}

/** Tries every value of the first field, and of the next one where the first is not enough. */
function setOf(
  arena: Arena,
  test: Test,
  probe: Walk,
  [field, ...others]: readonly MatchedField[],
  place: RulePlace,
  at: () => string,
): SetId {
  if (field === undefined) return openSet(arena, test, probe, place, at);
  const { diagrams, space } = arena;
  const answers = space[field].map((atom): Holds => {
    // A packet for this machine that a rule has sent elsewhere: nobody said by which interface.
    if (field === 'outInterface' && atom === LOOPBACK_INTERFACE) return 'maybe';
    setField(probe, field, atom);
    return test.holds(probe);
  });
  const set = diagrams.where(
    fieldNumber(field),
    answers.map((answer) => answer === 'yes'),
  );
  return answers.reduce((all, answer, index) => {
    if (answer !== 'maybe') return all;
    setField(probe, field, space[field][index] ?? '');
    return diagrams.or(all, diagrams.and(arena.at(field, index), setOf(arena, test, copyOf(probe, NOBODY), others, place, at)));
  }, set);
}

function setField(probe: Walk, field: MatchedField, atom: Arena['space'][FieldName][number]): void {
  if (field === 'socket') Object.assign(probe, { packet: { ...probe.packet, socket: atom === SOCKET.found } });
  else (probe as Partial<Record<MatchedField, unknown>>)[field] = typeof atom === 'object' ? atom.first : atom;
}

/** What no packet can tell: a field of its own. Names keep their answer as long as the field is the same; all else is asked anew at each place. */
function openSet(arena: Arena, { match, field }: Test, walk: Walk, place: RulePlace, at: () => string): SetId {
  const question: Question = field === undefined ? { kind: 'match', at: place, match } : { kind: 'field', field, at: place, match };
  const yes = 'negated' in match && match.negated ? 'no' : 'yes';
  return arena.answered(keyOf(match, walk, at), question, ['yes', 'no'], yes);
}

function keyOf(match: Match, walk: Walk, at: () => string): string {
  if (match.kind === 'unknown' || (match.kind === 'opaque' && namedAddress(match) === undefined)) return `match ${at()}`;
  const { source, destination, sourcePort, destinationPort, mark, outInterface } = walk;
  const now = [source, destination, sourcePort, destinationPort, mark].map((value) =>
    typeof value === 'object' ? value.length : String(value),
  );
  return `${match.kind} ${JSON.stringify([match.kind === 'opaque' ? match.text : match.value, now, outInterface])}`;
}
