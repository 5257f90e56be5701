/** `diff`: two sources of rules side by side. */

import { FAMILIES } from '../netfilter/rule.ts';
import type { Paint } from './colour.ts';
import type { Scope } from './diff/comparison.ts';
import { compareSides, isSame } from './diff/comparison.ts';
import type { DiffFormName } from './diff/forms.ts';
import { DIFF_FORM_NAMES, DIFF_FORMS } from './diff/forms.ts';
import type { PacketFormName } from './diff/packet-forms.ts';
import { PACKET_FORM_NAMES, PACKET_FORMS } from './diff/packet-forms.ts';
import type { NamedSide } from './diff/sides.ts';
import { readSides } from './diff/sides.ts';
import type { SettingsGiven } from './options.ts';
import { factsOf } from './plan-input.ts';
import type { Result } from './talk.ts';
import { oneOf } from './talk.ts';

export interface DiffRequest {
  readonly left: string;
  /** Without it the settings that are given, or what made the left side, are compared with it. */
  readonly right?: string;
  readonly given: SettingsGiven;
  /** `rules` or `packets`. */
  readonly by: string;
  readonly output: string;
  readonly family?: string;
  /** Whether rules that other programs are known to make are compared as well. */
  readonly all: boolean;
  readonly paint: Paint;
}

/** Exit codes, as diff(1) has them; what can't be told is no equality. */
const SAME = 0;
const DIFFERENT = 1;

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function diff(request: DiffRequest): Promise<Result> {
  const { left, right, given, family: named, all } = request;
  const by = oneOf('--by', request.by, ['rules', 'packets']);
  const print = by === 'rules' ? byRules(request) : byPackets(request);
  const family = named === undefined ? undefined : oneOf('--family', named, FAMILIES);
  const [one, other] = await readSides(left, right, given, family);
  const { output, same } = await print(one, other, { ...(family === undefined ? {} : { family }), all });
  return {
    output,
    problems: [...one.problems, ...other.problems],
    notes: [...one.notes, ...other.notes],
    exitCode: same ? SAME : DIFFERENT,
  };
}

type Compare = (left: NamedSide, right: NamedSide, scope: Scope) => Promise<{ readonly output: string; readonly same: boolean }>;

function byRules({ output, paint }: DiffRequest): Compare {
  const form: DiffFormName = oneOf('--output', output, DIFF_FORM_NAMES);
  return async (left, right, scope) => {
    const comparison = compareSides(left, right, scope);
    return { output: DIFF_FORMS[form](comparison, paint), same: isSame(comparison) };
  };
}

function byPackets({ output, given, paint }: DiffRequest): Compare {
  const form: PacketFormName = oneOf('--output', output, PACKET_FORM_NAMES);
  return async (left, right, scope) => {
    const { comparePackets } = await import('./diff/by-packets.ts');
    const comparison = comparePackets(left, right, scope, await factsOf(given));
    return { output: PACKET_FORMS[form](comparison, paint), same: comparison.behavior.answer === 'equal' };
  };
}
