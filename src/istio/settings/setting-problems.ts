/** What settings ask of a release in vain, and what they need to know first. */

import type { Problem } from '../problems.ts';
import { ProblemError, problem, quoted } from '../problems.ts';
import { cameWith } from '../releases/came-with.ts';
import type { ChangeName, Profile } from '../releases/profile.ts';
import type { Facts } from './facts.ts';
import { namesIn } from './name-resolution.ts';
import type { SettingKey, Settings, SettingValues } from './settings.ts';
import { SETTING_KEYS, SETTINGS } from './settings.ts';

/** Included owner groups share one rule; more than 64 are refused by Istio since it has them. */
const MOST_GROUPS = 64;

/** Warnings about settings at a release. Throws a ProblemError where the rules can't be made. */
export function settingProblems(settings: Settings, values: SettingValues, profile: Profile, facts: Facts): readonly Problem[] {
  const errors = [...missingServers(settings, profile, facts), ...tooManyGroups(settings, profile)];
  if (errors.length > 0) throw new ProblemError(errors);
  return [...withoutEffect(settings, profile), ...noServers(settings, profile, facts), ...unknownNames(settings, values)];
}

/** Whether the rules name the servers: before a release could capture all DNS, `all` can mean no more than these. */
function needsNameservers(dns: SettingValues['dns.capture'], { has }: Profile): boolean {
  return has('dnsByRedirect') && (dns === 'servers' || (dns === 'all' && !has('captureAllDnsFlag')));
}

function missingServers({ 'dns.capture': dns }: Settings, profile: Profile, facts: Facts): readonly Problem[] {
  if (!needsNameservers(dns.value, profile) || facts.nameservers !== undefined) return [];
  return [problem('servers-unknown', dns.source, { option: '--nameserver' })];
}

function noServers({ 'dns.capture': dns }: Settings, profile: Profile, facts: Facts): readonly Problem[] {
  if (!needsNameservers(dns.value, profile) || facts.nameservers?.length !== 0) return [];
  const consequence = profile.has('dnsNeedsServers') ? ', so DNS is not captured' : '; the rules for the agent are made all the same';
  return [problem('no-servers', dns.source, { consequence })];
}

function tooManyGroups({ 'outbound.ownerGroups': groups }: Settings, profile: Profile): readonly Problem[] {
  if (!profile.has('ownerGroups') || groups.value.length <= MOST_GROUPS) return [];
  return [
    problem('too-many-groups', groups.source, {
      name: 'outbound.ownerGroups',
      value: String(groups.value.length),
      allowed: String(MOST_GROUPS),
    }),
  ];
}

/** Settings that someone gave and that this release does not have. */
function withoutEffect(settings: Settings, profile: Profile): readonly Problem[] {
  return SETTING_KEYS.flatMap((key) => {
    const needs = needed(key, settings, profile);
    const { source } = settings[key];
    const given = source.kind === 'file' || source.kind === 'option';
    if (!given || needs === undefined || profile.has(needs) || isIneffective(settings[key].value)) return [];
    return [problem('no-effect', source, { name: key, release: profile.release, reason: cameWith(needs) })];
  });
}

function needed(key: SettingKey, settings: Settings, { has }: Profile): ChangeName | undefined {
  if (key !== 'dns.capture') return SETTINGS[key].needs;
  // Three ways of capturing DNS followed one another; before the first there was none.
  const captured = has('dnsCapture15013') || has('dnsByAddress') || has('dnsByRedirect');
  return settings[key].value === 'off' || captured ? undefined : 'dnsCapture15013';
}

function isIneffective(value: unknown): boolean {
  return value === '*' || value === 'off' || value === false || (Array.isArray(value) && value.length === 0);
}

function unknownNames(settings: Settings, values: SettingValues): readonly Problem[] {
  return namesIn(values).map(([key, name]) => problem('name-without-number', settings[key].source, { name: key, value: quoted(name) }));
}
