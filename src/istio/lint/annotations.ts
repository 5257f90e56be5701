/** Annotations that Istio does not read where they stand: misplaced, misspelt, replaced, changed too late. */

import leven from 'leven';
import { ARGUMENTS } from '../arguments.ts';
import type { TrafficAnnotation } from '../injection/annotations.ts';
import { ANNOTATION_NAMES, ANNOTATIONS } from '../injection/annotations.ts';
import { podKind } from '../manifest/kinds.ts';
import type { Workload } from '../manifest/workload.ts';
import { PROXY_CONFIG_ANNOTATION } from '../mesh/annotation.ts';
import { quoted } from '../problems.ts';
import type { Profile } from '../releases/profile.ts';
import type { SettingKey } from '../settings.ts';
import { SETTING_KEYS } from '../settings.ts';
import type { Raised, WorkloadCheck } from './subject.ts';
import { annotationFor } from './subject.ts';

const KNOWN: readonly string[] = ANNOTATION_NAMES.map((name) => ANNOTATIONS[name].key);
const OF_PODS: readonly string[] = [...KNOWN, 'sidecar.istio.io/inject', PROXY_CONFIG_ANNOTATION];

/** On the object that holds the pod template, where the template does not say the same. */
export const misplaced: WorkloadCheck = ({ workload }) =>
  OF_PODS.flatMap((name): readonly Raised[] => {
    const given = workload.annotations.get(name);
    if (given === undefined || workload.pod.annotations.get(name)?.value === given.value) return [];
    return [{ code: 'misplaced-annotation', source: given.source, args: { name, kind: workload.kind, path: pathOf(workload) } }];
  });

function pathOf({ kind }: Workload): string {
  return [...(podKind(kind)?.template ?? ['spec']), 'metadata.annotations'].join('.');
}

const OWN_PREFIX = 'traffic.sidecar.istio.io/';
// One letter too many, one missing, two swapped: more is another word.
const NEAR = 2;

/** Under the prefix of Istio's traffic annotations whatever is not known; elsewhere only what is nearly one of them. */
export const unknown: WorkloadCheck = ({ workload }) =>
  [...workload.pod.annotations, ...workload.annotations].flatMap(([name, { source }]): readonly Raised[] => {
    if (!name.includes('istio') || name.length > 100 || OF_PODS.includes(name)) return [];
    const nearest = nearestTo(name);
    return nearest === undefined ? [] : [{ code: 'unknown-annotation', source, args: { name, nearest } }];
  });

function nearestTo(name: string): string | undefined {
  const local = localName(name);
  const sameName = KNOWN.find((known) => localName(known).toLowerCase() === local.toLowerCase() && local.length > NEAR * 3);
  if (sameName !== undefined) return sameName;
  const ranked = KNOWN.map((known) => ({ known, distance: leven(name.toLowerCase(), known.toLowerCase()) }));
  const best = ranked.sort((a, b) => a.distance - b.distance)[0];
  return best !== undefined && (best.distance <= NEAR || name.startsWith(OWN_PREFIX)) ? best.known : undefined;
}

function localName(name: string): string {
  return name.replace(/^.*\//, '');
}

/** The injector, or the plugin, of the release does not know it. */
export const notRead: WorkloadCheck = ({ made, profile }) =>
  (made?.injection.kind === 'arguments' ? made.injection.problems : [])
    .filter(({ code }) => code === 'no-effect')
    .map(({ source, args }) => ({
      code: 'annotation-not-read',
      source,
      args: { name: args['name'] ?? '', release: profile.release, reason: args['reason'] ?? '' },
    }));

/** The older name for interfaces, once there is a newer one; and both at once. */
export const reroutedByOlderName: WorkloadCheck = ({ workload: { pod }, made, profile, settings }) => {
  const [older, newer] = [ANNOTATIONS.kubevirtInterfaces.key, ANNOTATIONS.rerouteInterfaces.key];
  const [old, fresh] = [pod.annotations.get(older), pod.annotations.get(newer)];
  if (old === undefined || made === undefined || !profile.has(ANNOTATIONS.rerouteInterfaces.needs)) return [];
  if (fresh === undefined || settings === undefined || fresh.value === old.value)
    return [{ code: 'deprecated-annotation', source: old.source, args: { name: older, newer, release: profile.release } }];
  const counts = settings.values['interfaces.reroute'].join(', ');
  return [{ code: 'both-reroute-annotations', source: old.source, args: { older, newer, counts } }];
};

/** In a pod that an init container made the rules of, its arguments are what counts. */
export const changedAfterInjection: WorkloadCheck = ({ workload, made, profile, settings }) => {
  if (made?.found !== true || made.injection.kind !== 'arguments' || made.injection.installer === 'cni' || settings === undefined)
    return [];
  const { arguments: args } = made.injection;
  return SETTING_KEYS.flatMap((key): readonly Raised[] => {
    const annotation = annotationFor(workload, key);
    if (annotation === undefined || key === 'interfaces.reroute' || !isRead(annotation.name, profile)) return [];
    // Injectors of that time wrote what the plugin would capture into every pod, and passed another default.
    if (key === 'inbound.includePorts' && profile.has('injectsRedirectAnnotations')) return [];
    const passed = args.findLast(({ flag }) => flag.length === 2 && settingOf(flag) === key)?.value ?? '';
    const [asked, found] = [itemsOf(annotation.given.value), itemsOf(passed)];
    // Istio puts ports of its own in front of those that are excluded.
    const same = key === 'inbound.excludePorts' ? [...asked].every((item) => found.has(item)) : sameItems(asked, found);
    if (same) return [];
    const values = { annotation: quoted(annotation.given.value), value: quoted(passed) };
    return [{ code: 'changed-after-injection', source: annotation.given.source, args: { name: annotation.name, ...values } }];
  });
};

function settingOf(flag: string): SettingKey | undefined {
  return ARGUMENTS.find(({ short }) => short === flag.slice(1))?.setting;
}

function isRead(name: string, { has }: Profile): boolean {
  const annotation: TrafficAnnotation | undefined = Object.values(ANNOTATIONS).find(({ key }) => key === name);
  return annotation?.needs === undefined || has(annotation.needs);
}

function itemsOf(text: string): ReadonlySet<string> {
  return new Set(
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
}

function sameItems(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}
