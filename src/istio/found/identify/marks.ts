/** Whether packets are marked for TPROXY, and dropped where conntrack can't place them. */

import type { Rule } from '../../../netfilter/rule.ts';
import type { Profile } from '../../releases/profile.ts';
import type { SettingValues } from '../../settings/settings.ts';
import { distinct, jumpsTo, matchesOf, matchValue } from '../ownership/rule-values.ts';
import type { ObservedRules } from './observed-rules.ts';

/** Whether a family's inbound traffic is captured in mangle: before 1.12 that of IPv6 never was. */
export function capturesByTproxy(observedRules: ObservedRules): boolean {
  const rules = observedRules.rules('mangle', 'ISTIO_DIVERT', 'ISTIO_TPROXY', 'ISTIO_INBOUND');
  return rules.some((rule) => rule.target.kind === 'TPROXY' || jumpsTo(rule, 'ISTIO_DIVERT', 'ISTIO_TPROXY'));
}

/** Whether a family shows TPROXY: its chains, or the marks that stay without any inbound port. */
export function readMode(observedRules: ObservedRules): Partial<SettingValues> {
  return capturesByTproxy(observedRules) || marksIn(observedRules).length > 0 ? { mode: 'TPROXY' } : {};
}

/** The marks that one family shows, the surest first. */
export function readMark(observedRules: ObservedRules): readonly Partial<SettingValues>[] {
  return distinct(marksIn(observedRules)).map((mark) => ({ 'tproxy.mark': mark }));
}

/** The marks for TPROXY, each time they stand in a rule. */
export function marksIn(observedRules: ObservedRules): readonly number[] {
  const rules = observedRules.rules('mangle', 'ISTIO_DIVERT', 'ISTIO_TPROXY', 'PREROUTING', 'OUTPUT');
  return rules.flatMap((rule): number | readonly number[] => {
    const { target } = rule;
    switch (target.kind) {
      case 'TPROXY':
        return target.value.mark.value;
      case 'CONNMARK':
        return (matchValue(rule, 'mark') ?? matchValue(rule, 'connmark'))?.value ?? [];
      case 'MARK':
        // The other mark of the program is its own, for what the proxy's users send.
        return matchesOf(rule).some(({ kind }) => kind.endsWith('-owner')) ? [] : target.value.value;
      default:
        return [];
    }
  });
}

/** Whether one family shows that invalid packets are dropped. */
export function readDropInvalid(observedRules: ObservedRules, { has }: Profile): Partial<SettingValues> {
  if (!has('dropInvalid') || !observedRules.sees('mangle')) return {};
  const matchesInvalid = (rule: Rule): boolean => matchValue(rule, 'conntrack-state')?.includes('INVALID') === true;
  const drops = ({ target }: Rule): boolean => target.kind === 'verdict' && target.verdict === 'DROP';
  const found = observedRules.rules('mangle', 'PREROUTING').filter(matchesInvalid);
  return { dropInvalid: found.some((rule) => drops(rule) || jumpsTo(rule, 'ISTIO_DROP')) };
}
