/** A pod as the API server gives it: told from others by its values, and read only where somebody looks into it. */

import type { Origin } from '../origin.ts';
import type { Values } from '../value-nodes.ts';
import type { PodTemplate, Texts, Workload } from './manifest/workload.ts';
import { plainText } from './plain-text.ts';

const NO_TEXTS: Texts = new Map();

/** What tells a pod from others: plain data, which another thread may have found. */
export interface PodValues {
  /** The part of a fingerprint that its own values make. */
  readonly text: string;
  readonly namespace: string;
  readonly name: string;
  readonly owner: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

interface PlainPlace {
  readonly source: Origin;
  /** What the runtime parsed of it. */
  readonly values: () => Values;
  /** Reads it, with places that are found where they are asked for. */
  readonly read: () => Workload;
  /** Reads it with its places. */
  readonly placed: () => Workload;
}

/** Of thousands of pods that are alike, one is read. A copy of it is a workload like any other. */
export class PlainPod implements Workload {
  /** Undefined for what is no pod, and where something in it is not as the API server gives it: reading says what that means. */
  static of(values: Values, itemKind: string | undefined, place: Omit<PlainPlace, 'values'>): PlainPod | undefined {
    const plain = plainPodOf(values, itemKind);
    return plain === undefined ? undefined : new PlainPod(plain, { ...place, values: () => values });
  }

  /** The part of a fingerprint that its own values make; undefined for every other workload. */
  static textOf(workload: Workload, secured: boolean): string | undefined {
    if (!(#values in workload)) return undefined;
    const text = secured ? plainText(workload.#values(), true) : workload.#listed.text;
    return `\n\0${text}`;
  }

  /** Its labels; undefined for every other workload. */
  static labelsOf(workload: Workload): ReadonlyMap<string, string> | undefined {
    if (!(#values in workload)) return undefined;
    workload.#labels ??= new Map(Object.entries(workload.#listed.labels));
    return workload.#labels;
  }

  readonly kind = 'Pod';
  readonly namespace: string;
  readonly name: string;
  readonly source: Origin;
  readonly annotations = NO_TEXTS;
  declare readonly pod: PodTemplate;
  declare readonly owner?: string;
  readonly placed: (own: Workload) => Workload;
  readonly #values: () => Values;
  readonly #listed: PodValues;
  readonly #read: () => Workload;
  #pod: PodTemplate | undefined;
  #labels: ReadonlyMap<string, string> | undefined;

  constructor(listed: PodValues, { source, values, read, placed }: PlainPlace) {
    const { namespace, name, owner } = listed;
    this.namespace = namespace;
    this.name = name;
    this.source = source;
    // Its own, so that a copy has it as well.
    Object.defineProperty(this, 'pod', PlainPod.#podProperty);
    if (owner !== undefined) this.owner = owner;
    this.placed = (own) => (own === this ? placed() : own);
    this.#values = values;
    this.#listed = listed;
    this.#read = read;
  }

  static readonly #podProperty: PropertyDescriptor & ThisType<PlainPod> = {
    enumerable: true,
    get(): PodTemplate {
      this.#pod ??= this.#read().pod;
      return this.#pod;
    },
  };
}

/** As {@link PlainPod.of}, of the values alone. */
export function plainPodOf(values: Values, itemKind?: string): PodValues | undefined {
  const { kind = itemKind, apiVersion = '' } = values;
  if (kind !== 'Pod' || typeof apiVersion !== 'string' || apiVersion.includes('/')) return undefined;
  const text = plainText(values, false);
  // It has them all, or there was no text.
  const head = text === undefined ? undefined : headOf((values['metadata'] ?? {}) as Values);
  return text === undefined || head === undefined ? undefined : { ...head, text };
}

/** Undefined where one of these is no text. */
function headOf({ namespace = 'default', name, ownerReferences = [], labels = {} }: Values): Omit<PodValues, 'text'> | undefined {
  if (typeof namespace !== 'string' || typeof name !== 'string' || !Array.isArray(ownerReferences)) return undefined;
  // They were looked at when the text was made.
  const head = { namespace, name, labels: labels as PodValues['labels'] };
  let first: string | undefined;
  let controller: string | undefined;
  for (const reference of ownerReferences as readonly unknown[]) {
    if (typeof reference !== 'object' || reference === null) return undefined;
    const { kind, name: ofOwner, controller: controls = false } = reference as Values;
    if (typeof kind !== 'string' || typeof ofOwner !== 'string' || typeof controls !== 'boolean') return undefined;
    first ??= `${kind}/${ofOwner}`;
    if (controls) controller ??= `${kind}/${ofOwner}`;
  }
  return { ...head, owner: controller ?? first };
}
