/** What is different outside the packet filter: policy rules, local routes and addresses of two plans. */

import type { Family } from '../../netfilter/family.ts';
import type { Because } from '../../netfilter/rule.ts';
import type { Routing } from '../plan/routing.ts';
import { printRouting } from '../plan/routing.ts';

/** `missing` where only the left has it, `extra` where only the right has. */
export interface RoutingDifference {
  readonly kind: 'missing' | 'extra';
  readonly family: Family;
  /** The command that shows it: `ip rule`, `ip -6 route`. */
  readonly printedBy: string;
  /** As that command prints it: `fwmark 1337 lookup 133`. */
  readonly text: string;
  readonly because: Because;
}

/** What one routing has and the other does not, in no order: the kernel keeps none between them. */
export function compareRouting(left: Routing, right: Routing): readonly RoutingDifference[] {
  const [a, b] = [itemsOf(left), itemsOf(right)];
  const only = (kind: RoutingDifference['kind'], items: readonly Item[], others: readonly Item[]): readonly RoutingDifference[] =>
    items
      .filter(({ printedBy, text }) => !others.some((other) => other.printedBy === printedBy && other.text === text))
      .map((item) => ({ kind, ...item }));
  return [...only('missing', a, b), ...only('extra', b, a)];
}

/** Whether there is anything outside the packet filter. */
export function hasRouting({ rules, routes, addresses }: Routing): boolean {
  return rules.length + routes.length + addresses.length > 0;
}

type Item = Omit<RoutingDifference, 'kind'>;

function itemsOf({ rules, routes, addresses }: Routing): readonly Item[] {
  const none: Routing = { rules: [], routes: [], addresses: [] };
  const print = (one: Routing, { family, because }: Pick<Item, 'family' | 'because'>): readonly Item[] =>
    Object.entries(printRouting(one)).flatMap(([printedBy, lines]) => lines.map((text) => ({ family, printedBy, text, because })));
  return [
    ...rules.flatMap((rule) => print({ ...none, rules: [rule] }, rule)),
    ...routes.flatMap((route) => print({ ...none, routes: [route] }, route)),
    ...addresses.flatMap((address) => print({ ...none, addresses: [address] }, address)),
  ];
}
