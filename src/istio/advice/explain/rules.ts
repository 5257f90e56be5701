/** The rules of a plan, and what lies outside the packet filter, each with its reason. */

import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import { printRule } from '../../../netfilter/print.ts';
import type { Because } from '../../../netfilter/rule.ts';
import type { CapturePlan } from '../../plan/plan.ts';
import type { Routing } from '../../plan/routing.ts';
import { printRoutingCommands } from '../../plan/routing.ts';

interface Explained {
  /** The rule in the kernel's spelling, or the command. */
  readonly text: string;
  readonly because: string;
  /** The keys of the settings that caused it. */
  readonly settings: readonly string[];
}

export interface ExplainedRule extends Explained {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  readonly id: string;
}

export type ExplainedCommand = Explained;

/** In the order in which packets of a chain meet them. */
export function explainedRules(plan: CapturePlan): readonly ExplainedRule[] {
  return FAMILIES.flatMap((family) =>
    plan[family].tables.flatMap(({ name: table, chains }) =>
      chains.flatMap(({ name: chain, rules }) =>
        rules.map((rule) => ({ family, table, chain, id: rule.id ?? '', text: printRule(rule), ...reasonOf(rule.because) })),
      ),
    ),
  );
}

/** In the order in which they work. */
export function explainedRouting({ rules, routes, addresses }: Routing): readonly ExplainedCommand[] {
  const noRouting: Routing = { rules: [], routes: [], addresses: [] };
  const commandsOf = (part: Partial<Routing>, because: Because): readonly ExplainedCommand[] =>
    printRoutingCommands({ ...noRouting, ...part }).map((text) => ({ text, ...reasonOf(because) }));
  return [
    ...rules.flatMap((rule) => commandsOf({ rules: [rule] }, rule.because)),
    ...routes.flatMap((route) => commandsOf({ routes: [route] }, route.because)),
    ...addresses.flatMap((address) => commandsOf({ addresses: [address] }, address.because)),
  ];
}

function reasonOf(because: Because | undefined): Pick<Explained, 'because' | 'settings'> {
  return { because: because?.text ?? '', settings: because?.settings ?? [] };
}
