/** What is looked at: settings that know where they came from, and the workload around them. */

import { argumentNamed } from '../../arguments/arguments.ts';
import type { AnnotationName } from '../../kubernetes/annotations.ts';
import { ANNOTATIONS } from '../../kubernetes/annotations.ts';
import type { Workload } from '../../kubernetes/manifest/workload.ts';
import type { Mesh } from '../../kubernetes/mesh/mesh.ts';
import { MESH_VALUES } from '../../kubernetes/mesh/mesh.ts';
import { injectedSettings } from '../../kubernetes/ordinary-injection.ts';
import type { WorkloadInjection } from '../../kubernetes/workload-injection.ts';
import type { Origin, Sourced } from '../../origin.ts';
import type { CapturePlan } from '../../plan/plan.ts';
import type { Severity } from '../../problems.ts';
import type { Release } from '../../releases/known.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Facts } from '../../settings/facts.ts';
import type { SettingKey, Settings, SettingValues } from '../../settings/settings.ts';
import { valuesOf } from '../../settings/settings.ts';
import type { LintCode } from './kinds.ts';
import type { TextEdit } from './text-edit.ts';

/** Who gave a value: the workload (or the sidecar file) itself, the mesh, or nobody. */
export type Level = 'own' | 'mesh' | 'nobody';

/** Settings, whatever they were read from. */
export interface SettingsSubject {
  readonly profile: Profile;
  readonly settings: Settings;
  readonly values: SettingValues;
  readonly origin: (key: SettingKey) => Level;
  /** What the user calls it: an annotation, a Helm value, a setting. */
  readonly name: (key: SettingKey) => string;
  readonly place: (key: SettingKey) => Origin;
  /** The text that the value was read from, where that is known. */
  readonly text: (key: SettingKey) => string | undefined;
  /** Inbound ports that Istio excludes of its own accord. */
  readonly istioPorts: ReadonlySet<number>;
  /** Whether the pod is known to have no IPv6 address, and so gets no rules for IPv6. */
  readonly only4: boolean;
  readonly plan?: CapturePlan;
}

export interface WorkloadSubject {
  readonly workload: Workload;
  readonly mesh: Mesh;
  readonly profile: Profile;
  readonly facts: Facts;
  /** Undefined where no release can be told. */
  readonly made?: WorkloadInjection;
  /** Undefined where no rules are made. */
  readonly settings?: SettingsSubject;
  /** The release of the control plane, where somebody said it. */
  readonly controlPlane?: Sourced<Release>;
}

/** A diagnostic before its words are filled in. */
export interface Raised {
  readonly code: LintCode;
  readonly source: Origin;
  readonly args: Readonly<Record<string, string>>;
  /** Where it is worse than its code is. */
  readonly severity?: Severity;
  /** What mends it and changes nothing else. */
  readonly edit?: TextEdit;
}

export type SettingsCheck = (subject: SettingsSubject) => readonly Raised[];
export type WorkloadCheck = (subject: WorkloadSubject) => readonly Raised[];

/** Annotations that become a setting, the stronger first. */
const OF_SETTINGS: Partial<Readonly<Record<SettingKey, readonly AnnotationName[]>>> = {
  mode: ['mode'],
  'inbound.includePorts': ['includeInboundPorts'],
  'inbound.excludePorts': ['excludeInboundPorts'],
  'outbound.includeRanges': ['includeRanges'],
  'outbound.excludeRanges': ['excludeRanges'],
  'outbound.includePorts': ['includeOutboundPorts'],
  'outbound.excludePorts': ['excludeOutboundPorts'],
  'interfaces.exclude': ['excludeInterfaces'],
  'interfaces.reroute': ['rerouteInterfaces', 'kubevirtInterfaces'],
};

/** The annotation of a workload that stands for a setting, under its name. */
export function annotationFor({ pod }: Workload, key: SettingKey): { readonly name: string; readonly given: Sourced<string> } | undefined {
  for (const annotation of OF_SETTINGS[key] ?? []) {
    const name = ANNOTATIONS[annotation].key;
    const given = pod.annotations.get(name);
    if (given !== undefined) return { name, given };
  }
  return undefined;
}

/** Settings of a sidecar file: what it says is its own, all else is nobody's. */
export function settingsOfFile(settings: Settings, profile: Profile, plan?: CapturePlan): SettingsSubject {
  return {
    profile,
    settings,
    values: valuesOf(settings),
    origin: (key) => (settings[key].source.kind === 'file' ? 'own' : 'nobody'),
    name: (key) => key,
    place: (key) => settings[key].source,
    text: () => undefined,
    istioPorts: portsIn(injectedSettings(profile)),
    only4: false,
    ...(plan === undefined ? {} : { plan }),
  };
}

/** Settings of a workload, under the names of its annotations. */
export function settingsOfWorkload(plan: CapturePlan, made: WorkloadInjection, profile: Profile, mesh: Mesh): SettingsSubject {
  const { settings } = plan;
  const { workload, injection } = made;
  const ordinary = injectedSettings(profile);
  const texts = new Map(
    (injection.kind === 'arguments' ? injection.arguments : []).flatMap(({ flag, value }) => {
      const setting = argumentNamed(flag)?.setting;
      return setting === undefined || value === undefined ? [] : [[setting, value] as const];
    }),
  );
  const isMesh = ({ source }: { readonly source: Origin }): boolean =>
    source.kind === 'file' && source.key !== undefined && Object.hasOwn(MESH_VALUES, source.key);
  const statusPorts = [workload.pod.annotations.get(ANNOTATIONS.statusPort.key)?.value, mesh.values.get('global.proxy.statusPort')?.value];
  return {
    profile,
    settings,
    values: valuesOf(settings),
    origin: (key) => {
      const setting = settings[key];
      if (setting.source.kind !== 'file' || JSON.stringify(setting.value) === JSON.stringify(ordinary[key].value)) return 'nobody';
      if (annotationFor(workload, key) !== undefined) return 'own';
      return made.found || isMesh(setting) ? 'mesh' : 'own';
    },
    name: (key) => {
      const { source } = settings[key];
      return annotationFor(workload, key)?.name ?? (made.found ? key : source.kind === 'file' ? (source.key ?? key) : key);
    },
    place: (key) => annotationFor(workload, key)?.given.source ?? settings[key].source,
    // In an injected pod its arguments are what counts.
    text: (key) => (made.found ? texts.get(key) : undefined) ?? annotationFor(workload, key)?.given.value ?? texts.get(key),
    istioPorts: new Set([...portsIn(ordinary), ...OWN_PORTS, ...statusPorts.map(Number)]),
    only4: plan.ip6.tables.length === 0 && isOnly4(workload.pod.addresses),
    plan,
  };
}

function isOnly4(addresses: readonly string[]): boolean {
  return addresses.length > 0 && !addresses.some((address) => address.includes(':'));
}

// The CNI plugin excludes these at every release.
const OWN_PORTS = [15020, 15021, 15090];

function portsIn({ 'inbound.excludePorts': { value } }: Settings): ReadonlySet<number> {
  return new Set(value.flatMap((range) => ('first' in range ? [range.first] : [])));
}

/** Whether anything is captured that a pod sends. */
export function capturesOutbound(values: SettingsSubject['values']): boolean {
  return values['outbound.includeRanges'].length > 0 || values['outbound.includePorts'].length > 0;
}
