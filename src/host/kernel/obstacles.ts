/** After the work: what keeps packets from the rules that were made, though those are as wanted. */

import { FAMILIES } from '../../netfilter/family.ts';
import { isBuiltIn } from '../../netfilter/rule.ts';
import { hidesRules } from '../../netfilter/unseen.ts';
import type { Worked } from './convergence.ts';
import type { Planned } from './desired-state.ts';
import type { ObservedState } from './observe.ts';
import { placeText } from './trusted.ts';

/** In words; nothing where the work did not reach its end. */
export async function obstaclesIn({ ending, view, planned }: Worked): Promise<readonly string[]> {
  if (ending.outcome !== 'done' || view === undefined || planned === undefined) return [];
  const native = view.native.nft.tables.length > 0;
  if (!native && !FAMILIES.some((family) => planned.ownership[family].rules.size > 0)) return [];
  return [...hooksBefore(view), ...unreadBefore(view), ...(foreignRulesFirst(view, planned) ? await foreignRules(view, planned) : [])];
}

// Chains of the nat type see a connection in the order of their priorities, and the first that translates it has the last word.
const OUR_PRIORITY = -100;

function hooksBefore({ nftTables: { natHooks } }: ObservedState): readonly string[] {
  return natHooks
    .filter(({ priority }) => priority <= OUR_PRIORITY)
    .map(
      ({ table, chain, hook, priority }) =>
        `nft's chain ${chain} of table ${table} is asked ${priority === OUR_PRIORITY ? 'beside' : 'before'} the rules of Istio (nat, ${hook}, priority ${priority}): what it translates does not reach the proxy`,
    );
}

// A rule of our own chains that can't be read is written anew; in a chain of the kernel it stays, wherever it stands.
function unreadBefore({ choice: { snapshot } }: ObservedState): readonly string[] {
  return snapshot.unseen
    .filter((one) => hidesRules(one) && one.table !== undefined && (one.chain === undefined || isBuiltIn(one.table, one.chain)))
    .map((one) => `${placeText(one)}: whether packets reach the rules of Istio there is not known`);
}

/** Whether it is worth a closer look. */
function foreignRulesFirst({ choice: { snapshot } }: ObservedState, { ownership }: Planned): boolean {
  return FAMILIES.some((family) =>
    snapshot[family].tables.some(({ name, chains }) =>
      chains.some(({ name: chain, rules }) => {
        const first = rules.findIndex((rule) => ownership[family].rules.has(rule));
        return first > 0 && isBuiltIn(name, chain);
      }),
    ),
  );
}

async function foreignRules({ choice: { snapshot } }: ObservedState, { ownership }: Planned): Promise<readonly string[]> {
  const { foreignFirst } = await import('../../istio/advice/findings/in-front.ts');
  const { observeAll } = await import('../../netfilter/observation.ts');
  const { ownChainsOf } = await import('../../istio/found/ownership/parts.ts');
  const own = { ip: ownChainsOf(snapshot.ip), ip6: ownChainsOf(snapshot.ip6) };
  return foreignFirst({ seen: observeAll(snapshot), ownership, own, option: '' }).map(
    ({ args }) =>
      `rule ${args['position']} of ${args['where']} is not one of Istio's, stands before the jump to ${args['chain']} and takes packets from it: ${args['rule']}`,
  );
}
