/** The fields of the page: what each annotation and each setting is, and what counts where nothing is written. */

import type { AnnotationName, TrafficAnnotation } from '../../istio/kubernetes/annotations.ts';
import { ANNOTATION_NAMES, ANNOTATIONS } from '../../istio/kubernetes/annotations.ts';
import { injectedSettings } from '../../istio/kubernetes/ordinary-injection.ts';
import type { Origin } from '../../istio/origin.ts';
import { printSource } from '../../istio/origin.ts';
import { profileOf } from '../../istio/releases/profile.ts';
import { printedValues, valueWord } from '../../istio/settings/printed-settings.ts';
import type { SettingKey, Settings } from '../../istio/settings/settings.ts';
import { SETTING_KEYS, SETTINGS } from '../../istio/settings/settings.ts';
import type { PodFields } from '../question.ts';
import { releaseOf } from '../question.ts';
import { PASTED } from './parts.ts';
import type { Subject } from './subject.ts';

export interface AnnotationField {
  readonly name: AnnotationName;
  /** As it stands in a manifest. */
  readonly key: string;
  /** What a default pod of the release has. */
  readonly byDefault: string;
  /** Which settings come of it. */
  readonly settings: readonly SettingKey[];
  /** Whether the release's injector reads it. */
  readonly read: boolean;
}

export interface SettingField {
  readonly key: SettingKey;
  readonly what: string;
  readonly allowed: string;
  /** What counts. */
  readonly value: string;
  /** Where that comes from, in words. */
  readonly origin: string;
  /** The line of the pasted text that says it. */
  readonly line?: number;
  /** Whether a rule of the release can depend on it. */
  readonly read: boolean;
}

export interface FieldsView {
  readonly annotations: readonly AnnotationField[];
  readonly settings: readonly SettingField[];
}

// What an annotation is to the injector ends as one of these.
const SETTINGS_BEHIND: Readonly<Record<AnnotationName, readonly SettingKey[]>> = {
  mode: ['mode'],
  statusPort: ['inbound.excludePorts'],
  includeRanges: ['outbound.includeRanges'],
  excludeRanges: ['outbound.excludeRanges'],
  includeInboundPorts: ['inbound.includePorts'],
  excludeInboundPorts: ['inbound.excludePorts'],
  includeOutboundPorts: ['outbound.includePorts'],
  excludeOutboundPorts: ['outbound.excludePorts'],
  excludeInterfaces: ['interfaces.exclude'],
  kubevirtInterfaces: ['interfaces.reroute'],
  rerouteInterfaces: ['interfaces.reroute'],
  logLevel: [],
};

export function fieldsOf(question: PodFields, { plan }: Pick<Subject, 'plan'>): FieldsView {
  const profile = profileOf(releaseOf(question));
  const ordinary = injectedSettings(profile);
  const defaults = textsOf(ordinary);
  const settings = plan?.settings ?? ordinary;
  const texts = textsOf(settings);
  return {
    annotations: ANNOTATION_NAMES.map((name) => {
      const { key, needs }: TrafficAnnotation = ANNOTATIONS[name];
      const behind = SETTINGS_BEHIND[name];
      const [first] = behind;
      const byDefault = first === undefined || name === 'statusPort' ? '' : (defaults.get(first) ?? '');
      return { name, key, byDefault, settings: behind, read: needs === undefined || profile.has(needs) };
    }),
    settings: SETTING_KEYS.map((key): SettingField => {
      const { what, allowed, needs } = SETTINGS[key];
      const { source } = settings[key];
      return {
        ...{ key, what, allowed, value: texts.get(key) ?? '' },
        origin: originText(source),
        ...(source.kind === 'file' && source.file === PASTED && { line: source.line }),
        read: needs === undefined || profile.has(needs),
      };
    }),
  };
}

function originText(source: Origin): string {
  if (source.kind === 'injected' || source.kind === 'default') return '';
  if (source.kind === 'file' && source.file === PASTED) return source.key ?? `line ${source.line}`;
  return source.kind === 'option' ? 'set here' : printSource(source);
}

function textsOf(settings: Settings): ReadonlyMap<string, string> {
  const printed = printedValues(settings);
  return new Map(SETTING_KEYS.map((key) => [key, valueWord(printed(key))]));
}
