/** Who the proxy is, and which groups are captured. */

import type { OwnerRange } from '../../../netfilter/numbers.ts';
import { printOwnerRange } from '../../../netfilter/numbers.ts';
import type { Rule } from '../../../netfilter/rule.ts';
import type { Profile } from '../../releases/profile.ts';
import type { SettingValues } from '../../settings/settings.ts';
import { isReturn, jumpsTo, matchesOf, matchValue } from '../ownership/rule-values.ts';
import type { ObservedRules } from './observed-rules.ts';
import { matchesOnly, negatedValue } from './observed-rules.ts';

type Values = Partial<SettingValues>;

interface Owners {
  readonly uids: readonly OwnerRange[];
  readonly gids: readonly OwnerRange[];
}

/**
 * The users and groups of the proxy, from each place that names them, the surest first. Since the owners have
 * three rules each, the first of the three tells a group of the proxy from one that is left out.
 */
export function readOwners(observedRules: ObservedRules, profile: Profile): readonly Values[] {
  const output = observedRules.rules('nat', 'ISTIO_OUTPUT');
  const returns = ownersIn(output.filter((rule) => isOwned(rule) && isReturn(rule)));
  const calls = ownersIn(output.filter((rule) => jumpsTo(rule, 'ISTIO_IN_REDIRECT')));
  const apps = othersIn(output.filter((rule, index) => isAppCall(rule, output[index - 1])));
  const inNat = profile.has('ownerTriples') ? [calls, apps, returns] : [returns];
  const marked = ownersIn(observedRules.rules('mangle', 'OUTPUT').filter(({ target }) => target.kind === 'MARK'));
  const zoned = ownersIn(
    observedRules
      .rules('raw', 'OUTPUT', 'ISTIO_OUTPUT', 'ISTIO_OUTPUT_DNS')
      .filter((rule) => matchValue(rule, 'source-port') === undefined),
  );
  const elsewhere = [marked, zoned].filter(({ uids, gids }) => uids.length + gids.length > 0);
  const sources = [...(observedRules.sees('nat') ? inNat : []), ...elsewhere];
  return sources.map(({ uids, gids }) => ({
    'proxy.uids': uids,
    'proxy.gids': gids,
    ...groupsBeside(observedRules, profile, returns.gids, gids),
  }));
}

/**
 * Whether calls of the application to itself are captured: the included ranges hold loopback, be it only the other
 * family's, which then shows nowhere else.
 */
export function capturesLoopback(observedRules: ObservedRules, { has }: Profile): boolean {
  const output = observedRules.rules('nat', 'ISTIO_OUTPUT');
  const called = has('ownerTriples') && output.some((rule) => jumpsTo(rule, 'ISTIO_IN_REDIRECT'));
  return called && has('loopbackRanges') && !output.some((rule, index) => isAppCall(rule, output[index - 1]));
}

/** `-m owner --uid-owner U` and nothing else. */
function isOwned(rule: Rule): boolean {
  return matchesOnly(rule, 'uid-owner') || matchesOnly(rule, 'gid-owner');
}

/** The application calling itself over lo; where interfaces are hidden, it is what follows the proxy's own call. */
function isAppCall(rule: Rule, before: Rule | undefined): boolean {
  if (!isReturn(rule) || othersIn([rule]).uids.length + othersIn([rule]).gids.length !== 1) return false;
  if (matchValue(rule, 'out-interface') !== undefined) return true;
  return rule.matches.some(({ kind }) => kind === 'unknown') && before !== undefined && jumpsTo(before, 'ISTIO_IN_REDIRECT');
}

function ownersIn(rules: readonly Rule[]): Owners {
  return {
    uids: rules.flatMap((rule) => matchValue(rule, 'uid-owner') ?? []),
    gids: rules.flatMap((rule) => matchValue(rule, 'gid-owner') ?? []),
  };
}

function othersIn(rules: readonly Rule[]): Owners {
  const of = (kind: 'uid-owner' | 'gid-owner'): readonly OwnerRange[] =>
    rules.flatMap((rule) => (negatedValue(rule, kind) as OwnerRange | undefined) ?? []);
  return { uids: of('uid-owner'), gids: of('gid-owner') };
}

/** Groups that are left out, and those that all else is limited to: what returns beside the groups of the proxy. */
function groupsBeside(
  observedRules: ObservedRules,
  { has }: Profile,
  returned: readonly OwnerRange[],
  proxy: readonly OwnerRange[],
): Values {
  if (!has('ownerGroups') || !observedRules.sees('nat')) return {};
  const left = [...returned];
  for (const group of proxy.map(printOwnerRange)) {
    const at = left.findIndex((other) => printOwnerRange(other) === group);
    if (at !== -1) left.splice(at, 1);
  }
  return { 'outbound.excludeOwnerGroups': left, 'outbound.ownerGroups': ownerGroups(observedRules) };
}

function ownerGroups(observedRules: ObservedRules): SettingValues['outbound.ownerGroups'] {
  const rules = observedRules.rules('nat', 'ISTIO_OUTPUT');
  const limiting = rules.findLast((rule, index) => isLimit(rule) && !isAppCall(rule, rules[index - 1]));
  if (limiting !== undefined) return matchesOf(limiting).flatMap((match) => (match.kind === 'gid-owner' ? [match.value] : []));
  // A rule for every packet, before anything looks at destinations.
  const bare = rules.findIndex((rule) => isReturn(rule) && matchesOnly(rule));
  const loopback = rules.findIndex((rule) => isReturn(rule) && matchesOnly(rule, 'destination'));
  return bare !== -1 && loopback !== -1 && bare < loopback ? [] : '*';
}

function isLimit(rule: Rule): boolean {
  const matches = matchesOf(rule);
  return isReturn(rule) && matches.length > 0 && matches.every(({ kind, negated }) => kind === 'gid-owner' && negated);
}
