/** An answer in all the words that people need: our YAML, arguments of istio-iptables, and what is not certain. */

import type { Observation } from '../../../netfilter/observation.ts';
import { planFromArguments } from '../../plan/plan-from-arguments.ts';
import { ProblemError, problemText } from '../../problems.ts';
import type { Kind } from '../../releases/kinds.ts';
import { allKinds } from '../../releases/kinds.ts';
import type { Release } from '../../releases/known.ts';
import { position } from '../../releases/known.ts';
import type { Facts } from '../../settings/facts.ts';
import type { Settings } from '../../settings/settings.ts';
import { valuesOf } from '../../settings/settings.ts';
import type { Switches } from '../../settings/switches.ts';
import type { Command } from './as-arguments.ts';
import { asArguments } from './as-arguments.ts';
import type { AsSidecar } from './as-sidecar.ts';
import { asSidecar } from './as-sidecar.ts';
import type { Proposal } from './proposal.ts';
import { differencesFrom, rate, textOf } from './rating.ts';
import type { Untraced } from './untraced.ts';
import { untracedIn } from './untraced.ts';

/** Settings, and releases that make the same of them. */
export interface Described {
  readonly releases: readonly Release[];
  readonly settings: Settings;
  readonly switches: Switches;
  readonly facts: Facts;
}

export interface Description {
  readonly sidecar: AsSidecar;
  /** By release: a flag may have come later than the setting. */
  readonly commands: readonly CommandAt[];
  /** At the newest of the releases. */
  readonly untraced: readonly Untraced[];
}

/** What the releases' istio-iptables are started with; or why no arguments make these rules. */
export type CommandAt = { readonly releases: readonly Release[] } & (Command | { readonly reason: string });

/** Describes an answer; `observed` is what it was found for. */
export function describe(observed: Observation, { releases, settings, switches, facts }: Described): Description {
  const proposal: Proposal = { values: valuesOf(settings), switches, facts };
  const kinds = kindsOf(releases);
  const newest = kinds.at(-1);
  if (newest === undefined) throw new RangeError('an answer has at least one release');
  const answer = rate(observed, newest, proposal);
  const text = textOf(answer);
  return {
    sidecar: asSidecar(proposal, settings, kinds, (kind, other) => textOf(rate(observed, kind, other)) === text),
    commands: commandsFor(observed, { releases, settings, switches, facts }, kinds, text),
    untraced: untracedIn(observed, answer),
  };
}

/** The kinds of these releases, each with those of its releases that are among them; the newest last. */
export function kindsOf(releases: readonly Release[]): readonly Kind[] {
  const named = new Set(releases);
  const newest = ({ releases: of }: Kind): number => position(of.at(-1) ?? '');
  return allKinds()
    .map(({ profile, releases: of }) => ({ profile, releases: of.filter((release) => named.has(release)) }))
    .filter(({ releases: of }) => of.length > 0)
    .sort((a, b) => newest(a) - newest(b));
}

function commandsFor(
  observed: Observation,
  { settings, switches, facts }: Described,
  kinds: readonly Kind[],
  text: string,
): readonly CommandAt[] {
  const found = new Map<string, { readonly command: Command | { readonly reason: string }; readonly releases: Release[] }>();
  for (const { profile, releases } of kinds) {
    const called = asArguments(settings, switches, profile);
    const reason = whyNot(observed, called, profile.release, facts, text);
    const command = reason === undefined ? called : { reason };
    const same = found.get(JSON.stringify(command)) ?? { command, releases: [] };
    found.set(JSON.stringify(command), same);
    same.releases.push(...releases);
  }
  return [...found.values()].map(({ command, releases }) => ({ ...command, releases: releases.sort((a, b) => position(a) - position(b)) }));
}

/** Why a release does not make the rules of arguments: undefined where it does. */
function whyNot(observed: Observation, { args, env }: Command, release: Release, facts: Facts, text: string): string | undefined {
  try {
    const plan = planFromArguments(args, { env, release, ...facts });
    return textOf({ differences: differencesFrom(plan, observed) }) === text ? undefined : 'no flag or variable sets it';
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problems.map(problemText)[0] ?? '';
  }
}
