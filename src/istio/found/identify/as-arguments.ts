/** An answer as arguments and environment of istio-iptables. */

import { readArguments } from '../../arguments/argument-settings.ts';
import type { Action } from '../../arguments/arguments.ts';
import { ARGUMENTS, ENVIRONMENT, isKnown, shortOf } from '../../arguments/arguments.ts';
import type { Environment } from '../../arguments/effective-values.ts';
import type { Profile } from '../../releases/profile.ts';
import { printedValues, valueWord } from '../../settings/printed-settings.ts';
import type { SettingKey, Settings } from '../../settings/settings.ts';
import { SETTING_KEYS, valuesOf } from '../../settings/settings.ts';
import type { Switches } from '../../settings/switches.ts';
import { isSameValue } from './plausibility.ts';

/** What a release's istio-iptables is started with. */
export interface Command {
  readonly args: readonly string[];
  readonly env: Environment;
}

// What every injector passes, in its order; what is not here is passed only where it is asked for.
const ALWAYS: readonly SettingKey[] = [
  'proxy.port',
  'proxy.inboundPort',
  'proxy.uids',
  'mode',
  'outbound.includeRanges',
  'outbound.excludeRanges',
  'inbound.includePorts',
  'inbound.excludePorts',
];

// Their environment alone asks for these.
const BY_ENVIRONMENT: Partial<Record<SettingKey, keyof typeof ENVIRONMENT>> = {
  'outbound.ownerGroups': 'ownerGroups',
  'outbound.excludeOwnerGroups': 'excludeOwnerGroups',
  'outbound.loopback': 'loopback',
};

const ON = 'true';

/** The arguments and the environment that ask a release's program for these settings. Not every setting can be asked for. */
export function asArguments(settings: Settings, switches: Switches, profile: Profile): Command {
  const args: string[] = [];
  const env: Record<string, string> = {};
  const texts = textsOf(settings);
  const standard = valuesOf(readArguments([], {}, profile).settings);
  const values = valuesOf(settings);
  const requires = (key: SettingKey): boolean =>
    key === 'proxy.gids'
      ? JSON.stringify(values['proxy.gids']) !== JSON.stringify(values['proxy.uids'])
      : ALWAYS.includes(key) || !isSameValue(values, standard, key);
  for (const key of [...ALWAYS, ...SETTING_KEYS.filter((other) => !ALWAYS.includes(other))].filter(requires)) {
    const argument = ARGUMENTS.find(({ setting }) => setting === key);
    const variable = BY_ENVIRONMENT[key];
    if (argument !== undefined && isKnown(argument, profile)) {
      const short = shortOf(argument, profile);
      args.push(short === undefined ? `--${argument.flag}` : `-${short}`, texts[key]);
    } else if (argument?.shellEnvironment !== undefined && profile.has('shellProgram')) {
      // In the releases without the flag, the inbound port is by default the outbound one.
      if (key !== 'proxy.inboundPort' || values[key] !== values['proxy.port']) env[argument.shellEnvironment] = texts[key];
    } else if (variable !== undefined) {
      // viper took an empty variable for none; a list of nothing but empty items is the same to all.
      env[ENVIRONMENT[variable]] = texts[key] === '' && !profile.has('emptyEnvironmentCounts') ? ',' : texts[key];
    }
  }
  for (const action of actionsFor(settings, switches, profile)) {
    const argument = ARGUMENTS.find((one) => one.action === action);
    if (argument !== undefined) args.push(`--${argument.flag}`);
  }
  for (const name of variablesFor(settings, switches, profile)) env[ENVIRONMENT[name]] = ON;
  return { args, env };
}

function textsOf(settings: Settings): Readonly<Record<SettingKey, string>> {
  const printed = printedValues(settings);
  return Object.fromEntries(SETTING_KEYS.map((key) => [key, valueWord(printed(key))])) as Readonly<Record<SettingKey, string>>;
}

function actionsFor(settings: Settings, { traceLogging, native }: Switches, { has }: Profile): readonly Action[] {
  const dns = settings['dns.capture'].value;
  return [
    ...(dns !== 'off' && has('dnsFlag') ? (['dns'] as const) : []),
    ...(dns === 'all' && has('captureAllDnsFlag') ? (['dns-all'] as const) : []),
    ...(settings.dropInvalid.value ? (['drop-invalid'] as const) : []),
    ...(traceLogging ? (['trace-logging'] as const) : []),
    ...(native ? (['native-nftables'] as const) : []),
  ];
}

function variablesFor(settings: Settings, switches: Switches, { has }: Profile): readonly (keyof typeof ENVIRONMENT)[] {
  const byName =
    has('dnsEnvironment17') && switches.dnsPort === 15053 ? 'dnsAgent' : has('dnsEnvironment16') ? 'dnsCapture16' : 'dnsCapture';
  return [
    ...(settings['dns.capture'].value !== 'off' && !has('dnsFlag') ? ([byName] as const) : []),
    ...(switches.dnsZones ? (['dnsZones'] as const) : []),
    ...(switches.redirectsOwnCalls ? [] : (['loopbackSwitch'] as const)),
    ...(switches.inbound6 ? (['inbound6'] as const) : []),
  ];
}
