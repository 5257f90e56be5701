/** Since which release a connection goes where it goes. */

import type { VerdictId } from '../../istio/packets/verdict.ts';
import type { ReleaseChange } from '../../istio/releases/changes.ts';
import { changesBetween, lastingChanges } from '../../istio/releases/changes.ts';
import { KNOWN } from '../../istio/releases/every-release.ts';
import type { Release } from '../../istio/releases/known.ts';
import { position } from '../../istio/releases/known.ts';

export interface Since {
  readonly release: Release;
  /** What that release changed in rules; in injection, where it changed none of them. */
  readonly changes: readonly ReleaseChange[];
}

/**
 * The first release, of those between two, at which the verdict is that of the later one: halved, for each release costs
 * a plan and a trace. Where it changes to and fro in between, one of the changes.
 */
export async function sinceRelease(
  [older, newer]: readonly [Release, Release],
  verdictAt: (release: Release) => Promise<VerdictId>,
): Promise<Since> {
  let [before, after] = [position(older), position(newer)];
  const last = await verdictAt(newer);
  while (Math.abs(after - before) > 1) {
    const middle = Math.floor((before + after) / 2);
    if ((await verdictAt(KNOWN[middle] as Release)) === last) after = middle;
    else before = middle;
  }
  const [previous, release] = [KNOWN[before], KNOWN[after]] as [Release, Release];
  const { rules, injection } = changesBetween(previous, release);
  const [ofRules, ofInjection] = [lastingChanges(rules), lastingChanges(injection)];
  return { release, changes: ofRules.length > 0 ? ofRules : ofInjection };
}
