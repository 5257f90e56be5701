/** What a visitor asks: everything that the page shows follows from this one value, which a link holds. */

import type { AnnotationName } from '../istio/kubernetes/annotations.ts';
import { ANNOTATION_NAMES } from '../istio/kubernetes/annotations.ts';
import { STORY_IDS } from '../istio/packets/stories/table.ts';
import { KNOWN } from '../istio/releases/every-release.ts';
import { NEWEST } from '../istio/releases/known.ts';
import type { SettingKey } from '../istio/settings/settings.ts';
import { SETTING_KEYS } from '../istio/settings/settings.ts';

export const SENDERS = ['app', 'proxy', 'outside'] as const;
export const PROTOCOLS = ['tcp', 'udp', 'icmp'] as const;
export const STATES = ['new', 'established', 'invalid'] as const;
export const DATAPLANES = ['iptables', 'nftables', 'ambient'] as const;

/** What it is compared with, beside a release: the same without what was set, or the pod of the fields. */
export const BEFORE = 'before';
export const FIELDS = 'fields';

/** The fields that make a pod, or change the rules of one. */
export interface PodFields {
  /** Empty where nobody chose one: then it is a manifest's own, else the newest. */
  readonly release: string;
  /** With which rules traffic is taken. */
  readonly dataplane: (typeof DATAPLANES)[number];
  readonly annotations: Readonly<Partial<Record<AnnotationName, string>>>;
  /** Laid over those of the pod, as `--set`. */
  readonly settings: Readonly<Partial<Record<SettingKey, string>>>;
}

export interface Question extends PodFields {
  /** What was pasted: rules or manifests; empty for a default pod. */
  readonly text: string;
  /** Which of several things in the text, by its id; empty for the first. */
  readonly part: string;
  /** What it is compared with: a release, `before`, `fields`; empty for nothing. */
  readonly against: string;
  /** A whole request by its name, and which of its connections is looked at; empty for one packet. */
  readonly request: string;
  readonly hop: number;
  /** `app`, `proxy`, `outside`, `uid:1000,gid:1000`. */
  readonly from: string;
  readonly to: string;
  readonly protocol: (typeof PROTOCOLS)[number];
  readonly state: (typeof STATES)[number];
}

/** One packet in words. */
export type QuestionPacket = Pick<Question, 'from' | 'to' | 'protocol' | 'state'>;

export const ORDINARY: Question = {
  text: '',
  part: '',
  release: '',
  dataplane: 'iptables',
  annotations: {},
  settings: {},
  against: '',
  request: '',
  hop: 0,
  from: 'app',
  to: '10.0.0.5:80',
  protocol: 'tcp',
  state: 'new',
};

/** The release that is built for a pod which names none itself. */
export function releaseOf({ release }: Pick<Question, 'release'>): string {
  return release === '' ? NEWEST : release;
}

/** Longer texts are not put into a link. */
export const LONGEST_IN_LINK = 100_000;

const SHORT = 200;

/** A question of whatever a link held: what is missing or of another form is as it is of a default pod. */
export function questionOf(value: unknown): Question {
  if (typeof value !== 'object' || value === null) return ORDINARY;
  const given = value as Readonly<Record<string, unknown>>;
  const text = (key: 'text' | 'part' | 'from' | 'to', longest = SHORT): string => {
    const found = given[key];
    return typeof found === 'string' ? found.slice(0, longest) : ORDINARY[key];
  };
  const one = <V extends string>(key: string, allowed: readonly V[], otherwise: V): V =>
    allowed.find((name) => name === given[key]) ?? otherwise;
  const texts = <K extends string>(key: string, names: readonly K[]): Readonly<Partial<Record<K, string>>> => {
    const found = (given[key] ?? {}) as Readonly<Record<string, unknown>>;
    return Object.fromEntries(names.flatMap((name) => (typeof found[name] === 'string' ? [[name, found[name]]] : []))) as Partial<
      Record<K, string>
    >;
  };
  return {
    text: text('text', LONGEST_IN_LINK),
    part: text('part'),
    release: one('release', ['', ...KNOWN], ''),
    dataplane: one('dataplane', DATAPLANES, ORDINARY.dataplane),
    annotations: texts('annotations', ANNOTATION_NAMES),
    settings: texts('settings', SETTING_KEYS),
    against: one('against', ['', BEFORE, FIELDS, ...KNOWN], ''),
    request: one('request', ['', ...STORY_IDS], ''),
    hop: Number.isSafeInteger(given['hop']) ? Math.max(0, given['hop'] as number) : 0,
    from: text('from'),
    to: text('to'),
    protocol: one('protocol', PROTOCOLS, ORDINARY.protocol),
    state: one('state', STATES, ORDINARY.state),
  };
}

/** Asks the same with some of it changed. */
export type Change = (part: Partial<Question>) => void;
