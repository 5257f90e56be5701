/** After a failure: the way back to the state that was there before, and what is still to be done where there is none. */

import { ownedIn } from '../../istio/found/ownership.ts';
import type { LiveRouting, RoutingItem } from '../../istio/found/routing-changes.ts';
import type { Family } from '../../netfilter/family.ts';
import { printRestore } from '../../netfilter/print.ts';
import type { Failure } from '../failure/failure.ts';
import type { Namespace } from '../namespace/namespace.ts';
import type { Planned } from './desired-state.ts';
import { oursIn } from './desired-state.ts';
import type { NativeTables } from './native-tables.ts';
import type { ObservedState, Question } from './observe.ts';
import { observe } from './observe.ts';
import { batchLines } from './routing.ts';
import { perform } from './run-steps.ts';
import { programOf } from './snapshot.ts';
import type { Step, Store, Transaction } from './transaction.ts';
import { transactionOf } from './transaction.ts';

/** The state before anything was changed. */
export interface Before {
  readonly view: ObservedState;
  readonly planned: Planned;
}

export interface Rollback {
  /** Nothing is left to do: the state is the one before. */
  readonly whole: boolean;
  readonly tried: readonly { readonly step: Step; readonly done: boolean }[];
  readonly failure: Failure | undefined;
  /** What still has to be run for the state before. */
  readonly needed: readonly Step[];
}

/** Puts back what was there of ours; `touched` are the routing items that may have been added or removed. */
export async function rollBack(
  namespace: Namespace,
  question: Question,
  before: Before,
  touched: readonly RoutingItem[],
  lockWait: number,
): Promise<Rollback> {
  const now = await observe(namespace, {
    ...question,
    ip6: before.view.choice.snapshot.families.includes('ip6') ? 'always' : 'where needed',
  });
  if ('failure' in now) return { whole: false, tried: [], failure: now.failure, needed: await exactTexts(before) };
  const back = await rollbackSteps(now, before, touched, lockWait);
  if (back.steps.length === 0) return { whole: true, tried: [], failure: undefined, needed: [] };
  const { tried, failure } = await perform(namespace, back.steps, question.deadline);
  const left = back.steps.slice(tried.filter(({ done }) => done).length);
  if (failure !== undefined) return { whole: false, tried, failure, needed: left };
  const after = await observe(namespace, question);
  const needed = 'failure' in after ? await exactTexts(before) : (await rollbackSteps(after, before, touched, lockWait)).steps;
  return { whole: needed.length === 0, tried, failure: 'failure' in after ? after.failure : undefined, needed };
}

async function rollbackSteps(now: ObservedState, before: Before, touched: readonly RoutingItem[], lockWait: number): Promise<Transaction> {
  const stores = before.planned.change.stores.flatMap((store): Store[] => {
    const live = [now.choice.snapshot, now.choice.other].find((snapshot) => snapshot?.backend === store.backend);
    if (live === undefined) return [];
    const desired = oursIn({ ...live, ip: store.live.ip, ip6: store.live.ip6 }, { ...store.owned, warnings: [] });
    // What was about to become of it tells what of it is ours now.
    return [{ backend: store.backend, live, owned: ownedIn(live, store.desired), desired }];
  });
  const [then, there] = [before.view.routing, now.routing];
  const routing = {
    before: batchLines(
      'add',
      touched.filter((item) => isThere(item, then) && !isThere(item, there)),
    ),
    after: batchLines(
      'del',
      touched.filter((item) => !isThere(item, then) && isThere(item, there)),
    ),
  };
  // As on the way there: what comes, before what goes.
  const native = { steps: await nativeBack(before, now.native), rules: [], conflicts: [], first: !before.planned.change.native.first };
  return transactionOf({ stores, routing, native, lockWait });
}

/** The step back to the tables of nft that were there; without `now`, whatever is there. */
async function nativeBack({ view: { native: then }, planned }: Before, now?: NativeTables): Promise<readonly Step[]> {
  if (planned.change.native.steps.length === 0 || (then.nft.tables.length === 0 && now?.nft.tables.length === 0)) return [];
  return (await import('./native.ts')).rollbackTo(then, now);
}

function isThere(item: RoutingItem, { rules, routes, addresses }: LiveRouting): boolean {
  switch (item.kind) {
    case 'rule':
      return rules.some(
        ({ family, mark, table, priority, plain }) =>
          plain && family === item.family && mark === item.mark && table === item.table && (item.priority ?? priority) === priority,
      );
    case 'route':
      return routes.some(({ family, table, localDefault }) => localDefault && family === item.family && table === item.table);
    case 'address':
      return addresses.some(({ family, address }) => family === item.family && address === item.address);
    default:
      return item satisfies never;
  }
}

/** The whole tables as they were saved, for iptables-restore without --noflush: right whatever is there now. */
async function exactTexts(before: Before): Promise<readonly Step[]> {
  const { choice } = before.view;
  const { backend, texts, families, ...rulesets } = choice.snapshot;
  const tables = families.map((family: Family): Step => {
    const text = texts[family] ?? printRestore(rulesets[family]);
    return { kind: 'rules', family, argv: [programOf(backend, family, 'restore')], text: text === '' ? EMPTY_TABLES : text };
  });
  return [...tables, ...(await nativeBack(before))];
}

// An empty save holds no table, so restoring it would change nothing.
const EMPTY_TABLES = ['mangle', 'raw', 'nat'].map((table) => `*${table}\nCOMMIT\n`).join('');
