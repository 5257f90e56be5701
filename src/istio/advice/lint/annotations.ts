/** Annotations that Istio does not read where they stand: misplaced, misspelt, replaced, changed too late. */

import { argumentNamed } from '../../arguments/arguments.ts';
import type { TrafficAnnotation } from '../../kubernetes/annotations.ts';
import { ANNOTATIONS } from '../../kubernetes/annotations.ts';
import { listItems } from '../../kubernetes/injection/injected.ts';
import { podKind } from '../../kubernetes/manifest/kinds.ts';
import type { Workload } from '../../kubernetes/manifest/workload.ts';
import { quoted } from '../../problems.ts';
import type { Profile } from '../../releases/profile.ts';
import { SETTING_KEYS } from '../../settings/settings.ts';
import { isInAmbient, READ_IN_AMBIENT } from './ambient.ts';
import { INJECT, OF_PODS, OF_RULES, READ_BY_INJECTORS, TRAFFIC_PREFIX } from './known-annotations.ts';
import { nearestAnnotation } from './nearest-annotation.ts';
import type { Raised, WorkloadCheck } from './subject.ts';
import { annotationFor } from './subject.ts';

/** On the object that holds the pod template, where the template does not say the same. */
export const misplaced: WorkloadCheck = ({ workload }) =>
  OF_PODS.flatMap((name) =>
    [
      { given: workload.annotations.get(name), where: `the ${workload.kind} itself` },
      { given: workload.jobAnnotations?.get(name), where: `the jobs of the ${workload.kind}` },
    ].flatMap(({ given, where }): readonly Raised[] =>
      given === undefined || workload.pod.annotations.get(name)?.value === given.value
        ? []
        : [{ code: 'misplaced-annotation', source: given.source, args: { name, where, path: pathOf(workload) } }],
    ),
  );

/** Among the labels of the pods, where nobody reads them. */
export const asLabels: WorkloadCheck = ({ workload: { pod } }) =>
  [...pod.labels].flatMap(([name, { source }]): readonly Raised[] =>
    READ_BY_INJECTORS.includes(name) && name !== INJECT
      ? [{ code: 'annotation-as-label', source, args: { name, where: 'of the pod' } }]
      : [],
  );

function pathOf({ kind }: Workload): string {
  return [...(podKind(kind)?.template ?? ['spec']), 'metadata.annotations'].join('.');
}

/** Under the prefix of Istio's traffic annotations whatever is not known; elsewhere only what is nearly one that an injector reads. */
export const unknown: WorkloadCheck = (subject) => {
  const { workload } = subject;
  // A sidecar's annotation in its place would not be read either.
  const ambient = isInAmbient(subject) ? `remove it: of a pod in ambient mode are read ${READ_IN_AMBIENT}` : undefined;
  return [...workload.pod.annotations, ...workload.annotations, ...(workload.jobAnnotations ?? [])].flatMap(
    ([name, { source }]): readonly Raised[] => {
      if (!name.includes('istio') || name.length > 100 || READ_BY_INJECTORS.includes(name)) return [];
      const nearest = nearestAnnotation(name);
      if (nearest !== undefined && ambient !== undefined) return [{ code: 'unknown-annotation', source, args: { name, fix: ambient } }];
      if (nearest !== undefined)
        return [
          {
            code: 'unknown-annotation',
            source,
            args: { name, nearest: `; the nearest one is ${nearest}`, fix: `write ${nearest}` },
            // Both at once would be a key that stands twice.
            ...(workload.pod.annotations.has(nearest) ? {} : { edit: { what: 'key', from: name, to: nearest, isUnsafe: true } as const }),
          },
        ];
      return name.startsWith(TRAFFIC_PREFIX)
        ? [{ code: 'unknown-annotation', source, args: { name, fix: ambient ?? `write one of ${TRAFFIC_NAMES}` } }]
        : [];
    },
  );
};

/** All of the prefix, which stands in front of the first. */
const TRAFFIC_NAMES = OF_RULES.filter((name) => name.startsWith(TRAFFIC_PREFIX))
  .map((name, index) => (index === 0 ? name : name.slice(TRAFFIC_PREFIX.length)))
  .join(', ');

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
    return [
      {
        code: 'deprecated-annotation',
        source: old.source,
        args: { name: older, newer, release: profile.release },
        ...(fresh === undefined ? { edit: { what: 'key', from: older, to: newer } } : {}),
      },
    ];
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
    const passed = args.findLast(({ flag }) => argumentNamed(flag)?.setting === key)?.value ?? '';
    const [written, found] = [new Set(listItems(annotation.given.value)), new Set(listItems(passed))];
    // Istio puts ports of its own in front of those that are excluded.
    const same = key === 'inbound.excludePorts' ? [...written].every((item) => found.has(item)) : sameItems(written, found);
    if (same) return [];
    const values = { annotation: quoted(annotation.given.value), value: quoted(passed) };
    return [{ code: 'changed-after-injection', source: annotation.given.source, args: { name: annotation.name, ...values } }];
  });
};

function isRead(name: string, { has }: Profile): boolean {
  const annotation: TrafficAnnotation | undefined = Object.values(ANNOTATIONS).find(({ key }) => key === name);
  return annotation?.needs === undefined || has(annotation.needs);
}

function sameItems(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}
