/** The way back: which releases could have made rules, and with which settings. */

import type { Difference } from '../../netfilter/compare/difference.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Observation, Unseen } from '../../netfilter/observation.ts';
import { isUnread } from '../../netfilter/observation.ts';
import { rulesOfBoth } from '../../netfilter/rule.ts';
import type { CapturePlan } from '../plan/plan.ts';
import { planFor } from '../plan/plan.ts';
import { ProblemError } from '../problems.ts';
import { RELEASES } from '../releases/every-release.ts';
import type { Release } from '../releases/known.ts';
import { profileOf } from '../releases/profile.ts';
import type { Facts } from '../settings/facts.ts';
import type { SettingKey, Settings } from '../settings/settings.ts';
import { SETTING_KEYS, valuesOf } from '../settings/settings.ts';
import type { Switches } from '../settings/switches.ts';
import { unreadRules } from './doubts.ts';
import type { AmbientIdentification } from './identify/ambient.ts';
import { identifyAmbient } from './identify/ambient.ts';
import type { Description } from './identify/describe.ts';
import { describe } from './identify/describe.ts';
import { exactMatches } from './identify/exact.ts';
import type { Match } from './identify/matches.ts';
import { asIptables, nativeAnswer } from './identify/native.ts';
import { nearestMatches } from './identify/nearest.ts';
import { observedRulesOf } from './identify/observed-rules.ts';
import { isOlderIstio } from './identify/older-istio.ts';
import type { AmbientChain, IgnoredRules, OurPart } from './identify/our-part.ts';
import { ambientChains, ourParts, ownedPart } from './identify/our-part.ts';
import type { NonDefault } from './identify/plausibility.ts';
import { nonDefaultIn } from './identify/plausibility.ts';
import { cost } from './identify/rating.ts';
import { withoutGuesses } from './identify/unknown-rules.ts';
import { ownChainsOf } from './ownership/parts.ts';

/** Settings, and the releases that make of them what is seen. */
export interface Answer {
  /** All that do, oldest first; never empty. */
  readonly releases: readonly Release[];
  /** Of the newest of them. Its settings say which were read from the rules. */
  readonly plan: CapturePlan;
  /** What no settings can say. */
  readonly switches: Switches;
  /** What must be known of the pod besides: nameservers, and an address of IPv6 where there are rules of it. */
  readonly facts: Facts;
  /** What a default pod of the newest release does not have. */
  readonly nonDefault: NonDefault;
  /** Settings that only rules which could not be read would tell: the plan has those of a default pod in their place. */
  readonly notKnown?: readonly SettingKey[];
  /** From what the releases make (left) to what is seen (right); none in an exact answer. */
  readonly differences: readonly Difference[];
}

export interface Identification {
  /**
   * `none` where there are no rules of Istio's sidecar; `unknown` where rules could not be read that this may rest on:
   * then the answers are those of what could be read.
   */
  readonly outcome: 'exact' | 'nearest' | 'none' | 'unknown';
  /** What could not be read of what may be ours. */
  readonly unread: readonly Unseen[];
  /** The most ordinary settings first. */
  readonly answers: readonly Answer[];
  /** What was compared: our part of what was given. */
  readonly observed: Observation;
  readonly setAside: IgnoredRules;
  /** Chains of ambient mode: those are no sidecar's. */
  readonly ambient: readonly AmbientChain[];
  /** Who made what the node agent made, by backend; empty where it made nothing here. */
  readonly agent: readonly AmbientIdentification[];
  /** Whether there are more rules of ours than are looked at. */
  readonly oversized: boolean;
  /** Whether the rules are those of the program before 1.0, which no release that is known makes. */
  readonly beforeKnown: boolean;
}

/**
 * Proposes settings from the rules for every kind of release, makes the rules of them, and compares: only equality
 * counts, as far as the observation shows the tables. Rules of others are set aside. Where nothing makes the rules,
 * the answers are those with the fewest differences. More than 5,000 rules of ours are not looked at. Never throws.
 */
export function identify(observed: Observation): Identification {
  const unread = unreadRules(observed);
  const all = identifyNative(observed) ?? identifyRead(observed);
  const found = unread.length > 0 && !hasReadRules(observed) ? { ...all, answers: [] } : all;
  const outcome = unread.length === 0 ? found.outcome : 'unknown';
  const answers = unread.length === 0 ? found.answers : found.answers.map((answer) => withNotKnown(found.observed, answer));
  return {
    ...found,
    answers,
    agent: identifyAmbient(observed),
    unread,
    outcome,
    beforeKnown: outcome === 'nearest' && isOlderIstio(observed),
  };
}

/** An answer that says of what nobody could see that it is not known. */
function withNotKnown(observed: Observation, answer: Answer): Answer {
  const { releases, plan, switches, facts, nonDefault, differences } = answer;
  if (plan.nft !== undefined) return answer;
  const { proposal, notKnown } = withoutGuesses(observed, releases, { values: valuesOf(plan.settings), switches, facts }, nonDefault);
  const [unfiltered] = notKnown.length === 0 ? [] : answerOf({ proposal, releases, differences });
  return unfiltered === undefined ? answer : { ...unfiltered, notKnown };
}

/** Whether a rule of ours stands in a chain that is known in full: whose rules they are rests on no other. */
function hasReadRules(observed: Observation): boolean {
  return FAMILIES.some((family) => {
    const own = ownChainsOf(observed[family]);
    return observed[family].tables.some(({ name: table, chains, nft }) =>
      chains.some(
        ({ name: chain, rules }) =>
          rules.length > 0 && (nft !== undefined || own.get(table)?.has(chain) === true) && !isUnread(observed, { family, table, chain }),
      ),
    );
  });
}

/** Native rules of nft are looked for as the rules of iptables that they stand for, and compared as what they are. */
function identifyNative(observed: Observation): Omit<Identification, 'unread' | 'agent' | 'beforeKnown'> | undefined {
  const plain = asIptables(observed);
  if (plain === undefined) return undefined;
  const found = identifyRead(plain);
  const likely = found.answers.flatMap((answer) => nativeAnswer(answer, observed));
  // What is left of the rules may be nearest to those of a release that has no native ones: their tables say that these are.
  const nearest = likely.length > 0 ? [] : found.answers.slice(0, 1).map((answer) => ({ ...answer, releases: RELEASES }));
  const answers = [...likely, ...nearest.flatMap((answer) => nativeAnswer(answer, observed))];
  const exact = answers.filter(({ differences }) => differences.length === 0);
  const outcome = exact.length > 0 ? 'exact' : answers.length > 0 ? 'nearest' : 'none';
  return { ...found, observed, answers: exact.length > 0 ? exact : answers, outcome };
}

function identifyRead(observed: Observation): Omit<Identification, 'unread' | 'agent' | 'beforeKnown'> {
  const ambient = ambientChains(observed);
  const parts: OurPart[] = [];
  let oversized = false;
  for (const part of ourParts(observed)) {
    if (rulesOfBoth(part.observed).length > MOST_RULES) {
      oversized = true;
      continue;
    }
    const answers = exactMatches(part.observed, observedIn(part)).flatMap(answerOf);
    if (answers.length > 0) return { outcome: 'exact', answers, ...part, ambient, oversized: false };
    parts.push(part);
  }
  const nearest = parts.flatMap(nearestIn).sort(byDistance)[0];
  if (nearest === undefined) return { outcome: 'none', answers: [], observed, setAside: NONE_IGNORED, ambient, oversized };
  // Of a block of loose rules ownership claims all or nothing; with a plan to go by, it claims what is left of it.
  const likely = nearest.setAside.lookalikes.length === 0 ? [] : nearest.answers.slice(0, 1);
  const refined = likely.flatMap(({ plan }) => nearestIn(ownedPart(observed, plan)));
  const best = [...refined, nearest].sort(byDistance)[0] ?? nearest;
  return { outcome: best.answers.some(({ differences }) => differences.length === 0) ? 'exact' : 'nearest', ...best, ambient, oversized };
}

/** Of more rules of ours nothing is said: so many take three seconds, and settings that somebody wrote make some hundreds. */
export const MOST_RULES = 5000;

const NONE_IGNORED: IgnoredRules = { programs: [], others: [], lookalikes: [] };

interface Nearest extends OurPart {
  readonly answers: readonly Answer[];
}

/** What comes nearest to a part; none where it has no chain of ours. */
function nearestIn(part: OurPart): readonly Nearest[] {
  const { ip, ip6 } = part.observed;
  const answers =
    ownChainsOf(ip).size + ownChainsOf(ip6).size === 0 ? [] : nearestMatches(part.observed, observedIn(part)).flatMap(answerOf);
  return answers.length === 0 ? [] : [{ ...part, answers }];
}

/** A rule that is set aside is one that the answer does not explain. */
function byDistance(a: Nearest, b: Nearest): number {
  const distance = ({ answers: [answer], setAside: { others } }: Nearest): number =>
    (answer === undefined ? 0 : cost(answer)) + others.reduce((sum, { rules }) => sum + rules, 0);
  return distance(a) - distance(b);
}

/** An answer as our YAML and as arguments of istio-iptables, with what is not certain about it. */
export function describeAnswer({ observed }: Pick<Identification, 'observed'>, { releases, plan, switches, facts }: Answer): Description {
  return describe(observed, { releases, settings: plan.settings, switches, facts });
}

function observedIn({ observed }: OurPart) {
  return { ip: observedRulesOf(observed, 'ip'), ip6: observedRulesOf(observed, 'ip6') };
}

/** The answer of a match; none where the release would refuse such settings. */
function answerOf({ proposal, releases, differences }: Match): readonly Answer[] {
  const newest = releases.at(-1);
  if (newest === undefined) return [];
  const { values, switches, facts } = proposal;
  const nonDefault = nonDefaultIn(proposal, profileOf(newest));
  const settings = Object.fromEntries(
    SETTING_KEYS.map((key) => [
      key,
      { value: values[key], source: nonDefault.settings.includes(key) ? { kind: 'rules' } : { kind: 'injected', release: newest } },
    ]),
  ) as unknown as Settings;
  try {
    return [{ releases, plan: planFor(settings, newest, facts, switches), switches, facts, nonDefault, differences }];
  } catch (error) {
    if (error instanceof ProblemError) return [];
    throw error;
  }
}
