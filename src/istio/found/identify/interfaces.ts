/** Interfaces that are left alone, and those of virtual machines. */

import type { Rule } from '../../../netfilter/rule.ts';
import type { Profile } from '../../releases/profile.ts';
import type { SettingValues } from '../../settings/settings.ts';
import { isReturn, jumpsTo, matchValue } from '../ownership/rule-values.ts';
import type { ObservedRules } from './observed-rules.ts';
import { matchesOnly } from './observed-rules.ts';

type Direction = 'in-interface' | 'out-interface';

/**
 * The interfaces that one family shows. Those that are left alone return on their way in and out; those of
 * virtual machines only on their way in, and were inserted one above the other, so that the last stands first.
 */
export function readInterfaces(observedRules: ObservedRules, { has }: Profile): readonly Partial<SettingValues>[] {
  const table = ['nat', 'mangle'].find((name) => observedRules.sees(name));
  if (table === undefined) return [];
  const exclude = returned(observedRules.rules(table, 'OUTPUT'), 'out-interface', 'excluded');
  const excluded: Partial<SettingValues> = has('excludeInterfaces') ? { 'interfaces.exclude': exclude } : {};
  if (table !== 'nat' || !has('rerouteInterfaces')) return [excluded];
  const into = returned(observedRules.rules('nat', 'PREROUTING'), 'in-interface', 'rerouted');
  const inserted = into.slice(0, Math.max(0, into.length - exclude.length)).toReversed();
  const twice = observedRules.family === 'ip6' && has('rerouteFirst') && !has('mirrored6') && sameHalves(inserted);
  const once = twice ? inserted.slice(inserted.length / 2) : inserted;
  // Until 1.7 IPv6 returned nothing where destinations are listed.
  const certain = once.length > 0 ? once : captured(observedRules);
  return [certain, captured(observedRules), inserted].map((reroute) => ({ ...excluded, 'interfaces.reroute': reroute }));
}

/** The interfaces whose packets return. Of those that a listing hides it shows how many there are: they get made-up names. */
function returned(rules: readonly Rule[], direction: Direction, called: string): readonly string[] {
  const found = rules.filter((rule) => isReturn(rule) && matchesOnly(rule, direction));
  return found.map((rule, index) => matchValue(rule, direction) ?? `${called}${index + 1}`);
}

/** The interfaces whose packets are captured, each once. */
function captured(observedRules: ObservedRules): readonly string[] {
  const jumps = observedRules.rules('nat', 'PREROUTING').filter((rule) => jumpsTo(rule, 'ISTIO_REDIRECT'));
  return [...new Set(jumps.flatMap((rule) => matchValue(rule, 'in-interface') ?? []))].reverse();
}

// From 1.8 to 1.11 IPv6 returned twice where all destinations are captured.
function sameHalves(names: readonly string[]): boolean {
  const half = names.length / 2;
  return Number.isInteger(half) && names.slice(0, half).join() === names.slice(half).join();
}
