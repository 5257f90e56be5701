/** What a visitor asks: everything that the page shows follows from this one value, which a link holds. */

import type { AnnotationName } from '../istio/kubernetes/injection/annotations.ts';
import { ANNOTATION_NAMES } from '../istio/kubernetes/injection/annotations.ts';
import { KNOWN, NEWEST } from '../istio/releases/known.ts';

export const SENDERS = ['app', 'proxy', 'root', 'outside'] as const;
export const PROTOCOLS = ['tcp', 'udp'] as const;
export const STATES = ['NEW', 'ESTABLISHED'] as const;

export interface Question {
  /** What was pasted: rules or manifests; empty for an ordinary pod. */
  readonly text: string;
  readonly release: string;
  /** Of the ordinary pod. */
  readonly annotations: Readonly<Partial<Record<AnnotationName, string>>>;
  /** Another release to compare with; empty for none. */
  readonly against: string;
  readonly from: (typeof SENDERS)[number];
  readonly to: string;
  readonly protocol: (typeof PROTOCOLS)[number];
  readonly state: (typeof STATES)[number];
}

export const ORDINARY: Question = {
  text: '',
  release: NEWEST,
  annotations: {},
  against: '',
  from: 'app',
  to: '10.0.0.5:80',
  protocol: 'tcp',
  state: 'NEW',
};

// Longer texts are not put into a link.
const LONGEST = 100_000;

/** A question of whatever a link held: what is missing or of another form is as it is of an ordinary pod. */
export function questionOf(value: unknown): Question {
  if (typeof value !== 'object' || value === null) return ORDINARY;
  const given = value as Readonly<Record<string, unknown>>;
  const text = (key: 'text' | 'to' | 'release' | 'against'): string => {
    const found = given[key];
    return typeof found === 'string' ? found.slice(0, LONGEST) : ORDINARY[key];
  };
  const one = <V extends string>(key: string, allowed: readonly V[], otherwise: V): V =>
    allowed.find((name) => name === given[key]) ?? otherwise;
  const annotations = (given['annotations'] ?? {}) as Readonly<Record<string, unknown>>;
  return {
    text: text('text'),
    release: one('release', KNOWN, ORDINARY.release),
    annotations: Object.fromEntries(
      ANNOTATION_NAMES.flatMap((name) => (typeof annotations[name] === 'string' ? [[name, annotations[name]]] : [])),
    ),
    against: one('against', ['', ...KNOWN], ''),
    from: one('from', SENDERS, ORDINARY.from),
    to: text('to'),
    protocol: one('protocol', PROTOCOLS, ORDINARY.protocol),
    state: one('state', STATES, ORDINARY.state),
  };
}

/** Asks the same with some of it changed. */
export type Change = (part: Partial<Question>) => void;
