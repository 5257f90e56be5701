/** Rules that a setting makes and no packet can match. */

import { deadRules } from '../../../netfilter/behavior.ts';
import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import { printRule } from '../../../netfilter/print.ts';
import type { Rule } from '../../../netfilter/rule.ts';
import { rulesIn } from '../../../netfilter/rule.ts';
import { injectedSettings } from '../../kubernetes/ordinary-injection.ts';
import { operandOf } from '../../packets/behavior/operand.ts';
import { podNetworkOfPlan } from '../../packets/pod-network.ts';
import type { CapturePlan } from '../../plan/plan.ts';
import { planFor } from '../../plan/plan.ts';
import { planText } from '../../plan/plan-text.ts';
import { profileOf } from '../../releases/profile.ts';
import type { Facts } from '../../settings/facts.ts';
import type { SettingKey, Settings } from '../../settings/settings.ts';
import { isSettingKey, SETTING_KEYS, SETTINGS } from '../../settings/settings.ts';
import type { Raised, SettingsSubject } from './subject.ts';

interface Dead {
  readonly id: string;
  readonly text: string;
  readonly settings: readonly SettingKey[];
}

export type FindDead = (plan: CapturePlan) => readonly Dead[];

// Some milliseconds each: what is looked at grows with the rule sets of the input, never with its pods.
const MOST = 300;
// The time grows faster than the rules: 300 take half a second, 1,000 take four.
const MOST_RULES = 300;

/**
 * Looks at every rule set once. What is dead in a pod with the same proxy and nothing else of its own is no news.
 * Past the most of them nothing more is looked at, nor are larger ones, and `passedOver` tells how many were not.
 */
export function deadRuleFinder(): { readonly find: FindDead; readonly passedOver: () => number } {
  const known = new Map<string, readonly Dead[]>();
  let passedOver = 0;
  const deadOf = (plan: CapturePlan, deadRules: (plan: CapturePlan) => readonly Dead[]): readonly Dead[] => {
    if (FAMILIES.some((family) => rulesIn(plan[family]).length > MOST_RULES)) {
      passedOver += 1;
      return [];
    }
    const key = planText(plan);
    const before = known.get(key);
    if (before !== undefined || known.size >= MOST) {
      if (before === undefined) passedOver += 1;
      return before ?? [];
    }
    const dead = deadRules(plan);
    known.set(key, dead);
    return dead;
  };
  const all = (plan: CapturePlan): readonly Dead[] => FAMILIES.flatMap((family) => deadIn(plan, family));
  const ordinary = new Map<string, ReadonlySet<string>>();
  const usual = (plan: CapturePlan): ReadonlySet<string> => {
    const bare = bareSettings(plan);
    const key = `${plan.release} ${SETTING_KEYS.map((one) => JSON.stringify(bare[one].value)).join(' ')}`;
    const ids = ordinary.get(key) ?? new Set(all(planFor(bare, plan.release, FACTS)).map(({ id }) => id));
    ordinary.set(key, ids);
    return ids;
  };
  const find: FindDead = (plan) =>
    deadOf(plan, () => {
      // Of others nothing is said, so that nobody asks whether they are usual: that takes a plan of its own.
      const dead = all(plan).filter(({ settings: [key] }) => key !== undefined && LISTS.includes(key));
      return dead.length === 0 ? dead : dead.filter(({ id }) => !usual(plan).has(id));
    });
  return { find, passedOver: () => passedOver };
}

// For both families, and for DNS capture: what would be made of facts that are missing is not asked.
const FACTS: Facts = { addresses: ['192.0.2.1', '2001:db8::1'], nameservers: ['192.0.2.53'] };
const OF_THE_PROXY: readonly SettingKey[] = ['mode', 'proxy.uids', 'proxy.gids', 'dns.capture', 'dropInvalid', 'dualStack'];

/** A default pod of the release, with the proxy of this one. */
function bareSettings({ settings, release }: CapturePlan): Settings {
  return { ...injectedSettings(profileOf(release)), ...Object.fromEntries(OF_THE_PROXY.map((key) => [key, settings[key]])) } as Settings;
}

function deadIn(plan: CapturePlan, family: Family): readonly Dead[] {
  if (plan[family].tables.length === 0) return [];
  const all = plan[family].tables.flatMap(({ name, chains }) =>
    chains.flatMap((chain) => chain.rules.map((rule) => fingerprint(name, chain.name, rule))),
  );
  return deadRules(operandOf(podNetworkOfPlan(plan), family)).flatMap(({ place: { table, chain, rule } }): readonly Dead[] => {
    // What stands there twice is told of as a port or a range that does, or is what the program makes of every list.
    const same = fingerprint(table, chain, rule);
    if (all.indexOf(same) !== all.lastIndexOf(same)) return [];
    return [
      {
        id: `${family} ${rule.id}`,
        text: `-t ${table} -A ${chain} ${printRule(rule)}`,
        settings: (rule.because?.settings ?? []).filter(isSettingKey),
      },
    ];
  });
}

/** A rule and what it is there for. */
function fingerprint(table: string, chain: string, rule: Rule): string {
  return `${table} ${chain} ${printRule(rule)} ${rule.because?.settings.join()}`;
}

/** Settings whose items each make rules of their own: one that is dead is an item for nothing. */
const LISTS: readonly SettingKey[] = SETTING_KEYS.filter((key) => SETTINGS[key].shape !== 'one' && !key.startsWith('proxy.'));

/** Of each setting that somebody gave, the first rule for nothing; what another diagnostic has said of the setting is enough. */
export function deadBySettings(
  { plan, origin, name, place }: SettingsSubject,
  find: FindDead,
  reported: ReadonlySet<string>,
): readonly Raised[] {
  if (plan === undefined || !LISTS.some((key) => origin(key) === 'own')) return [];
  const seen = new Set<SettingKey>();
  return find(plan).flatMap(({ text, settings }): readonly Raised[] => {
    // The first of them is what the rule is there for.
    const [key] = settings;
    if (key === undefined || !LISTS.includes(key) || origin(key) !== 'own' || seen.has(key) || reported.has(JSON.stringify(place(key))))
      return [];
    seen.add(key);
    return [{ code: 'dead-rule', source: place(key), args: { name: name(key), rule: text } }];
  });
}
