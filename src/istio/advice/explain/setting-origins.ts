/** Who gave a setting: the one that counts, and the weaker ones that lost to it. */

import { readArguments } from '../../arguments/argument-settings.ts';
import type { Environment } from '../../arguments/effective-values.ts';
import { argumentBehind, valuesOf, wordsOf } from '../../kubernetes/injection/injected.ts';
import { layerRules } from '../../kubernetes/injection/template-data-of.ts';
import { effectiveProxyConfig } from '../../kubernetes/mesh/effective.ts';
import { injectedSettings } from '../../kubernetes/ordinary-injection.ts';
import type { Origin, Sourced } from '../../origin.ts';
import { printSource } from '../../origin.ts';
import type { CapturePlan } from '../../plan/plan.ts';
import { ProblemError } from '../../problems.ts';
import type { Profile } from '../../releases/profile.ts';
import { profileOf } from '../../releases/profile.ts';
import type { Facts } from '../../settings/facts.ts';
import { printedValues, valueText } from '../../settings/printed-settings.ts';
import type { Overrides } from '../../settings/setting-texts.ts';
import { readSetOption } from '../../settings/setting-texts.ts';
import type { SettingKey, Settings } from '../../settings/settings.ts';
import type { Switches } from '../../settings/switches.ts';
import { NO_SWITCHES } from '../../settings/switches.ts';
import type { Basis } from './basis.ts';

export interface SettingOrigins {
  /** The weaker givers of a setting, the strongest first; the default last. */
  readonly over: (key: SettingKey) => readonly Sourced<string>[];
  /** The flag or the variable that brings a workload's setting to the program. */
  readonly passedAs: (key: SettingKey) => string | undefined;
  /** What stands where nobody says anything. */
  readonly defaults: Settings;
  /** What the environment asks for that is no setting. */
  readonly switches: Switches;
}

/** Who gave the settings of a plan that was made of this. */
export function settingOriginsOf(basis: Basis, { release, settings }: CapturePlan, facts: Facts): SettingOrigins {
  const profile = profileOf(release);
  switch (basis.kind) {
    case 'settings': {
      const defaults = injectedSettings(profile);
      const file = basis.file === undefined ? [] : [layerOf(basis.file.overrides, settings)];
      return {
        over: weaker([...setLayers(basis.sets, settings), ...file, whole(defaults)]),
        passedAs: () => undefined,
        defaults,
        switches: NO_SWITCHES,
      };
    }
    case 'arguments': {
      const { words, environment } = basis;
      const all = readArguments(words, environment, profile, facts);
      const variables = readOrNot(environment, profile, facts);
      const defaults = readArguments([], {}, profile, facts).settings;
      const layers = [all.settings, ...(variables === undefined ? [] : [variables]), defaults].map(whole);
      return { over: weaker(layers), passedAs: () => undefined, defaults, switches: all.switches };
    }
    case 'workload':
      return workloadOrigins(basis, settings, profile, facts);
    default:
      return basis satisfies never;
  }
}

/** What somebody gives for a key, with those whom he beat behind it. */
type Layer = (key: SettingKey) => readonly Sourced<string>[];

/** All but the strongest of what the layers give, each giver once. */
function weaker(layers: readonly Layer[]): SettingOrigins['over'] {
  return (key) => {
    const given = layers.flatMap((layer) => layer(key));
    const isFirst = (one: Sourced<string>, index: number): boolean =>
      given.findIndex(({ value, source }) => value === one.value && sameSource(source, one.source)) === index;
    return given.filter(isFirst).slice(1);
  };
}

function sameSource(one: Origin, other: Origin): boolean {
  return one.kind === other.kind && printSource(one) === printSource(other);
}

function setLayers(sets: readonly string[], settings: Settings): readonly Layer[] {
  return sets.toReversed().map((set) => layerOf(readSetOption(set, settings).overrides, settings));
}

function layerOf(overrides: Overrides, settings: Settings): Layer {
  const all = whole({ ...settings, ...overrides } as Settings);
  return (key) => (Object.hasOwn(overrides, key) ? all(key) : []);
}

function whole(settings: Settings): Layer {
  const values = printedValues(settings);
  return (key) => [{ value: valueText(values(key)), source: settings[key].source }];
}

/** A weaker giver may say what the program refuses: it is read only where no stronger one is there. */
function readOrNot(environment: Environment, profile: Profile, facts: Facts): Settings | undefined {
  try {
    return readArguments([], environment, profile, facts).settings;
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

function workloadOrigins(
  { made, mesh, sets }: Extract<Basis, { readonly kind: 'workload' }>,
  settings: Settings,
  profile: Profile,
  facts: Facts,
): SettingOrigins {
  const defaults = injectedSettings(profile);
  const { injection, workload } = made;
  if (injection.kind !== 'arguments') return { over: () => [], passedAs: () => undefined, defaults, switches: NO_SWITCHES };
  const environment = valuesOf(injection.environment);
  const { settings: raw, switches } = readArguments(wordsOf(injection.arguments), environment, profile, facts);
  const unasked = whole(readArguments([], {}, profile, facts).settings);
  const { metadata } = effectiveProxyConfig(mesh, workload, layerRules(profile, mesh));
  const texts = whole(raw);
  const pod: Layer = (key) => {
    const { source } = raw[key];
    const placed = (at: Origin): readonly Sourced<string>[] => texts(key).map(({ value }) => ({ value, source: at }));
    if (source.kind === 'environment') {
      const at = injection.environment.get(source.name)?.source ?? source;
      return [...placed(at), ...(metadata.get(source.name)?.over ?? []), ...unasked(key)];
    }
    const argument = source.kind === 'argument' ? argumentBehind(source.flag, injection.arguments) : undefined;
    if (argument === undefined) return texts(key);
    // An argument that the injector always passes ends with its default; of others the program has its own.
    const passed = [argument, ...argument.over].some((origin) => origin.source.kind === 'injected');
    return [...placed(argument.source), ...argument.over, ...(passed ? [] : unasked(key))];
  };
  const passedAs = (key: SettingKey): string | undefined => {
    const { source } = raw[key];
    if (settings[key].source.kind === 'option') return undefined;
    return source.kind === 'argument' ? source.flag : source.kind === 'environment' ? source.name : undefined;
  };
  return { over: weaker([...setLayers(sets, settings), pod]), passedAs, defaults, switches };
}
