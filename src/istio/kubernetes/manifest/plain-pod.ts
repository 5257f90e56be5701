/** A pod as the API server gives it: told from others by its values, and read only where somebody looks into it. */

import type { Origin } from '../../origin.ts';
import type { Values } from '../../value-nodes.ts';
import { plainText } from '../plain-text.ts';
import type { PodTemplate, Texts, Workload } from './workload.ts';

const NO_TEXTS: Texts = new Map();

interface PlainPlace {
  readonly source: Origin;
  /** Reads it, with places that are found where they are asked for. */
  readonly read: () => Workload;
  /** Reads it with its places. */
  readonly placed: () => Workload;
}

/** Of thousands of pods that are alike, one is read. A copy of it is a workload like any other. */
export class PlainPod implements Workload {
  /** Undefined for what is no pod, and where something in it is not as the API server gives it: reading says what that means. */
  static of(values: Values, itemKind: string | undefined, place: PlainPlace): PlainPod | undefined {
    const { kind = itemKind, apiVersion = '' } = values;
    if (kind !== 'Pod' || typeof apiVersion !== 'string' || apiVersion.includes('/')) return undefined;
    const text = plainText(values, false);
    // It has them all, or there was no text.
    const head = text === undefined ? undefined : headOf((values['metadata'] ?? {}) as Values);
    return text === undefined || head === undefined ? undefined : new PlainPod(values, text, head, place);
  }

  /** The part of a fingerprint that its own values make; undefined for every other workload. */
  static textOf(workload: Workload, secured: boolean): string | undefined {
    if (!(#values in workload)) return undefined;
    const text = secured ? plainText(workload.#values, true) : workload.#text;
    return `\n\0${text}`;
  }

  /** Its labels; undefined for every other workload. */
  static labelsOf(workload: Workload): ReadonlyMap<string, string> | undefined {
    if (!(#values in workload)) return undefined;
    const { labels = {} } = workload.#values['metadata'] as { readonly labels?: Readonly<Record<string, string>> };
    workload.#labels ??= new Map(Object.entries(labels));
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
  readonly #values: Values;
  readonly #text: string;
  readonly #read: () => Workload;
  #pod: PodTemplate | undefined;
  #labels: ReadonlyMap<string, string> | undefined;

  private constructor(values: Values, text: string, { namespace, name, owner }: Head, { source, read, placed }: PlainPlace) {
    this.namespace = namespace;
    this.name = name;
    this.source = source;
    // Its own, so that a copy has it as well.
    Object.defineProperty(this, 'pod', PlainPod.#podProperty);
    if (owner !== undefined) this.owner = owner;
    this.placed = (own) => (own === this ? placed() : own);
    this.#values = values;
    this.#text = text;
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

type Head = Pick<Workload, 'namespace' | 'name'> & { readonly owner: string | undefined };

/** Undefined where one of these is no text. */
function headOf({ namespace = 'default', name, ownerReferences = [] }: Values): Head | undefined {
  if (typeof namespace !== 'string' || typeof name !== 'string' || !Array.isArray(ownerReferences)) return undefined;
  const head = { namespace, name };
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
