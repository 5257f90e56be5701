/** What the node agent of the ambient mode makes: the rules in a pod, or those of its node. */

import type { Family } from '../../../netfilter/family.ts';
import type { NftRuleset } from '../../../netfilter/nft/ruleset.ts';
import { rulesetOfNft } from '../../../netfilter/nft/ruleset-of-nft.ts';
import type { Ruleset, Table } from '../../../netfilter/rule.ts';
import type { Origin } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import type { Release } from '../../releases/known.ts';
import { profileOf } from '../../releases/profile.ts';
import { resolveRelease } from '../../releases/resolve-release.ts';
import type { Routing } from '../routing.ts';
import { ipsetText } from './address-sets.ts';
import { inPod } from './in-pod.ts';
import type { AmbientKnobs, AmbientStep } from './knobs.ts';
import { checkKnobs } from './knobs.ts';
import { onNode } from './on-node.ts';
import type { Agent, AmbientState } from './state.ts';
import { EMPTY_STATE } from './state.ts';

/** The rules of both families, those of nft, the sets of addresses, and the policy routing. */
export interface AmbientPlan {
  readonly release: Release;
  readonly knobs: AmbientKnobs;
  readonly ip: Ruleset;
  readonly ip6: Ruleset;
  readonly nft?: NftRuleset;
  /** As `ipset save` shows it, sorted, without sizes; empty where there is none. */
  readonly ipset: string;
  readonly routing: Routing;
  /** The same as a next run finds it: what `before` takes. */
  readonly state: AmbientState;
  readonly problems: readonly Problem[];
}

/** What brings the rules about. */
const ORDINARY: Readonly<Record<'pod' | 'host', readonly AmbientStep[]>> = { pod: ['create'], host: ['set', 'create', 'add'] };

/**
 * The plan of the agent of a release, over what `before` says was there: nothing, where it is left out. Pure. Throws a
 * ProblemError where the release does not know one of the knobs, and an AmbientFailure, which has what is left, where the
 * agent, or what it calls, fails.
 */
export function planAmbient(
  knobs: AmbientKnobs,
  options: { readonly release?: string; readonly releaseSource?: Origin; readonly before?: Partial<AmbientState> } = {},
): AmbientPlan {
  const { release: named, releaseSource = { kind: 'option', option: 'release' }, before } = options;
  const { release, problems } = resolveRelease(named === undefined ? undefined : { value: named, source: releaseSource });
  const agent: Agent = { knobs, profile: profileOf(release) };
  checkKnobs(knobs, agent.profile);
  const { where = 'pod', steps = ORDINARY[where] } = knobs;
  const take = where === 'pod' ? inPod : onNode;
  const state = steps.reduce((left, step) => take(left, step, agent), { ...EMPTY_STATE, ...before });
  const { nft, ipsets, routing } = state;
  // Which pods there are, and so what the sets hold, is known only where it is said.
  const native = (family: Family): readonly Table[] =>
    rulesetOfNft(nft, family).tables.map(({ sets, ...table }) =>
      sets === undefined || knobs.podIPs === undefined ? table : { ...table, sets },
    );
  const met = (family: Family): Ruleset => ({ family, tables: [...state[family].tables, ...native(family)] });
  return {
    release,
    knobs,
    ip: met('ip'),
    ip6: met('ip6'),
    ...(nft.tables.length === 0 ? {} : { nft }),
    ipset: ipsetText(ipsets),
    routing,
    state,
    problems,
  };
}
