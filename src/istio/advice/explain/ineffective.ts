/** Why a setting that somebody gave changes nothing: one table. */

import type { Network } from '../../../netfilter/address/network.ts';
import { cameWith } from '../../releases/came-with.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Facts } from '../../settings/facts.ts';
import type { SettingKey, SettingValues } from '../../settings/settings.ts';
import { SETTING_KEYS, SETTINGS } from '../../settings/settings.ts';

/** A setting without effect, and what stands around it. */
export interface Case {
  readonly key: SettingKey;
  readonly values: SettingValues;
  readonly profile: Profile;
  readonly facts: Facts;
  /** Whether the plan has rules for IPv6. */
  readonly ip6: boolean;
}

interface Reason {
  readonly keys: readonly SettingKey[];
  readonly holds: (of: Case) => boolean;
  readonly text: (of: Case) => string;
}

const ALL_BUT_MODE = SETTING_KEYS.filter((key) => key !== 'mode');
const TPROXY_ONLY = ['tproxy.mark', 'tproxy.routeTable'] as const;
const OUTBOUND = [
  'outbound.excludeRanges',
  'outbound.includePorts',
  'outbound.excludePorts',
  'outbound.ownerGroups',
  'outbound.excludeOwnerGroups',
  'interfaces.reroute',
] as const;
const OUTBOUND_RANGES = ['outbound.includeRanges', 'outbound.excludeRanges'] as const;

/** The first that holds is the reason; whether there is an effect is never decided here. */
const REASONS: readonly Reason[] = [
  { keys: ALL_BUT_MODE, holds: ({ values }) => values.mode === 'NONE', text: () => 'mode is NONE, which makes no rules' },
  {
    keys: SETTING_KEYS,
    holds: ({ key, profile }) => !knows(key, profile),
    text: ({ key, profile }) => `Istio ${profile.release} does not have it; ${since(key)}`,
  },
  {
    keys: ['mode', 'inbound.excludePorts', ...TPROXY_ONLY],
    holds: ({ values }) => values['inbound.includePorts'].length === 0,
    text: () => 'no inbound port is captured (inbound.includePorts is empty)',
  },
  {
    keys: ['inbound.excludePorts'],
    holds: ({ values }) => values['inbound.includePorts'] !== '*',
    text: () => 'it counts only where all inbound ports are captured, and inbound.includePorts is a list',
  },
  {
    keys: TPROXY_ONLY,
    holds: ({ values }) => values.mode !== 'TPROXY',
    text: ({ values }) => `only mode TPROXY uses it, and mode is ${values.mode}`,
  },
  {
    keys: ['proxy.inboundPort'],
    holds: ({ values, profile }) => profile.has('inboundPortForAllOnly') && values['inbound.includePorts'] !== '*',
    text: ({ profile }) => `Istio ${profile.release} sends a list of inbound ports to proxy.port`,
  },
  {
    keys: ['outbound.includePorts'],
    holds: ({ values }) => values['outbound.includeRanges'] === '*',
    text: () => 'all destinations are captured already (outbound.includeRanges is "*"); it adds to a list of ranges',
  },
  {
    keys: OUTBOUND,
    holds: ({ values }) => values['outbound.includeRanges'].length === 0 && values['outbound.includePorts'].length === 0,
    text: () => 'no destination is captured (outbound.includeRanges is empty)',
  },
  {
    keys: OUTBOUND_RANGES,
    holds: ({ key, values, ip6 }) => !ip6 && rangesOf(key, values).every(({ family }) => family === 'ip6'),
    text: () => 'it holds IPv6 ranges only, and no IPv6 address of the pod is known, so there are no IPv6 rules',
  },
  {
    keys: ['outbound.includeRanges'],
    holds: ({ key, values }) => rangesOf(key, values).some(({ prefix }) => prefix === 0),
    text: () => 'it covers all destinations, as "*" does',
  },
  {
    keys: ['outbound.excludeRanges'],
    holds: ({ values }) => values['outbound.includeRanges'] !== '*',
    text: () => 'what it holds is not captured anyway (outbound.includeRanges is a list)',
  },
  {
    keys: ['dns.capture'],
    holds: ({ facts }) => facts.nameservers?.length === 0,
    text: () => 'the pod has no nameserver to capture',
  },
  {
    keys: ['dualStack'],
    holds: ({ facts }) => !(facts.addresses ?? []).some((address) => address.includes(':')),
    text: () => 'no IPv6 address of the pod is known',
  },
  {
    keys: ['dualStack'],
    holds: ({ ip6 }) => ip6,
    text: () => "the pod's first address is of IPv6, which is enough for IPv6 rules",
  },
  {
    keys: ['dropInvalid', 'dualStack'],
    holds: ({ key, values }) => values[key] === false,
    text: () => 'it is off',
  },
];

/** Why a setting has no effect; undefined where no reason is known. */
export function whyIneffective(of: Case): string | undefined {
  return REASONS.find(({ keys, holds }) => keys.includes(of.key) && holds(of))?.text(of);
}

function rangesOf(key: SettingKey, values: SettingValues): readonly Network[] {
  const ranges = key === 'outbound.excludeRanges' ? values[key] : values['outbound.includeRanges'];
  return ranges === '*' ? [] : ranges;
}

/** Whether a release looks at a setting at all. */
function knows(key: SettingKey, { has }: Profile): boolean {
  if (key === 'dns.capture') return has('dnsCapture15013') || has('dnsByAddress') || has('dnsByRedirect');
  const { needs } = SETTINGS[key];
  return needs === undefined || has(needs);
}

function since(key: SettingKey): string {
  const needs = key === 'dns.capture' ? 'dnsCapture15013' : SETTINGS[key].needs;
  return needs === undefined ? '' : cameWith(needs);
}
