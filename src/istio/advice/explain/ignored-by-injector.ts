/** What an injector was told and handed on to no program. */

import { argumentNamed } from '../../arguments/arguments.ts';
import type { TrafficAnnotation } from '../../kubernetes/annotations.ts';
import { ANNOTATION_NAMES, ANNOTATIONS } from '../../kubernetes/annotations.ts';
import { inject } from '../../kubernetes/injection/inject.ts';
import type { InjectedArgument, Injection } from '../../kubernetes/injection/injected.ts';
import { listItems, valuesOf, wordsOf } from '../../kubernetes/injection/injected.ts';
import { pluginVariables } from '../../kubernetes/injection/plugin.ts';
import type { Workload } from '../../kubernetes/manifest/workload.ts';
import { effectiveProxyConfig } from '../../kubernetes/mesh/effective.ts';
import type { Mesh } from '../../kubernetes/mesh/mesh.ts';
import type { WorkloadInjection } from '../../kubernetes/workload-injection.ts';
import type { Origin, Sourced } from '../../origin.ts';
import { printSource } from '../../origin.ts';
import { CHANGES } from '../../releases/named-changes.ts';
import type { ChangeName, Profile } from '../../releases/profile.ts';
import { profileOf } from '../../releases/profile.ts';
import type { IgnoredText, NamedText } from './ignored-text.ts';
import { VARIABLES } from './ignored-variables.ts';

/** Values of the mesh that some injectors do not look at, with the change that a release must have. */
const VALUES: ReadonlyMap<string, ChangeName> = new Map([
  ['global.proxy.includeInboundPorts', 'injectsIncludedInboundValue'],
  ['global.proxy.includeOutboundPorts', 'injectsIncludedOutboundPorts'],
  ['global.proxy.excludeOutboundPorts', 'injectsExcludedOutboundPorts'],
  ['global.proxy_init.forceApplyIptables', 'injectsForceApply'],
  ['global.nativeNftables', 'injectsNativeNftables'],
]);

/** What the injector, or the plugin, was told and did not pass on. */
export function ignoredByInjector({ workload, injection, release, found }: WorkloadInjection, mesh: Mesh): readonly IgnoredText[] {
  if (injection.kind !== 'arguments') return [];
  const profile = profileOf(release.value);
  if (found) return injection.installer === 'init' ? notFound(workload, injection.arguments, mesh, profile) : [];
  const { installer } = injection;
  const injectWith = (of: Workload, values: Mesh): Injection => inject(of, values, profile, installer);
  const used = new Set([
    ...injection.arguments.flatMap(({ source, over }) => [source, ...over.map((other) => other.source)]).map(placeOf),
    ...[...injection.environment.values()].map(({ source }) => placeOf(source)),
  ]);
  const idle = (given: Sourced<string>, injectWithout: () => Injection): boolean =>
    !used.has(placeOf(given.source)) && same(injection, injectWithout());
  const because = (change: ChangeName | undefined): string => notPassedBecause(installer, change, profile);
  const annotations = ANNOTATION_NAMES.flatMap((short): readonly IgnoredText[] => {
    const { key, needs }: TrafficAnnotation = ANNOTATIONS[short];
    const given = workload.pod.annotations.get(key);
    if (given === undefined || !idle(given, () => injectWith(withoutAnnotation(workload, key), mesh))) return [];
    return [{ name: key, ...given, because: because(needs) }];
  });
  const values = givenToMesh(mesh).flatMap(({ name, value, source, change, otherMesh }): readonly IgnoredText[] => {
    const given = { value, source };
    return !profile.has(change) && idle(given, () => injectWith(workload, otherMesh)) ? [{ name, ...given, because: because(change) }] : [];
  });
  // The plugin looks at variables itself, and hands none of them on.
  const read = installer === 'cni' ? new Set(pluginVariables(profile)) : injection.environment;
  const metadata = [...effectiveProxyConfig(mesh, workload).metadata].flatMap(([name, { value, source }]): readonly IgnoredText[] =>
    !VARIABLES.has(name) || read.has(name) ? [] : [{ name, value, source, because: because('injectsEnvironment') }],
  );
  return [...annotations, ...values, ...metadata];
}

/**
 * Annotations of an injected pod that its arguments know nothing of: its injector did not pass them, or they came later.
 * Of what else its injector was told nobody knows.
 */
function notFound(workload: Workload, args: readonly InjectedArgument[], mesh: Mesh, profile: Profile): readonly IgnoredText[] {
  // Its own container would be laid over the new one.
  const bare = { ...workload, pod: { ...workload.pod, initContainers: [] } };
  const bareInjection = inject(bare, mesh, profile, 'init');
  if (bareInjection.kind !== 'arguments') return [];
  return ANNOTATION_NAMES.flatMap((short): readonly IgnoredText[] => {
    const { key, needs }: TrafficAnnotation = ANNOTATIONS[short];
    const given = workload.pod.annotations.get(key);
    if (given === undefined) return [];
    if (needs !== undefined && !profile.has(needs)) return [{ name: key, ...given, because: notPassedBecause('init', needs, profile) }];
    const passed = bareInjection.arguments.find(({ source }) => placeOf(source) === placeOf(given.source));
    if (passed === undefined) return [];
    const value = args.findLast(({ flag }) => argumentNamed(flag) === argumentNamed(passed.flag))?.value;
    if (value !== undefined && listItems(given.value).every((item) => listItems(value).includes(item))) return [];
    const has = value === undefined ? `no ${passed.flag}` : `${passed.flag} ${value === '' ? '""' : value}`;
    return [{ name: key, ...given, because: `the pod was injected without it: its arguments have ${has}` }];
  });
}

/** A value of the mesh, and the mesh that does not have it. */
interface GivenToMesh extends NamedText {
  readonly change: ChangeName;
  readonly otherMesh: Mesh;
}

/** What the mesh says that some injectors do not look at. */
function givenToMesh(mesh: Mesh): readonly GivenToMesh[] {
  const { proxyListenPort, ...noPort } = mesh;
  const { proxyInboundListenPort, ...noInboundPort } = mesh;
  const values = [...mesh.values].flatMap(([name, given]): readonly GivenToMesh[] => {
    const change = VALUES.get(name);
    const rest = new Map([...mesh.values].filter(([other]) => other !== name));
    return change === undefined ? [] : [{ name, ...given, change, otherMesh: { ...mesh, values: rest } }];
  });
  const port = (name: string, given: Sourced<string> | undefined, change: ChangeName, otherMesh: Mesh): readonly GivenToMesh[] =>
    given === undefined ? [] : [{ name: `meshConfig.${name}`, ...given, change, otherMesh }];
  return [
    ...values,
    ...port('proxyListenPort', proxyListenPort, 'injectsProxyListenPort', noPort),
    ...port('proxyInboundListenPort', proxyInboundListenPort, 'injectsInboundListenPort', noInboundPort),
  ];
}

function notPassedBecause(installer: 'init' | 'cni', change: ChangeName | undefined, profile: Profile): string {
  if (installer === 'cni') return `the CNI plugin of Istio ${profile.release} does not read it`;
  const [first = ''] = change === undefined ? [] : CHANGES[change].spans.split(' ');
  const since = change === undefined || profile.has(change) ? '' : `; that came with ${first}`;
  return `the injector of Istio ${profile.release} does not pass it${since}`;
}

function placeOf(source: Origin): string {
  return `${printSource(source)} ${source.kind === 'file' ? (source.key ?? '') : ''}`;
}

function same(one: Injection, other: Injection): boolean {
  const text = (injection: Injection): string =>
    injection.kind === 'arguments' ? JSON.stringify([wordsOf(injection.arguments), valuesOf(injection.environment)]) : injection.kind;
  return text(one) === text(other);
}

function withoutAnnotation(workload: Workload, name: string): Workload {
  const annotations = new Map([...workload.pod.annotations].filter(([other]) => other !== name));
  return { ...workload, pod: { ...workload.pod, annotations } };
}
