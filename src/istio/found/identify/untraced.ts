/** What the rules that are seen don't tell: settings that could be others and would show the same. */

import { compareRulesets } from '../../../netfilter/compare.ts';
import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import { port } from '../../../netfilter/numbers.ts';
import type { Observation } from '../../../netfilter/observation.ts';
import { sees } from '../../../netfilter/observation.ts';
import type { Ruleset } from '../../../netfilter/rule.ts';
import { rulesetsFor } from '../../plan/rulesets.ts';
import type { SettingKey, SettingValues } from '../../settings/settings.ts';
import { SETTING_KEYS, SETTINGS } from '../../settings/settings.ts';
import type { Proposal } from './proposal.ts';
import type { Rated } from './rating.ts';
import { rate, textOf } from './rating.ts';

/** Why a setting can't be told from the rules. */
export type Unknown =
  /** The release does not have it. */
  | { readonly why: 'not-known' }
  /** With the other settings it changes no rule. */
  | { readonly why: 'no-rule' }
  /** It shows only in tables that are not seen. */
  | { readonly why: 'not-seen'; readonly tables: readonly { readonly family: Family; readonly table: string }[] }
  /** It names interfaces, and the listing hides those. */
  | { readonly why: 'hidden' };

export type Untraced = Unknown & { readonly key: SettingKey };

const SOME_RANGE = { family: 'ip', address: '198.18.0.0', prefix: 15 } as const;
const SOME_OWNER = { first: 4242, last: 4242 };

/** Other values of each setting; where one of them shows the same, the setting can't be told. */
const OTHERS: { readonly [K in SettingKey]: readonly SettingValues[K][] } = {
  mode: ['REDIRECT', 'TPROXY'],
  'proxy.uids': [[SOME_OWNER]],
  'proxy.gids': [[SOME_OWNER]],
  'proxy.port': [4242],
  'proxy.inboundPort': [4242],
  'proxy.tunnelPort': [4242],
  'inbound.includePorts': ['*', [], [port(4242)]],
  'inbound.excludePorts': [[], [port(4242)]],
  'outbound.includeRanges': ['*', [], [SOME_RANGE]],
  'outbound.excludeRanges': [[], [SOME_RANGE]],
  'outbound.includePorts': [[], [port(4242)]],
  'outbound.excludePorts': [[], [port(4242)]],
  'outbound.ownerGroups': ['*', [SOME_OWNER]],
  'outbound.excludeOwnerGroups': [[], [SOME_OWNER]],
  'outbound.loopback': [{ family: 'ip', address: '127.66.0.0', prefix: 16 }],
  'interfaces.exclude': [[], ['x1'], ['x1', 'x2']],
  'interfaces.reroute': [[], ['x1'], ['x1', 'x2']],
  'dns.capture': ['off', 'servers', 'all'],
  'tproxy.mark': [4242],
  'tproxy.routeTable': [4242],
  dropInvalid: [true, false],
  dualStack: [true, false],
};

const SOME_SERVERS = ['192.0.2.53'];

/** The settings that can't be told from what is seen, for one kind of release. */
export function untracedIn(observed: Observation, answer: Rated): readonly Untraced[] {
  return SETTING_KEYS.flatMap((key): readonly Untraced[] => {
    const { needs } = SETTINGS[key];
    if (needs !== undefined && !answer.kind.profile.has(needs)) return [{ key, why: 'not-known' }];
    const other = othersOf(answer.proposal, key).find((proposal) => textOf(rate(observed, answer.kind, proposal)) === textOf(answer));
    return other === undefined ? [] : [{ key, ...whyUntraced(observed, answer, other) }];
  });
}

function othersOf({ values, switches, facts }: Proposal, key: SettingKey): readonly Proposal[] {
  const same = JSON.stringify(values[key]);
  const changed = OTHERS[key].filter((value) => JSON.stringify(value) !== same).map((value) => ({ ...values, [key]: value }));
  // Where mangle is not seen, TPROXY captures what seems to be captured by nothing.
  const tproxy = { ...values, mode: 'TPROXY', 'inbound.includePorts': '*' } as const;
  const both = values.mode === 'REDIRECT' && (key === 'mode' || key === 'inbound.includePorts') ? [tproxy] : [];
  return [...both, ...changed].map((other) => ({ values: other, switches, facts: { nameservers: SOME_SERVERS, ...facts } }));
}

/** In which tables the other settings would have shown. */
function whyUntraced(observed: Observation, { kind, proposal }: Rated, other: Proposal): Unknown {
  const made = ({ values, switches, facts }: Proposal): readonly Ruleset[] => {
    const rules = rulesetsFor(values, switches, kind.profile, facts);
    return FAMILIES.map((family) => rules[family]);
  };
  const differences = compareRulesets(made(proposal), made(other));
  const places = [...new Map(differences.map(({ family, table }) => [`${family} ${table}`, { family, table }])).values()];
  if (places.length === 0) return { why: 'no-rule' };
  const tables = places.filter(({ family, table }) => !sees(observed, family, table));
  return tables.length === places.length ? { why: 'not-seen', tables } : { why: 'hidden' };
}
