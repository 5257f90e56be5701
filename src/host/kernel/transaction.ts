/** From what is there and what is wanted to the steps between, as data: what a dry run prints is what a run does. */

import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { KeptChain, Owned } from '../../netfilter/reconcile.ts';
import { reconcile } from '../../netfilter/reconcile.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import { removeNativeText } from './nft-tables.ts';
import type { Backend } from './snapshot.ts';
import { programOf } from './snapshot.ts';

/** One program and its input. */
export interface Step {
  readonly kind: 'routing' | 'rules' | 'native tables';
  readonly family: Family | undefined;
  readonly argv: readonly [string, ...string[]];
  /** Standard input. */
  readonly text: string;
}

/** One backend's live rules, what of them is ours, and what they are to become. */
export interface Store {
  readonly backend: Backend;
  readonly live: Readonly<Record<Family, Ruleset>>;
  readonly owned: Readonly<Record<Family, Owned>>;
  readonly desired: Readonly<Record<Family, Ruleset>>;
}

/** Lines for `ip -batch`, by family. */
export type RoutingLines = Readonly<Record<Family, readonly string[]>>;

export interface Change {
  readonly stores: readonly Store[];
  readonly routing: { readonly before: RoutingLines; readonly after: RoutingLines };
  /** Native tables to remove. */
  readonly native: readonly string[];
  /** Seconds that iptables-legacy waits for the xtables lock. */
  readonly lockWait: number;
}

export interface Transaction {
  readonly steps: readonly Step[];
  readonly kept: readonly KeptChain[];
}

/**
 * The steps in an order in which nothing that both states capture escapes: new policy routing and ::6
 * before the rules, one restore for each family, then stale routing out. Native tables go last: they can't be
 * put back by us, and after them nothing is left that could fail.
 */
export function transactionOf({ stores, routing, native, lockWait }: Change): Transaction {
  const reconciled = stores.flatMap((store) =>
    ORDER.map((family) => ({ store, ...reconcile(store.live[family], store.desired[family], store.owned[family]) })),
  );
  const rules = reconciled.flatMap(({ store, family, text }): Step[] =>
    text === '' ? [] : [{ kind: 'rules', family, argv: restoreCommand(store.backend, family, lockWait), text }],
  );
  const nft: Step[] =
    native.length === 0 ? [] : [{ kind: 'native tables', family: undefined, argv: ['nft', '-f', '-'], text: removeNativeText(native) }];
  const steps = [...routingSteps(routing.before), ...rules, ...routingSteps(routing.after), ...nft];
  return { steps, kept: reconciled.flatMap(({ kept }) => kept) };
}

// IPv6 first: what an old release left there is recognised by its chains in IPv4, and whether IPv6 is looked at
// at all depends on these, so a run that is killed between the two leaves what the next one finds.
const ORDER: readonly Family[] = [...FAMILIES].reverse();

/** Without `--wait` legacy gives up at once where another holds its lock; nft has none. */
function restoreCommand(backend: Backend, family: Family, lockWait: number): Step['argv'] {
  const program = programOf(backend, family, 'restore');
  return backend === 'nft' ? [program, '--noflush'] : [program, '--noflush', `--wait=${lockWait}`];
}

function routingSteps(lines: RoutingLines): readonly Step[] {
  return FAMILIES.filter((family) => lines[family].length > 0).map(
    (family): Step => ({
      kind: 'routing',
      family,
      argv: ['ip', family === 'ip' ? '-4' : '-6', '-batch', '-'],
      text: lines[family].map((line) => `${line}\n`).join(''),
    }),
  );
}
