/** An identification in words. */

import { SET_BY } from '../../istio/found/identify/as-sidecar.ts';
import { HIDDEN_SERVERS, SOME_ADDRESS_6 } from '../../istio/found/identify/candidates.ts';
import type { CommandAt, Description } from '../../istio/found/identify/describe.ts';
import type { IgnoredRules } from '../../istio/found/identify/our-part.ts';
import { ordinaryValues } from '../../istio/found/identify/proposal.ts';
import type { Untraced } from '../../istio/found/identify/untraced.ts';
import type { Answer, Identification } from '../../istio/found/identify.ts';
import { MOST_RULES } from '../../istio/found/identify.ts';
import { profileOf } from '../../istio/releases/profile.ts';
import { spansText } from '../../istio/releases/spans-text.ts';
import { printedValues, valueText } from '../../istio/settings/printed-settings.ts';
import type { SettingKey, Settings } from '../../istio/settings/settings.ts';
import { SETTING_KEYS } from '../../istio/settings/settings.ts';
import { writeYaml } from '../../istio/yaml.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import { quoteForPasting } from '../../netfilter/words.ts';
import { leftOutText } from '../diff/words.ts';
import { unreadText } from '../terminal/unread.ts';

/** `Istio 1.7.0 to 1.12.9`. */
export function makerName({ releases }: Pick<Answer, 'releases'>): string {
  return `Istio ${spansText(releases)}`;
}

/** One setting of an answer, and what a default pod has where that is something else. */
export interface DescribedSetting {
  readonly key: string;
  readonly text: string;
  readonly ordinary?: string;
}

/** All settings, those that no default pod has first, with what only the environment of old programs asks for. */
export function describedSettings({
  plan,
  nonDefault,
  switches,
  notKnown = [],
}: Pick<Answer, 'plan' | 'nonDefault' | 'switches' | 'notKnown'>): readonly DescribedSetting[] {
  const usual = ordinaryValues(profileOf(plan.release));
  const ordinary = textsOf(Object.fromEntries(SETTING_KEYS.map((key) => [key, { value: usual[key] }])) as unknown as Settings);
  const own = textsOf(plan.settings);
  const described = (key: SettingKey): DescribedSetting => ({ key, text: own(key) });
  return [
    ...nonDefault.settings.map((key): DescribedSetting => ({ ...described(key), ordinary: ordinary(key) })),
    ...notKnown.map((key): DescribedSetting => ({ key, text: 'not known', ordinary: ordinary(key) })),
    ...nonDefault.switches.map(
      (name): DescribedSetting => ({
        key: SET_BY[name],
        text: name === 'dnsPort' ? `set, with DNS to ${switches.dnsPort}` : 'set',
        ordinary: 'not set',
      }),
    ),
    ...SETTING_KEYS.filter((key) => !nonDefault.settings.includes(key) && !notKnown.includes(key)).map(described),
  ];
}

function textsOf(settings: Settings): (key: SettingKey) => string {
  const printed = printedValues(settings);
  return (key) => valueText(printed(key));
}

/** The settings as our YAML, a list on a line. */
export function yamlText({ sidecar }: Pick<Description, 'sidecar'>): string {
  return writeYaml(sidecar.document, 2);
}

/** What must be known of the pod besides, as options of this program. */
export function describedFacts({ addresses = [], nameservers = [] }: Answer['facts']): readonly string[] {
  return [...addresses.map((address) => `--address ${address}`), ...nameservers.map((server) => `--nameserver ${server}`)];
}

/** Which of these are made up: rules show only that there is such an address. */
export function assumedFactsText({ addresses = [], nameservers = [] }: Answer['facts']): readonly string[] {
  const hidden = Object.values(HIDDEN_SERVERS).find((server) => nameservers.includes(server));
  return [
    ...(addresses.includes(SOME_ADDRESS_6) ? ['any address of IPv6 will do'] : []),
    ...(hidden === undefined ? [] : [`any nameserver of ${hidden.includes(':') ? 'IPv6' : 'IPv4'} will do`]),
  ];
}

/** `ISTIO_META_DNS_CAPTURE=true istio-iptables -p 15001`, or why there is nothing that could be said. */
export function commandText(command: CommandAt): string {
  if ('reason' in command) return `no arguments: ${command.reason}`;
  const variables = Object.entries(command.env).map(([name, value]) => `${name}=${quoteForPasting(value)}`);
  return [...variables, 'istio-iptables', ...command.args.map(quoteForPasting)].join(' ');
}

/** What can't be told, by the reason: `dropInvalid: shows only in IPv4 mangle, which is not seen`. */
export function untracedText(untraced: readonly Untraced[]): readonly string[] {
  const byReason = new Map<string, SettingKey[]>();
  for (const one of untraced) {
    const reason = reasonOf(one);
    byReason.set(reason, [...(byReason.get(reason) ?? []), one.key]);
  }
  return [...byReason].map(([reason, keys]) => `${keys.join(', ')}: ${reason}`);
}

function reasonOf(one: Untraced): string {
  switch (one.why) {
    case 'not-known':
      return 'no effect in these releases';
    case 'no-rule':
      return 'no effect with these settings';
    case 'not-seen':
      return `shows only in ${one.tables.map(({ family, table }) => `${FAMILY_NAMES[family]} ${table}`).join(' and ')}, which is not seen`;
    case 'hidden':
      return 'the text hides what its rules ask; the values are made up';
    default:
      return one satisfies never;
  }
}

/** What is there besides our rules. */
export function ignoredRulesText({ programs, others, lookalikes }: IgnoredRules): readonly string[] {
  return [
    ...(programs.length === 0 ? [] : [programs.map(leftOutText).join(', ')]),
    ...others.map(({ family, table, rules, first }) => {
      const more = rules > first.length ? `; ${rules - first.length} more` : '';
      return `not Istio's, in ${FAMILY_NAMES[family]} ${table}: ${first.join('; ')}${more}`;
    }),
    ...lookalikes.map(
      ({ family, table, chain, rule = '' }) => `as if it were Istio's, in ${FAMILY_NAMES[family]} ${table}: -A ${chain} ${rule}`,
    ),
  ];
}

/** Why there is no answer. */
export function noAnswerText(
  { ambient, oversized, unread }: Pick<Identification, 'ambient' | 'oversized' | 'unread'>,
  native: readonly string[],
): string {
  const chains = [...new Set(ambient.map(({ chain }) => chain))].join(', ');
  return [
    oversized
      ? `more than ${MOST_RULES} rules are in Istio's chains, too many to be read`
      : unread.length > 0
        ? `whose rules are here is not known: ${unreadText(unread)}`
        : "no rules of Istio's sidecar are here",
    ...(chains === '' ? [] : [`${chains}: chains of Istio's ambient mode, which its node agent makes for ztunnel`]),
    ...(native.length === 0 ? [] : [`${[...new Set(native)].join(', ')}: native nft tables, which are not read`]),
  ].join('; ');
}
