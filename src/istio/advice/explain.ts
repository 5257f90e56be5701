/** Why a plan is as it is: who gave each setting, what that changes, and why each rule is there. */

import type { Origin, Sourced } from '../origin.ts';
import type { CapturePlan } from '../plan/plan.ts';
import type { Facts } from '../settings/facts.ts';
import type { PrintedValue } from '../settings/printed-settings.ts';
import { printedValues, valueText } from '../settings/printed-settings.ts';
import type { SettingKey } from '../settings/settings.ts';
import { SETTING_KEYS } from '../settings/settings.ts';
import type { Basis } from './explain/basis.ts';
import type { Effect } from './explain/effect.ts';
import { effectOf } from './explain/effect.ts';
import { ignoredIn } from './explain/ignored.ts';
import type { IgnoredText } from './explain/ignored-text.ts';
import type { ExplainedCommand, ExplainedRule } from './explain/rules.ts';
import { explainedRouting, explainedRules } from './explain/rules.ts';
import { settingOriginsOf } from './explain/setting-origins.ts';

export type { Basis } from './explain/basis.ts';
export type { Effect } from './explain/effect.ts';
export type { ExplainedCommand, ExplainedRule } from './explain/rules.ts';

export interface ExplainedSetting {
  readonly key: SettingKey;
  readonly value: PrintedValue;
  /** The value as people read it. */
  readonly text: string;
  readonly source: Origin;
  /** The flag or the variable that brings it to the program, where a workload's container or plugin has it. */
  readonly passedAs?: string;
  /** Who else gave one and lost, the strongest first. */
  readonly over: readonly Sourced<string>[];
  readonly effect: Effect;
}

export interface Explanation {
  readonly plan: CapturePlan;
  readonly basis: Basis;
  readonly facts: Facts;
  /** Those that were given first: what changes something, what does not, what stands there anyway; then the defaults. */
  readonly settings: readonly ExplainedSetting[];
  readonly ignored: readonly IgnoredText[];
  readonly rules: readonly ExplainedRule[];
  readonly routing: readonly ExplainedCommand[];
}

const ORDER: readonly Effect['kind'][] = ['some', 'none', 'same', 'default'];

/** Explains a plan by what it was made of; `facts` are those that it was made with. Of a workload without rules there is nothing to explain. */
export function explain(plan: CapturePlan, basis: Basis, facts: Facts = {}): Explanation {
  if (basis.kind === 'workload' && basis.made.injection.kind !== 'arguments')
    // Without a sidecar there are no settings; the rules are those of the node agent, where it makes some.
    return { plan, basis, facts, settings: [], ignored: [], rules: explainedRules(plan), routing: explainedRouting(plan.routing) };
  const { over, passedAs, defaults, switches } = settingOriginsOf(basis, plan, facts);
  const values = printedValues(plan.settings);
  const settings = SETTING_KEYS.map((key): ExplainedSetting => {
    const value = values(key);
    const effect = effectOf(key, { plan, defaults, switches, facts });
    const by = passedAs(key);
    return {
      key,
      value,
      text: valueText(value),
      source: plan.settings[key].source,
      ...(by === undefined ? {} : { passedAs: by }),
      over: over(key),
      effect,
    };
  });
  return {
    plan,
    basis,
    facts,
    settings: settings.toSorted((a, b) => ORDER.indexOf(a.effect.kind) - ORDER.indexOf(b.effect.kind)),
    ignored: ignoredIn(basis, plan.release),
    rules: explainedRules(plan),
    routing: explainedRouting(plan.routing),
  };
}

export type { IgnoredText } from './explain/ignored-text.ts';
