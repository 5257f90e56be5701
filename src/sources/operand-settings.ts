import { badOption } from '../istio/bad-option.ts';
import type { SourceOptions } from './options.ts';
import type { RuleSource } from './rule-source.ts';
import type { SourceName } from './source-name.ts';
import { refuseStdinTwice } from './stdin-once.ts';
import type { WorkloadOption } from './workloads/option.ts';

/** Whether any settings are given, so that they can be a side of their own. */
export function hasSettings({ filename, args, release, sets, env, envFile }: SourceOptions): boolean {
  return [filename, args, release, envFile].some((value) => value !== undefined) || sets.length + env.length > 0;
}

/** The options that mean something for a source; a release of its own beats the one that is given. */
export function settingsOf(name: SourceName, given: SourceOptions & WorkloadOption): SourceOptions & WorkloadOption {
  const { filename, args, release, envFile, env, sets, ...facts } = given;
  const unset = { ...facts, sets: [], env: [] };
  const releasePart = release === undefined || ('release' in name && name.release !== undefined) ? {} : { release };
  const called = { ...(args === undefined ? {} : { args }), ...(envFile === undefined ? {} : { envFile }), env };
  switch (name.kind) {
    case 'settings':
      return { ...unset, ...called, ...releasePart, ...(filename === undefined ? {} : { filename }), sets };
    case 'file':
      return { ...unset, ...releasePart, sets };
    case 'own':
    case 'namespace':
      return unset;
    case 'command':
      return { ...unset, ...called };
    default:
      return name satisfies never;
  }
}

/** Standard input can be read once, by a side or for what the mesh is installed with. */
export function refuseTwoReaders(names: readonly SourceName[], { filename, manifests }: SourceOptions): void {
  const read = names.map((name) => (name.kind === 'file' ? name.file : name.kind === 'settings' ? filename : undefined));
  refuseStdinTwice([...read, ...(manifests?.values ?? [])]);
}

/** An option that no operand takes would change nothing, whatever its user hoped for. */
export function refuseUnused(names: readonly SourceName[], { filename, args, env, envFile }: SourceOptions): void {
  const has = (...kinds: readonly SourceName['kind'][]): boolean => names.some(({ kind }) => kinds.includes(kind));
  if (filename !== undefined && !has('settings', 'own'))
    throw badOption('--filename', 'no operand takes settings; name a release, as @1.23');
  const words = args !== undefined ? '--' : env.length > 0 ? '--env' : envFile !== undefined ? '--env-file' : undefined;
  if (words !== undefined && !has('settings', 'command'))
    throw badOption(words, 'no operand takes arguments; name a release (@1.23) or a command (exec:TEXT) as an operand');
}

/** The same for what a file takes where it holds settings: whether it does is known when it has been read. */
export function refuseIgnored(
  operands: readonly { readonly name: SourceName; readonly operand: RuleSource }[],
  { sets, release }: SourceOptions,
): void {
  const plans = operands.flatMap(({ name, operand }) => (operand.plan === undefined ? [] : [name]));
  const other = 'name a release (@1.23) or a file with settings as an operand';
  if (sets.length > 0 && plans.length === 0) throw badOption('--set', `no operand takes settings; ${other}`);
  if (release !== undefined && plans.length === 0) throw badOption('--release', `no operand takes it; ${other}`);
  if (release !== undefined && plans.every((name) => 'release' in name && name.release !== undefined))
    throw badOption('--release', 'no operand takes it; each has a release of its own or needs none');
}
