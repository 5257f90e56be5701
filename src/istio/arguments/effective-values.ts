/** What a program was given: its flags first, then its environment, by the rules of its release. */

import type { Sourced } from '../origin.ts';
import type { Profile } from '../releases/profile.ts';
import type { SettingKey } from '../settings/settings.ts';
import type { Action, Argument } from './arguments.ts';
import { ARGUMENTS, ENVIRONMENT, environmentOf, isKnown } from './arguments.ts';
import type { GivenFlag } from './command-line.ts';
import { parseGoBool } from './command-line.ts';

export type Environment = Readonly<Record<string, string>>;

export interface Given {
  /** The text of a setting, where someone gave it. */
  readonly setting: (key: SettingKey) => Sourced<string> | undefined;
  /** The text of an action, where someone gave it. */
  readonly action: (action: Action) => Sourced<string> | undefined;
  /** A switch, where someone gave it in a form that the program reads. */
  readonly switched: (action: Action) => Sourced<boolean> | undefined;
  /** A variable that has no flag, where the release counts it as set. */
  readonly variable: (name: keyof typeof ENVIRONMENT) => Sourced<string> | undefined;
}

/** Each argument by what it is for: no setting is called as an action is. */
const BY_USE: ReadonlyMap<SettingKey | Action, Argument> = new Map(
  ARGUMENTS.flatMap((argument) => {
    const use = argument.setting ?? argument.action;
    return use === undefined ? [] : [[use, argument] as const];
  }),
);

/** Looks values up in flags and environment as the release's program does. */
export function givenBy(flags: ReadonlyMap<string, GivenFlag>, environment: Environment, profile: Profile): Given {
  const variable = (name: string): Sourced<string> | undefined => {
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    // viper, which read the environment for most of the Go program's life, takes an empty variable for none.
    const counts = value !== '' || profile.has('shellProgram') || profile.has('emptyEnvironmentCounts');
    return value === undefined || !counts ? undefined : { value, source: { kind: 'environment', name } };
  };
  const text = (argument: Argument | undefined): Sourced<string> | undefined => {
    if (argument === undefined) return undefined;
    const flag = flags.get(argument.flag);
    if (flag !== undefined) return { value: flag.text, source: { kind: 'argument', flag: flag.flag } };
    const name = variableOf(argument, profile);
    return name === undefined ? undefined : variable(name);
  };
  return {
    setting: (key) => text(BY_USE.get(key)),
    action: (action) => text(BY_USE.get(action)),
    switched: (action) => {
      const found = text(BY_USE.get(action));
      const value = found === undefined ? null : parseGoBool(found.value);
      return found === undefined || value === null ? undefined : { value, source: found.source };
    },
    variable: (name) => variable(ENVIRONMENT[name]),
  };
}

/** The variable that stands for a flag at a release. */
function variableOf(argument: Argument, profile: Profile): string | undefined {
  if (profile.has('shellProgram')) {
    const early = argument.setting === 'proxy.inboundPort' || argument.short === undefined || argument.shell === undefined;
    return early || isKnown(argument, profile) ? argument.shellEnvironment : undefined;
  }
  if (!isKnown(argument, profile)) return undefined;
  // pkg/flag registers the outbound port without its variable: it is logged and not read.
  return argument.setting === 'proxy.port' && profile.has('emptyEnvironmentCounts') ? undefined : environmentOf(argument);
}
