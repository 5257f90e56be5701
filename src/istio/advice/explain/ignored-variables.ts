/** Variables that reach the program and come to nothing. */

import { readArguments } from '../../arguments/argument-settings.ts';
import { ARGUMENTS, argumentNamed, ENVIRONMENT, environmentOf } from '../../arguments/arguments.ts';
import type { Environment } from '../../arguments/effective-values.ts';
import type { Origin } from '../../origin.ts';
import { ProblemError } from '../../problems.ts';
import type { Profile } from '../../releases/profile.ts';
import { SETTING_KEYS } from '../../settings/settings.ts';
import type { IgnoredText, NamedText } from './ignored-text.ts';

/** Variables that some release's program reads; what else proxyMetadata holds is for the proxy. */
export const VARIABLES: ReadonlySet<string> = new Set([...Object.values(ENVIRONMENT), ...ARGUMENTS.map(environmentOf)]);

/** Variables without which the program would do the same, and of which no setting comes. */
export function ignoredVariables(words: readonly string[], given: readonly NamedText[], profile: Profile): readonly IgnoredText[] {
  const all = readAs(words, given, profile);
  if (all === undefined) return [];
  return given.flatMap((variable) => {
    const isRead = all.sources.some((source) => source.kind === 'environment' && source.name === variable.name);
    const others = given.filter((other) => other !== variable);
    if (isRead || !VARIABLES.has(variable.name) || readAs(words, others, profile)?.text !== all.text) return [];
    const flag = ARGUMENTS.find((argument) => environmentOf(argument) === variable.name);
    const overridden = all.sources.some(
      (source) => source.kind === 'argument' && flag !== undefined && argumentNamed(source.flag) === flag,
    );
    return [{ ...variable, because: overridden ? 'overridden by the argument' : `istio-iptables ${profile.release} ignores it` }];
  });
}

/** What a program reads, as one text, and where its settings come from. */
function readAs(
  words: readonly string[],
  given: readonly NamedText[],
  profile: Profile,
): { readonly text: string; readonly sources: readonly Origin[] } | undefined {
  const environment: Environment = Object.fromEntries(given.map(({ name, value }) => [name, value]));
  try {
    const { settings, switches, actions } = readArguments(words, environment, profile);
    const values = SETTING_KEYS.map((key) => settings[key].value);
    return { text: JSON.stringify([values, switches, [...actions]]), sources: SETTING_KEYS.map((key) => settings[key].source) };
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}
