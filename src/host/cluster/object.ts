/** Objects of Kubernetes as the API server has them. */

import { ClusterFailure } from './failure.ts';

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly {
      readonly kind?: string;
      readonly name?: string;
      readonly uid?: string;
      readonly controller?: boolean;
    }[];
    readonly managedFields?: unknown;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** An object as it was answered. Throws a ClusterFailure for what has not even the form of one: whatever it is, it says nothing of pods. */
export function objectIn(value: unknown): KubeObject {
  if (isMapping(value) && FIELDS.every((field) => value[field] === undefined || isMapping(value[field]))) {
    const { metadata } = value;
    if (isMapping(metadata) && typeof metadata['name'] === 'string' && METADATA.every(([field, fits]) => fits(metadata[field])))
      return value as KubeObject;
  }
  throw new ClusterFailure('other', 'the API server answers with something that is no object of Kubernetes: nothing of it counts');
}

type Mapping = Readonly<Record<string, unknown>>;

const FIELDS = ['metadata', 'spec', 'status'];
const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const areTexts = (value: unknown): boolean => value == null || (isMapping(value) && Object.values(value).every(isText));
const METADATA: readonly (readonly [field: string, fits: (value: unknown) => boolean])[] = [
  ...['namespace', 'uid', 'resourceVersion'].map((field) => [field, isText] as const),
  ...['labels', 'annotations'].map((field) => [field, areTexts] as const),
  [
    'ownerReferences',
    (value) =>
      value == null ||
      (Array.isArray(value) && value.every((one) => isMapping(one) && ['kind', 'name', 'uid'].every((field) => isText(one[field])))),
  ],
];

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a pod has run to its end: it has no rules any more. */
export function hasEnded({ status }: KubeObject): boolean {
  return status?.['phase'] === 'Succeeded' || status?.['phase'] === 'Failed';
}

/** Who made an object. */
export function controllerOf({
  metadata,
}: KubeObject): { readonly kind: string; readonly name: string; readonly uid?: string } | undefined {
  const owners = metadata?.ownerReferences ?? [];
  const { kind = '', name = '', uid } = owners.find(({ controller }) => controller) ?? owners[0] ?? {};
  return name === '' ? undefined : { kind, name, ...(uid === undefined ? {} : { uid }) };
}

/** `Deployment/shop/orders`: what the object is called in messages, and a SOURCE that names it. */
export function labelOf({ kind = '', metadata = {} }: KubeObject): string {
  return [kind, ...(metadata.namespace === undefined ? [] : [metadata.namespace]), metadata.name ?? ''].join('/');
}

/** The text that `kubectl get -o json` prints of the object, so that lines are those that anybody sees there. */
export function printedObject(object: KubeObject): string {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  return `${JSON.stringify(sorted({ ...object, metadata }), null, 4)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}
