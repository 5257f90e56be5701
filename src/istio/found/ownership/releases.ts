/** What each kind of release makes of a reading, and which of them a state's own chains speak for. */

import type { Family } from '../../../netfilter/family.ts';
import { printRule } from '../../../netfilter/print.ts';
import type { Rule, Ruleset } from '../../../netfilter/rule.ts';
import { isBuiltIn } from '../../../netfilter/rule.ts';
import { assemble } from '../../plan/assemble.ts';
import { contextFor } from '../../plan/context.ts';
import { CONCERNS } from '../../plan/rules/concerns.ts';
import { rejected6 } from '../../plan/rules/invalid.ts';
import { ruleKinds } from '../../releases/kinds.ts';
import type { Profile } from '../../releases/profile.ts';
import { Memo } from '../memo.ts';
import { builtInRules, ownChainsOf } from './parts.ts';
import type { Reading } from './readings.ts';

/** The rules that one release makes of one reading, for one family. */
export interface Hypothesis {
  /** The same for all readings of one kind of release. */
  readonly maker: string;
  /** Whether who the proxy is and which DNS is captured was read from chains of ours. */
  readonly fromChains: boolean;
  /** The loose rules by `TABLE CHAIN`, with their texts. */
  readonly blocks: ReadonlyMap<string, Block>;
  /** How much the chains of ours differ from the state's, in the kinds of their rules. */
  readonly distance: number;
}

/** All loose rules of a release in one built-in chain, in order. */
export type Block = readonly { readonly text: string; readonly top: boolean; readonly rule: Rule }[];

/** A hypothesis for each kind of release and reading. */
export function hypothesesFor(state: Ruleset, readings: readonly Reading[]): readonly Hypothesis[] {
  const seen = outlineOf(state);
  const { family } = state;
  const texts = readings.map(({ values, switches, nameservers }) => JSON.stringify([family, values, switches, nameservers]));
  return ruleKinds().flatMap(({ profile }) =>
    readings.flatMap((reading, index) =>
      MADE.get(`${profile.release} ${texts[index]}`, () => rulesetsOf(family, profile, reading).map(partsOf)).map((made) =>
        hypothesis(profile.release, made, seen, reading.fromChains),
      ),
    ),
  );
}

/** What of a release's rules a state is held against. */
type Made = Pick<Hypothesis, 'blocks'> & { readonly outline: ReadonlySet<string> };

const MADE = new Memo<readonly Made[]>(100_000, (all) =>
  all.reduce((lines, { blocks, outline }) => lines + outline.size + [...blocks.values()].flat().length, 0),
);

function partsOf(made: Ruleset): Made {
  return { blocks: blocksOf(made), outline: outlineOf(made) };
}

const PLAN = 'plan';

/** The hypothesis that a known plan made the state. */
export function hypothesisOf(plan: Ruleset, state: Ruleset): Hypothesis {
  return hypothesis(PLAN, partsOf(plan), outlineOf(state), true);
}

function hypothesis(maker: string, { blocks, outline }: Made, seen: ReadonlySet<string>, fromChains: boolean): Hypothesis {
  const distance = [...outline].filter((line) => !seen.has(line)).length + [...seen].filter((line) => !outline.has(line)).length;
  return { maker, fromChains, blocks, distance };
}

/** The family's rules, for IPv6 both with and without an address of that family. */
function rulesetsOf(family: Family, profile: Profile, { values, switches, nameservers }: Reading): readonly Ruleset[] {
  const context = contextFor(values, switches, profile, { nameservers })(family);
  const rules = assemble(
    family,
    CONCERNS.flatMap((concern) => concern(context)),
    switches.traceLogging && profile.has('traceLogging'),
  );
  if (family === 'ip') return [rules];
  const plain = assemble(family, profile.has('noReject6') ? [] : rejected6(profile.has('loopbackAccept6')));
  return profile.has('rules6') ? [rules, plain] : [plain];
}

/**
 * The hypotheses that the chains of ours bear out: of the releases whose chains are most like those of each
 * family that has any (`present`), those of the settings that are. Where the families speak for different
 * releases, an upgrade was stopped between them: either may have been, with any settings in the other.
 */
export function nearestReleases(
  all: Readonly<Record<Family, readonly Hypothesis[]>>,
  present: readonly Family[],
): Readonly<Record<Family, readonly Hypothesis[]>> {
  const best = present.map((family) => nearestMakers(all[family]));
  const either = new Set(best.flatMap((makers) => [...makers]));
  const both = new Set([...either].filter((maker) => best.every((makers) => makers.has(maker))));
  const pick = (family: Family): readonly Hypothesis[] => {
    const own = present.includes(family) ? nearestMakers(all[family]) : either;
    const least = leastOfEach(all[family]);
    if (both.size > 0) return all[family].filter(({ maker, distance }) => both.has(maker) && distance === least.get(maker));
    return all[family].filter(({ maker, distance }) => (own.has(maker) ? distance === least.get(maker) : either.has(maker)));
  };
  return { ip: pick('ip'), ip6: pick('ip6') };
}

function leastOfEach(hypotheses: readonly Hypothesis[]): ReadonlyMap<string, number> {
  const least = new Map<string, number>();
  for (const { maker, distance } of hypotheses) least.set(maker, Math.min(distance, least.get(maker) ?? distance));
  return least;
}

/** Who may have made the chains of a family. A plan that is like them says nothing against a release that is less so: half may be of either. */
function nearestMakers(hypotheses: readonly Hypothesis[]): ReadonlySet<string> {
  const least = leastOfEach(hypotheses);
  const nearest = Math.min(...[...least].flatMap(([maker, distance]) => (maker === PLAN ? [] : [distance])));
  return new Set([...least].flatMap(([maker, distance]) => (distance <= nearest ? [maker] : [])));
}

/** The loose rules of a ruleset that a release made, by `TABLE CHAIN`. */
export function blocksOf(made: Ruleset): ReadonlyMap<string, Block> {
  const chains = builtInRules(made, ownChainsOf(made)).filter(({ loose }) => loose.length > 0);
  return new Map(
    chains.map(({ table, chain, loose }) => [
      `${table} ${chain}`,
      loose.map((rule) => ({ text: printRule(rule), top: rule.place === 'top', rule })),
    ]),
  );
}

/**
 * The kinds of rules in the chains of ours and of the jumps to them, values left out: enough to tell
 * releases apart where that matters, and little changed by a rule that was added, lost or moved.
 */
function outlineOf(ruleset: Ruleset): ReadonlySet<string> {
  const own = ownChainsOf(ruleset);
  const inside = ruleset.tables.flatMap(({ name, chains }) =>
    chains
      .filter((chain) => own.get(name)?.has(chain.name))
      .flatMap((chain) => [`${name} ${chain.name}`, ...chain.rules.map((rule) => `${name} ${chain.name} ${kindOf(rule)}`)]),
  );
  const jumps = builtInRules(ruleset, own).flatMap(({ table, chain, jumps: rules }) =>
    rules.map((rule) => `${table} ${chain} ${kindOf(rule)}`),
  );
  return new Set([...inside, ...jumps]);
}

function kindOf({ matches, target }: Rule): string {
  const kinds = matches.map((match) => {
    if (match.kind === 'opaque' || match.kind === 'unknown') return match.kind;
    return `${match.negated ? '!' : ''}${match.kind}${match.kind === 'protocol' ? match.value : ''}`;
  });
  const to = target.kind === 'jump' ? target.chain : target.kind === 'verdict' ? target.verdict : target.kind;
  return `${kinds.sort().join()} ${to}`;
}

/** The very text of everything of ours, for a ruleset with nothing else in it. */
export function textOf(ruleset: Ruleset): string {
  const tables = [...ruleset.tables].sort((a, b) => (a.name < b.name ? -1 : 1));
  return tables
    .flatMap(({ name, chains }) =>
      [...chains]
        .filter((chain) => chain.rules.length > 0 || !isBuiltIn(name, chain.name))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((chain) => [`${name} ${chain.name}`, ...chain.rules.map(printRule)].join('\n')),
    )
    .join('\n');
}
