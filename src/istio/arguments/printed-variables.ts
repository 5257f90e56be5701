/** The settings that istio-iptables prints at the head of its log: what it was told, whatever became of it. */

import { readLines } from '../../netfilter/read/lines.ts';
import { collectProblems } from '../../netfilter/read/problems.ts';
import { ProblemError } from '../problems.ts';
import type { Profile } from '../releases/profile.ts';
import type { SettingKey, SettingValues } from '../settings/settings.ts';
import { valuesOf } from '../settings/settings.ts';
import { readArguments } from './argument-settings.ts';
import type { Action, Argument } from './arguments.ts';
import { ARGUMENTS, ENVIRONMENT, isKnown, shortOf } from './arguments.ts';
import { parseGoBool } from './command-line.ts';

/** Values by the names under which the program prints them. */
export type PrintedVariables = ReadonlyMap<string, string>;

const HEADING = /^(?:Variables|Istio \w+ variables|Istio config):$/;
const ASSIGNMENT = /^([A-Z][A-Z\d_]*)=(.*)$/;

/** What only the environment sets is printed as well, under these names. */
const OF_ENVIRONMENT: ReadonlyMap<string, readonly [variable: string, key: SettingKey]> = new Map([
  ['OUTBOUND_OWNER_GROUPS_INCLUDE', [ENVIRONMENT.ownerGroups, 'outbound.ownerGroups']],
  ['OUTBOUND_OWNER_GROUPS_EXCLUDE', [ENVIRONMENT.excludeOwnerGroups, 'outbound.excludeOwnerGroups']],
]);

const OF_ACTIONS: Readonly<Partial<Record<Action, SettingKey>>> = {
  dns: 'dns.capture',
  'dns-all': 'dns.capture',
  'drop-invalid': 'dropInvalid',
  'dual-stack': 'dualStack',
};

const namesOf = ({ printed = [] }: Argument): readonly string[] => (typeof printed === 'string' ? [printed] : printed);

/** All that are known, in the order in which they are worth telling. */
const NAMES: readonly string[] = [...ARGUMENTS.flatMap(namesOf), ...OF_ENVIRONMENT.keys()];

/** The variables that a log prints; undefined where it prints none, or those of runs that were told different things. */
export function printedVariables(text: string): PrintedVariables | undefined {
  if (!/(?:PROXY|INBOUND|OUTBOUND)_[A-Z_]+=/.test(text)) return undefined;
  const blocks: Map<string, string>[] = [];
  let open = false;
  for (const { text: line } of readLines(text, collectProblems(undefined))) {
    if (HEADING.test(line)) {
      open = true;
      blocks.push(new Map());
      continue;
    }
    const [, name = '', value = ''] = ASSIGNMENT.exec(line) ?? [];
    if (name === '') open &&= line === '' || /^-+$/.test(line);
    else if (open && NAMES.includes(name)) blocks.at(-1)?.set(name, value);
  }
  const [first, ...others] = blocks.filter(({ size }) => size > 0);
  return others.every((other) => sameVariables(first, other)) ? first : undefined;
}

function sameVariables(one: PrintedVariables | undefined, other: PrintedVariables): boolean {
  return one !== undefined && JSON.stringify([...one]) === JSON.stringify([...other]);
}

/** As `NAME=VALUE`, those that say something. */
export function variableTexts(variables: PrintedVariables): readonly string[] {
  return NAMES.flatMap((name) => {
    const value = variables.get(name) ?? '';
    return value === '' || value === 'false' ? [] : [`${name}=${value}`];
  });
}

/** The settings that a release's program would have of what was printed, as far as it has them; undefined for a value that it refuses. */
export function settingsOfVariables(variables: PrintedVariables, profile: Profile): Partial<SettingValues> | undefined {
  const args: string[] = [];
  const env: Record<string, string> = {};
  const keys = new Set<SettingKey>();
  for (const argument of ARGUMENTS) {
    // A comma too many was no matter to a shell, and what became of it is in the rules.
    const value = namesOf(argument)
      .flatMap((name) => variables.get(name) ?? [])[0]
      ?.replace(/,+$/, '');
    const key = argument.setting ?? (argument.action === undefined ? undefined : OF_ACTIONS[argument.action]);
    if (value === undefined || key === undefined) continue;
    const byVariable = profile.has('shellProgram') ? argument.shellEnvironment : undefined;
    if (!isKnown(argument, profile) && byVariable === undefined) continue;
    keys.add(key);
    const short = shortOf(argument, profile);
    if (argument.accepts === 'switch') args.push(...(parseGoBool(value) === true ? [`--${argument.flag}`] : []));
    else if (!isKnown(argument, profile)) env[byVariable ?? ''] = value;
    else args.push(...(short === undefined ? [`--${argument.flag}=${value}`] : [`-${short}`, value]));
  }
  for (const [name, [variable, key]] of OF_ENVIRONMENT) {
    const value = variables.get(name);
    if (value === undefined) continue;
    env[variable] = value;
    keys.add(key);
  }
  const values = valuesOfArguments(args, env, profile);
  return values === undefined ? undefined : Object.fromEntries([...keys].map((key) => [key, values[key]]));
}

function valuesOfArguments(args: readonly string[], env: Readonly<Record<string, string>>, profile: Profile): SettingValues | undefined {
  try {
    return valuesOf(readArguments(args, env, profile).settings);
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}
