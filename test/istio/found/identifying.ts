/** What tests ask of an identification. */

import { expect } from 'vitest';
import type { Answer, Identification } from '../../../src/istio/found/identify.ts';
import { identify } from '../../../src/istio/found/identify.ts';
import type { CapturePlan } from '../../../src/istio/plan/plan.ts';
import { planFor } from '../../../src/istio/plan/plan.ts';
import type { Release } from '../../../src/istio/releases/known.ts';
import type { Observation } from '../../../src/netfilter/observation.ts';
import { observeText } from '../../../src/netfilter/observation.ts';
import { readRules } from '../../../src/netfilter/read.ts';

/** What a text shows. */
export function seenIn(text: string): Observation {
  return observeText(readRules(text));
}

/** What is found in a text. */
export function identified(text: string): Identification {
  return identify(seenIn(text));
}

/** The answer that holds for a release. */
export function answerFor(found: Identification, release: Release): Answer {
  const answer = found.answers.find(({ releases }) => releases.includes(release));
  if (answer === undefined) throw new Error(`${release} is not among ${found.answers.map(({ releases }) => releases.join()).join(' or ')}`);
  return answer;
}

/** What a release makes of the answer that was found. */
export function madeAgain({ plan, facts, switches }: Answer, release: Release): CapturePlan {
  return planFor(plan.settings, release, facts, switches);
}

/** Of many releases those at which something may change, and the last. */
export function someOf(releases: readonly Release[]): readonly Release[] {
  return releases.filter((release, index) => index === 0 || index === releases.length - 1 || release.endsWith('.0'));
}

/** Exact, with every one of these releases among those that were found. */
export function expectReleases(found: Identification, releases: readonly Release[], name: string): void {
  expect(found.outcome, name).toBe('exact');
  const all = new Set(found.answers.flatMap((answer) => answer.releases));
  expect(
    releases.filter((release) => !all.has(release)),
    name,
  ).toEqual([]);
}
