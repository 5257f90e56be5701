/** The side that a check looks at. */

import { ProblemError, problemText } from '../istio/problems.ts';
import type { Family } from '../netfilter/family.ts';
import type { Observation } from '../netfilter/observation.ts';
import { ofFamily } from '../netfilter/observation.ts';
import type { Chain } from '../netfilter/rule.ts';
import { inBoth, withChains } from '../netfilter/rule.ts';
import { settingsOf } from './operand-settings.ts';
import type { SourceOptions } from './options.ts';
import { readSource } from './read-source.ts';
import type { RuleSource } from './rule-source.ts';
import type { SourceName } from './source-name.ts';

/**
 * Reads what is to be checked; settings that were given are what it is compared with, and make none of it, but
 * where a release alone is named. Throws a ProblemError for a source that can't be used.
 */
export async function observedSource(
  source: string,
  name: SourceName,
  given: SourceOptions,
  family: Family | undefined,
): Promise<RuleSource> {
  const { release: _, ...unnamed } = given;
  // What is written in a file is what it is: options say what it should be.
  const own = name.kind === 'file' ? settingsOf(name, { ...unnamed, sets: [] }) : settingsOf(name, given);
  const ruleSource = await readSource(source, own, family);
  return family === undefined ? ruleSource : { ...ruleSource, seen: ofFamily(ruleSource.seen, family) };
}

/** The side, or why it can't be read, where that is no reason to say nothing. */
export async function unlessUnreadable(read: Promise<RuleSource>): Promise<RuleSource | { readonly unreadable: string }> {
  try {
    return await read;
  } catch (error) {
    const isElsewhere = error instanceof ProblemError && error.problems.some(({ code }) => code === 'needs-linux');
    if (error instanceof ProblemError && !isElsewhere) return { unreadable: error.problems.map(problemText).join('; ') };
    throw error;
  }
}

const MARK = '.legacy';

/** The state without those chains of legacy that stand in nft as well, under their mark: the rest can be told whose it is. */
export function withoutTwins(seen: Observation): Observation {
  const of = (chain: Chain): Chain | undefined =>
    chain.name.endsWith(MARK)
      ? undefined
      : { ...chain, rules: chain.rules.filter(({ target }) => target.kind !== 'jump' || !target.chain.endsWith(MARK)) };
  return inBoth(seen, (ruleset) => withChains(ruleset, of));
}
