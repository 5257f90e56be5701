/** What a release's injection template looks at. */

import type { Origin, Sourced } from '../../origin.ts';
import type { ChangeName, Profile } from '../../releases/profile.ts';
import type { AnnotationName } from '../annotations.ts';
import { ANNOTATIONS } from '../annotations.ts';
import type { Container, Texts } from '../manifest/workload.ts';
import type { Layered } from '../mesh/effective.ts';
import type { Mesh, MeshValue } from '../mesh/mesh.ts';
import { strongest } from './layers.ts';

export interface TemplateData {
  readonly profile: Profile;
  readonly annotations: Texts;
  readonly containers: readonly Container[];
  readonly mesh: Mesh;
  /** Where the pod's mode comes from, below its annotation. */
  readonly meshMode?: Layered;
  /** The user and the group that the proxy gets. */
  readonly proxyUser: Layered;
  readonly proxyGroup: Layered;
}

/** A value of the template: the annotation, else the mesh's value, else what the release's charts have. */
export interface TemplateText {
  readonly annotation?: AnnotationName;
  readonly value?: MeshValue;
  /** The change since which the template reads the value. */
  readonly valueNeeds?: ChangeName;
  /** Without it, what nobody gives is not passed, and an empty mesh value is none. */
  readonly fallback?: string;
}

/** What the release itself passes. */
export function injectedText(value: string, { release }: Profile): Layered {
  return { value, source: injectedBy(release), over: [] };
}

function injectedBy(release: string): Origin {
  return { kind: 'injected', release };
}

/** An annotation that the release knows. A key that is there counts, even with nothing behind it. */
export function annotationOf({ annotations, profile }: TemplateData, name: AnnotationName): Sourced<string> | undefined {
  const annotation: { readonly key: string; readonly needs?: ChangeName } = ANNOTATIONS[name];
  return annotation.needs === undefined || profile.has(annotation.needs) ? annotations.get(annotation.key) : undefined;
}

/** The value of a template; undefined where nothing is passed. */
export function templateText(data: TemplateData, { annotation, value, valueNeeds, fallback }: TemplateText): Layered | undefined {
  const { mesh, profile } = data;
  const read = value !== undefined && (valueNeeds === undefined || profile.has(valueNeeds)) ? mesh.values.get(value) : undefined;
  return strongest(
    annotation === undefined ? undefined : annotationOf(data, annotation),
    fallback === undefined && read?.value === '' ? undefined : read,
    fallback === undefined ? undefined : injectedText(fallback, profile),
  );
}

/** Whether a mesh value is true as Go's templates take it. */
export function meshSwitch({ mesh }: Pick<TemplateData, 'mesh'>, value: MeshValue): Sourced<string> | undefined {
  const given = mesh.values.get(value);
  return given === undefined || given.value === '' || given.value === 'false' ? undefined : given;
}

/** The mode of the pod: its annotation, else that of its proxy's configuration. */
export function modeOf(data: TemplateData): Layered {
  const fallback = injectedText('REDIRECT', data.profile);
  return strongest(annotationOf(data, 'mode'), data.meshMode, fallback) ?? fallback;
}
