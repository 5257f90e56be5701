/** The steps of reading and comparing one by one, for who keeps what lies between them. */

import { badOption } from '../istio/bad-option.ts';
import type { Difference } from '../netfilter/compare/difference.ts';
import { compareRulesets as rulesetsCompared } from '../netfilter/compare.ts';
import type { Family } from '../netfilter/family.ts';
import { FAMILIES } from '../netfilter/family.ts';
import type { Observation, ObservedDifferences } from '../netfilter/observation.ts';
import {
  compareObservations as observationsCompared,
  observeText as observedText,
  observeAll as observedWhole,
} from '../netfilter/observation.ts';
import type { ReadOptions, ReadResult } from '../netfilter/read.ts';
import { readRules as rulesRead } from '../netfilter/read.ts';
import type { Ruleset } from '../netfilter/rule.ts';
import { fields, text } from './checked.ts';

/** The rules of a text in any form, and what of it could not be read. Throws a ProblemError for what is no text; never for what it says. */
export function readRules(rules: string, options: ReadOptions = {}): ReadResult {
  return rulesRead(text('readRules', rules), readOptions('readRules', options));
}

/** Options of a function that reads rules. Throws a ProblemError for what can't be used. */
export function readOptions(called: string, options: unknown): ReadOptions {
  const { family, table, file } = fields(called, options, ['family', 'table', 'file']);
  if (family !== undefined && !FAMILIES.some((one) => one === family))
    throw badOption('family', `${JSON.stringify(family)} is not one of ${FAMILIES.join(', ')}`);
  return {
    ...(family === undefined ? {} : { family: family as Family }),
    ...(table === undefined ? {} : { table: text('table', table) }),
    ...(file === undefined ? {} : { file: text('file', file) }),
  };
}

/** What a text shows of the rules of a machine. Throws a ProblemError for what `readRules` did not give. */
export function observeText(found: ReadResult): Observation {
  if (!isObject(found) || !Array.isArray(found.rulesets)) throw badOption('observeText', 'wants what readRules() gives');
  return observedText(found);
}

/** The rules of both families as all that there is. Throws a ProblemError for what are none. */
export function observeAll(rules: Readonly<Record<Family, Ruleset>>): Observation {
  if (!isObject(rules) || !FAMILIES.every((family) => isRuleset(rules[family])))
    throw badOption('observeAll', 'wants the rules of both families: a plan, or ip and ip6');
  return observedWhole(rules);
}

/** Rule by rule, in order. Throws a ProblemError for what are no lists of rules, one for each family. */
export function compareRulesets(left: readonly Ruleset[], right: readonly Ruleset[]): readonly Difference[] {
  const of = (name: string, value: unknown): readonly Ruleset[] => {
    if (Array.isArray(value) && value.every(isRuleset)) return value as readonly Ruleset[];
    throw badOption(name, 'wants a list with the rules of each family, as [plan.ip, plan.ip6]');
  };
  return rulesetsCompared(of('left', left), of('right', right));
}

/** The same of what was seen: what either does not show is no difference. Throws a ProblemError for what `read` did not give. */
export function compareObservations(left: Observation, right: Observation): ObservedDifferences {
  const of = (name: string, value: unknown): Observation => {
    if (isObject(value) && 'seen' in value) return value as unknown as Observation;
    throw badOption(name, 'wants what read() gives');
  };
  return observationsCompared(of('left', left), of('right', right));
}

function isRuleset(value: unknown): boolean {
  return isObject(value) && 'tables' in value && Array.isArray(value.tables);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
