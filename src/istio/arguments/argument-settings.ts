/** Arguments and environment of a release's istio-iptables to settings, with that program's defaults. */

import type { Origin, Sourced } from '../origin.ts';
import type { Problem } from '../problems.ts';
import { problem, quoted, throwErrors } from '../problems.ts';
import type { Profile } from '../releases/profile.ts';
import type { Facts } from '../settings/facts.ts';
import type { SettingKey, Settings, SettingValues } from '../settings/settings.ts';
import type { Switches } from '../settings/switches.ts';
import type { GivenText } from './argument-values.ts';
import { allOr, argumentReader } from './argument-values.ts';
import type { Action } from './arguments.ts';
import { ACTIONS } from './arguments.ts';
import type { GivenFlag, GivenFlags, Reader } from './command-line.ts';
import { bareArguments, parseGoBool, splitCommandLine } from './command-line.ts';
import type { Environment, Given } from './effective-values.ts';
import { givenBy } from './effective-values.ts';

/** What a program's arguments and environment ask for. */
export interface ReadArguments {
  readonly settings: Settings;
  readonly switches: Switches;
  /** What flags, or their variables, ask for besides rules, with the text of each. */
  readonly actions: ReadonlyMap<Action, string>;
  readonly problems: readonly Problem[];
}

/**
 * Reads arguments and environment as the release's program does: flag, then environment, then default.
 * Throws a ProblemError for everything that makes that program, or iptables after it, fail.
 */
export function readArguments(
  args: readonly string[],
  environment: Environment,
  profile: Profile,
  facts: Facts = {},
  reader: Reader = 'program',
): ReadArguments {
  return readFlags(splitCommandLine(bareArguments(args), profile, reader), environment, profile, facts);
}

/** The same of a command line that was split before. */
export function readFlags({ flags, problems }: GivenFlags, environment: Environment, profile: Profile, facts: Facts = {}): ReadArguments {
  const given = givenBy(flags, environment, profile);
  const native = requestsNative(given);
  const read = argumentReader(profile, facts, native);
  const standard: Origin = { kind: 'default', release: profile.release };
  const text = (key: SettingKey, fallback: string): GivenText => ({
    key,
    ...(given.setting(key) ?? { value: fallback, source: standard }),
  });
  const variable = (key: SettingKey, name: Parameters<Given['variable']>[0], counts: boolean, fallback: string): GivenText => ({
    key,
    ...((counts ? given.variable(name) : undefined) ?? { value: fallback, source: standard }),
  });

  const proxyPort = read.port(text('proxy.port', '15001'));
  const uids = read.owners(proxyUsers(text('proxy.uids', ''), given, profile, facts));
  const gids = text('proxy.gids', '');
  const includePorts = allOr(text('inbound.includePorts', ''), read.ports);
  const excludePorts = text('inbound.excludePorts', '');
  const mode = read.mode(text('mode', ''));
  const settings: Settings = {
    mode,
    'proxy.uids': uids,
    'proxy.gids': gids.value === '' ? uids : read.owners(gids),
    'proxy.port': proxyPort,
    'proxy.inboundPort': read.port(
      text('proxy.inboundPort', profile.has('inboundPortFollowsProxyPort') ? String(proxyPort.value) : '15006'),
    ),
    'proxy.tunnelPort': read.port(text('proxy.tunnelPort', '15008')),
    'inbound.includePorts': includePorts,
    // With a list of included ports the program never looks at the excluded ones.
    'inbound.excludePorts':
      includePorts.value === '*' ? read.ports(excludePorts) : argumentReader(profile, facts, native).ports(excludePorts),
    'outbound.includeRanges': allOr(text('outbound.includeRanges', ''), read.ranges),
    'outbound.excludeRanges': read.ranges(text('outbound.excludeRanges', '')),
    'outbound.includePorts': read.ports(text('outbound.includePorts', '')),
    'outbound.excludePorts': read.ports(text('outbound.excludePorts', '')),
    'outbound.ownerGroups': allOr(variable('outbound.ownerGroups', 'ownerGroups', profile.has('ownerGroupsEnvironment'), '*'), read.owners),
    'outbound.excludeOwnerGroups': read.owners(
      variable('outbound.excludeOwnerGroups', 'excludeOwnerGroups', profile.has('ownerGroupsEnvironment'), ''),
    ),
    'outbound.loopback': read.loopback(variable('outbound.loopback', 'loopback', profile.has('loopbackRangeEnvironment'), '127.0.0.1/32')),
    'interfaces.exclude': read.interfaces(text('interfaces.exclude', '')),
    'interfaces.reroute': read.interfaces(text('interfaces.reroute', '')),
    'dns.capture': dnsCapture(given, profile, standard),
    'tproxy.mark': read.routing(text('tproxy.mark', '1337'), mode.value),
    'tproxy.routeTable': read.routing(text('tproxy.routeTable', '133'), mode.value),
    dropInvalid: dropInvalid(given, profile) ?? { value: false, source: standard },
    dualStack: dualStack(given, profile) ?? { value: false, source: standard },
  };
  const actions = new Map(
    ACTIONS.flatMap((action) => {
      const value = given.action(action);
      return value === undefined ? [] : [[action, value.value] as const];
    }),
  );
  const all = [...problems, ...read.problems, ...actionProblems(flags, profile), ...cniProblems(given, profile)];
  // Warnings would only stand in the way: the value of a flag that is not known looks like a word that is ignored.
  throwErrors(all);
  return { settings, switches: switchesOf(given, profile, includePorts.value), actions, problems: all };
}

/** Users of the proxy: as given, else the named user of the image, else 1337; until 1.7 root went with a default. */
function proxyUsers(uids: GivenText, given: Given, profile: Profile, { users = {} }: Facts): GivenText {
  if (uids.value !== '') return uids;
  const name = given.variable('proxyUser')?.value ?? 'istio-proxy';
  const id = Object.hasOwn(users, name) ? users[name] : 1337;
  return { ...uids, value: profile.has('rootIsProxy') ? `${id},0` : `${id}` };
}

/** The older variables hold any text; the newer one is true or false, and wins over the flag's own variable. */
function dnsCapture(given: Given, profile: Profile, standard: Origin): Sourced<SettingValues['dns.capture']> {
  const anyText =
    (profile.has('dnsEnvironment16') ? given.variable('dnsCapture16') : undefined) ??
    (profile.has('dnsEnvironment17') ? (given.variable('dnsAgent') ?? given.variable('dnsCapture')) : undefined);
  if (anyText !== undefined) return { value: 'all', source: anyText.source };
  const flag = given.switched('dns');
  const variable = profile.has('dnsEnvironment') ? asBool(given.variable('dnsCapture')) : undefined;
  const strongestText = strongest(flag, variable, profile);
  if (strongestText === undefined || !strongestText.value) return { value: 'off', source: strongestText?.source ?? standard };
  return {
    value: !profile.has('dnsByRedirect') || given.switched('dns-all')?.value === true ? 'all' : 'servers',
    source: strongestText.source,
  };
}

/** In the viper builds INVALID_DROP only filled a default that nothing read. */
function dropInvalid(given: Given, profile: Profile): Sourced<boolean> | undefined {
  const variable = profile.has('emptyEnvironmentCounts') ? asBool(given.variable('dropInvalid')) : undefined;
  return strongest(given.switched('drop-invalid'), variable, profile);
}

function dualStack(given: Given, profile: Profile): Sourced<boolean> | undefined {
  const agent = profile.has('agentDualStackEnvironment') ? asBool(given.variable('agentDualStack')) : undefined;
  const variable = profile.has('dualStackEnvironment') ? asBool(given.variable('dualStack')) : undefined;
  return strongest(given.switched('dual-stack'), variable ?? agent, profile);
}

function asBool(text: Sourced<string> | undefined): Sourced<boolean> | undefined {
  const value = text === undefined ? null : parseGoBool(text.value);
  return text === undefined || value === null ? undefined : { value, source: text.source };
}

/** A flag beats all; the named variable beats the flag's own variable where it is applied later, and is its default before. */
function strongest(
  flag: Sourced<boolean> | undefined,
  variable: Sourced<boolean> | undefined,
  profile: Profile,
): Sourced<boolean> | undefined {
  const fromEnvironment = flag?.source.kind === 'environment';
  return fromEnvironment && profile.has('emptyEnvironmentCounts') ? (variable ?? flag) : (flag ?? variable);
}

function requestsNative(given: Given): boolean {
  return given.switched('native-nftables')?.value === true;
}

function switchesOf(given: Given, profile: Profile, includePorts: SettingValues['inbound.includePorts']): Switches {
  const old = profile.has('dnsEnvironment16') || (profile.has('dnsEnvironment17') && given.variable('dnsAgent') === undefined);
  return {
    dnsPort: old ? 15013 : 15053,
    dnsZones: given.variable('dnsZones') !== undefined,
    redirectsOwnCalls: (given.variable('loopbackSwitch')?.value ?? '') === '',
    traceLogging: given.switched('trace-logging')?.value === true,
    inbound6: (given.variable('inbound6')?.value ?? '') !== '',
    native: requestsNative(given),
    emptyInboundList: includePorts.length === 0 && (given.setting('inbound.includePorts')?.value ?? '') !== '',
  };
}

/** The program that runs iptables in another namespace fails where none is named. */
function cniProblems(given: Given, profile: Profile): readonly Problem[] {
  const cni = given.switched('cni-mode');
  if (cni?.value !== true || !profile.has('cniModeEnters') || (given.action('network-namespace')?.value ?? '') !== '') return [];
  return [problem('no-namespace', cni.source, { release: profile.release })];
}

/** What --force-iptables-binary takes; empty is as if it were not there. */
const BINARIES: readonly string[] = ['', 'legacy', 'nft'];

/** Flags that keep the program from making any rule, or from starting. */
function actionProblems(flags: ReadonlyMap<string, GivenFlag>, { release }: Profile): readonly Problem[] {
  return [...flags.values()].flatMap(({ argument, text, flag }) => {
    const on = argument.accepts !== 'switch' || parseGoBool(text) === true;
    const source: Origin = { kind: 'argument', flag };
    if (!on) return [];
    if (argument.action === 'help') return [problem('help-asked', source, { value: flag, release })];
    if (argument.action === 'force-binary' && !BINARIES.includes(text))
      return [problem('not-a-value', source, { name: argument.flag, value: quoted(text), allowed: 'legacy or nft' })];
    const noRules = argument.action === 'skip-rule-apply' || argument.action === 'cleanup-only';
    return noRules ? [problem('applies-nothing', source, { value: flag })] : [];
  });
}
