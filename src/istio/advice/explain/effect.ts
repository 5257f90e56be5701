/** What a setting does, by experiment: the plan without it is made, and compared. */

import { compareBehavior } from '../../packets/behavior.ts';
import type { CapturePlan } from '../../plan/plan.ts';
import { planOf } from '../../plan/plan-of.ts';
import { planText } from '../../plan/plan-text.ts';
import { ProblemError } from '../../problems.ts';
import { profileOf } from '../../releases/profile.ts';
import type { Facts } from '../../settings/facts.ts';
import { printedValues, valueText } from '../../settings/printed-settings.ts';
import type { SettingKey, Settings } from '../../settings/settings.ts';
import { valuesOf } from '../../settings/settings.ts';
import type { Switches } from '../../settings/switches.ts';
import { whyIneffective } from './ineffective.ts';
import type { IneffectiveItem } from './ineffective-items.ts';
import { ineffectiveItems } from './ineffective-items.ts';

export type Effect =
  /** Nobody gave it. */
  | { readonly kind: 'default' }
  /** Somebody gave what stands there anyway. */
  | { readonly kind: 'same' }
  /** Without it other things happen; `idle` are items of a list that change nothing. */
  | { readonly kind: 'some'; readonly idle: readonly IneffectiveItem[] }
  | { readonly kind: 'none'; readonly because: string };

/** A plan, and what has to be known to make others like it. */
export interface Experiment {
  readonly plan: CapturePlan;
  readonly defaults: Settings;
  readonly switches: Switches;
  readonly facts: Facts;
}

/** These decide about traffic: rules that catch nothing more have no effect. Of others a rule that differs is the effect. */
const JUDGED_BY_PACKETS: readonly SettingKey[] = [
  'inbound.includePorts',
  'inbound.excludePorts',
  'outbound.includeRanges',
  'outbound.excludeRanges',
  'outbound.includePorts',
  'outbound.excludePorts',
  'outbound.ownerGroups',
  'outbound.excludeOwnerGroups',
  'interfaces.exclude',
];

/** What a setting of a plan does. */
export function effectOf(key: SettingKey, experiment: Experiment): Effect {
  const { plan, defaults, facts } = experiment;
  const { source } = plan.settings[key];
  if (source.kind === 'injected' || source.kind === 'default') return { kind: 'default' };
  if (valueText(printedValues(plan.settings)(key)) === valueText(printedValues(defaults)(key))) return { kind: 'same' };
  const withDefault = planWith(key, defaults[key].value, experiment);
  // Without it there could be no plan at all: that is an effect.
  if (withDefault === undefined) return { kind: 'some', idle: [] };
  const because = (): string | undefined =>
    whyIneffective({ key, values: valuesOf(plan.settings), profile: profileOf(plan.release), facts, ip6: plan.ip6.tables.length > 0 });
  if (sameRules(plan, withDefault)) return { kind: 'none', because: because() ?? 'the rules are the same without it' };
  if (JUDGED_BY_PACKETS.includes(key) && compareBehavior(plan, withDefault, { facts, most: 1 }).answer === 'equal')
    return { kind: 'none', because: because() ?? 'it makes rules, but no packet is handled in another way because of them' };
  return { kind: 'some', idle: ineffectiveItems(key, plan, (value) => isIneffective(key, value, experiment)) };
}

/** Whether the plan with another value of a setting has the same rules. */
function isIneffective(key: SettingKey, value: unknown, experiment: Experiment): boolean {
  const other = planWith(key, value, experiment);
  return other !== undefined && sameRules(experiment.plan, other);
}

/** The plan with another value of one setting; undefined where there is none. */
function planWith(key: SettingKey, value: unknown, { plan, defaults, switches, facts }: Experiment): CapturePlan | undefined {
  const settings = { ...plan.settings, [key]: { value, source: defaults[key].source } } as Settings;
  try {
    return planOf({ settings, switches }, plan.release, facts);
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

function sameRules(one: CapturePlan, other: CapturePlan): boolean {
  return planText(one) === planText(other);
}
