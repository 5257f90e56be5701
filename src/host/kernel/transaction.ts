/** From what is there and what is wanted to the steps between, as data: what a dry run prints is what a run does. */

import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { KeptChain, Owned } from '../../netfilter/reconcile.ts';
import { reconcile } from '../../netfilter/reconcile.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import { isOneRuleset } from '../../netfilter/rule.ts';
import type { Backend } from './snapshot.ts';
import { programOf } from './snapshot.ts';

/** One program and its input. */
export interface Step {
  readonly kind: 'routing' | 'rules' | 'native tables';
  readonly family: Family | undefined;
  readonly argv: readonly [string, ...string[]];
  /** Standard input. */
  readonly text: string;
  /** Whether this nft is known to tell of what it does as JSON. */
  readonly json?: boolean;
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

export interface NativeChange {
  /** One transaction of nft, or none. */
  readonly steps: readonly Step[];
  /** The rules that it makes, as nft tells of them. */
  readonly rules: readonly string[];
  /** Base chains of its tables' names that hang elsewhere, which keep it from being made. */
  readonly conflicts: readonly string[];
  /** Whether tables come: then they come before the rules of iptables go. Otherwise they go after those have come. */
  readonly first: boolean;
}

export const NO_NATIVE_CHANGE: NativeChange = { steps: [], rules: [], conflicts: [], first: false };

export interface Change {
  readonly stores: readonly Store[];
  readonly routing: { readonly before: RoutingLines; readonly after: RoutingLines };
  readonly native: NativeChange;
  /** Seconds that iptables-legacy waits for the xtables lock. */
  readonly lockWait: number;
}

export interface Transaction {
  readonly steps: readonly Step[];
  readonly kept: readonly KeptChain[];
}

/**
 * The steps in an order in which nothing that both states capture escapes: new policy routing and ::6
 * before the rules, one restore for each family, then stale routing out. Between iptables and nft there are two
 * transactions, and both have their rules for a moment: what one of them captures is captured.
 */
export function transactionOf({ stores, routing, native, lockWait }: Change): Transaction {
  const reconciled = stores.flatMap((store) =>
    ORDER.map((family) => {
      const [live, desired] = [store.live[family], store.desired[family]];
      return isOneRuleset(live, desired)
        ? { store, family, text: '', kept: [] }
        : { store, ...reconcile(live, desired, store.owned[family]) };
    }),
  );
  const rules = reconciled.flatMap(({ store, family, text }): Step[] =>
    text === '' ? [] : [{ kind: 'rules', family, argv: restoreCommand(store.backend, family, lockWait), text }],
  );
  const inOrder = native.first ? [...native.steps, ...rules] : [...rules, ...native.steps];
  const steps = [...routingSteps(routing.before), ...inOrder, ...routingSteps(routing.after)];
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
