/** What a setting is called where a user gives it. */

import type { AnnotationName } from '../../istio/kubernetes/annotations.ts';
import { ANNOTATIONS } from '../../istio/kubernetes/annotations.ts';
import type { WorkloadInjection } from '../../istio/kubernetes/workload-injection.ts';
import type { Sourced } from '../../istio/origin.ts';
import { printedValues } from '../../istio/settings/printed-settings.ts';
import type { SettingKey, Settings } from '../../istio/settings/settings.ts';

const NAMES: Partial<Readonly<Record<SettingKey, AnnotationName>>> = {
  mode: 'mode',
  'inbound.includePorts': 'includeInboundPorts',
  'inbound.excludePorts': 'excludeInboundPorts',
  'outbound.includeRanges': 'includeRanges',
  'outbound.excludeRanges': 'excludeRanges',
  'outbound.includePorts': 'includeOutboundPorts',
  'outbound.excludePorts': 'excludeOutboundPorts',
  'interfaces.exclude': 'excludeInterfaces',
};

/** The annotation of a setting; undefined for one that no annotation sets. */
export function annotationFor(key: SettingKey): string | undefined {
  const name = NAMES[key];
  return name === undefined ? undefined : ANNOTATIONS[name].key;
}

/** The annotation of the pod that made a setting, or else what its value knows of its origin. */
export function annotationOf(
  key: SettingKey,
  settings: Settings,
  made: WorkloadInjection | undefined,
): { readonly name: string } & Sourced<string> {
  const annotation = annotationFor(key);
  const given = annotation === undefined ? undefined : made?.workload.pod.annotations.get(annotation);
  if (annotation !== undefined && given !== undefined) return { name: annotation, ...given };
  const { source } = settings[key];
  const value = String(printedValues(settings)(key));
  // An argument of a container that was injected is called by what it sets.
  const named = source.kind === 'file' && source.key !== undefined && source.key !== 'args' ? source.key : key;
  return { name: named, value, source };
}
