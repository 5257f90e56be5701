/** proxyMetadata that is meant for the rules and does nothing to them. */

import leven from 'leven';
import { ARGUMENTS, ENVIRONMENT, environmentOf } from '../../arguments/arguments.ts';
import { parseGoBool } from '../../arguments/command-line.ts';
import { pluginVariables } from '../../kubernetes/injection/plugin.ts';
import { proxyContainer } from '../../kubernetes/injection/proxy-container.ts';
import { layerRules } from '../../kubernetes/injection/template-data-of.ts';
import type { Texts } from '../../kubernetes/manifest/workload.ts';
import { effectiveProxyConfig } from '../../kubernetes/mesh/effective.ts';
import type { Sourced } from '../../origin.ts';
import { quoted } from '../../problems.ts';
import type { SettingKey } from '../../settings/settings.ts';
import type { Raised, WorkloadCheck, WorkloadSubject } from './subject.ts';

interface Variable {
  readonly setting: SettingKey;
  readonly boolean?: true;
}

/** The variables that users set for the rules. */
const VARIABLES: Readonly<Record<string, Variable>> = {
  [ENVIRONMENT.dnsCapture]: { setting: 'dns.capture', boolean: true },
  [ENVIRONMENT.dropInvalid]: { setting: 'dropInvalid', boolean: true },
  [ENVIRONMENT.dualStack]: { setting: 'dualStack', boolean: true },
  [ENVIRONMENT.agentDualStack]: { setting: 'dualStack', boolean: true },
  [ENVIRONMENT.ownerGroups]: { setting: 'outbound.ownerGroups' },
  [ENVIRONMENT.excludeOwnerGroups]: { setting: 'outbound.excludeOwnerGroups' },
  [ENVIRONMENT.loopback]: { setting: 'outbound.loopback' },
};

/** What istio-init, or the proxy that the CNI plugin looks at, has or gets as its environment. */
function environmentOfPod({ workload, mesh, made }: WorkloadSubject): Texts {
  if (made?.injection.kind !== 'arguments') return new Map();
  if (made.found && made.injection.installer === 'init') return made.injection.environment;
  if (made.found) return proxyContainer(workload.pod)?.env ?? new Map();
  return effectiveProxyConfig(mesh, workload).metadata;
}

/** Of that environment what arrives: releases differ in the layers of proxy configuration that they know. */
function passedTo({ workload, mesh, made, profile }: WorkloadSubject): Texts {
  if (made?.injection.kind !== 'arguments') return new Map();
  if (made.injection.installer === 'init') return made.injection.environment;
  return made.found
    ? (proxyContainer(workload.pod)?.env ?? new Map())
    : effectiveProxyConfig(mesh, workload, layerRules(profile, mesh)).metadata;
}

export const variablesWithoutEffect: WorkloadCheck = (subject) => {
  const { made, profile, settings } = subject;
  if (made?.injection.kind !== 'arguments' || settings === undefined) return [];
  const [environment, passed] = [environmentOfPod(subject), passedTo(subject)];
  const cni = made.injection.installer === 'cni';
  const who = cni ? 'the CNI plugin of' : 'istio-iptables';
  const { release } = profile;
  return Object.entries(VARIABLES).flatMap(([name, { setting, boolean }]): readonly Raised[] => {
    const given = environment.get(name);
    if (given === undefined || given.value === '') return [];
    const { value, source } = given;
    const raised = (reason: string): readonly Raised[] => [{ code: 'variable-not-read', source, args: { name, reason } }];
    const arrived = passed.get(name);
    if (parseGoBool(value) !== false && (arrived === undefined || !isFrom(arrived, given)))
      return raised(`the injector of ${release} does not pass it`);
    const anyText = !cni && name === ENVIRONMENT.dnsCapture && profile.has('dnsEnvironment17');
    const truth = boolean === true ? parseGoBool(value) : true;
    if (anyText && truth !== true)
      return [{ code: 'any-text-is-true', source, args: { name, value: quoted(value), release: `istio-iptables ${release}` } }];
    if (truth === null) return [{ code: 'not-a-boolean', source, args: { name, value: quoted(value), release: `${who} ${release}` } }];
    if (
      truth === false ||
      (name === ENVIRONMENT.agentDualStack && parseGoBool(environment.get(ENVIRONMENT.dualStack)?.value ?? '') === true)
    )
      return [];
    const read = cni ? pluginVariables(profile).includes(name) : isFrom(settings.settings[setting], given);
    return read ? [] : raised(`${who} ${release} does not read it`);
  });
};

function isFrom({ source }: Sourced<unknown>, given: Sourced<string>): boolean {
  return JSON.stringify(source) === JSON.stringify(given.source);
}

const FLAG_VARIABLES: readonly string[] = ARGUMENTS.map(environmentOf);
const NAMES: readonly string[] = Object.values(ENVIRONMENT);
// Short names have too many neighbours.
const LONG = 12;
const NEAR = 3;

/** Nearly a variable that istio-iptables reads, and none itself. */
export const misspeltVariables: WorkloadCheck = (subject) =>
  [...environmentOfPod(subject)].flatMap(([name, { source }]): readonly Raised[] => {
    if (NAMES.includes(name) || FLAG_VARIABLES.includes(name) || name.length > 60) return [];
    const nearest = NAMES.filter((known) => known.length >= LONG)
      .map((known) => ({ known, distance: leven(known, name.toUpperCase().replaceAll('-', '_')) }))
      .sort((a, b) => a.distance - b.distance)[0];
    return nearest === undefined || nearest.distance > NEAR
      ? []
      : [
          {
            code: 'misspelt-variable',
            source,
            args: { name, nearest: nearest.known },
            edit: { what: 'key', from: name, to: nearest.known, isUnsafe: true },
          },
        ];
  });
