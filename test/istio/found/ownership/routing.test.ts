import { describe, expect, it } from 'vitest';
import type { LiveRouting, LiveRule, RoutingItem } from '../../../../src/istio/found/routing-changes.ts';
import { marksOf, routingChanges, routingCommand } from '../../../../src/istio/found/routing-changes.ts';
import { planFromArguments } from '../../../../src/istio/plan/plan-from-arguments.ts';
import type { Routing } from '../../../../src/istio/plan/routing.ts';

const NONE: Routing = { rules: [], routes: [], addresses: [] };
const NOTHING: LiveRouting = { rules: [], routes: [], addresses: [] };
const TPROXY = planFromArguments(['-m', 'TPROXY', '-b', '*', '-i', '*'], { addresses: ['fd00::2'] });

/** The routing after changes, as `ip` would list it: rules get priorities downwards, as the kernel gives them. */
function after(live: LiveRouting, items: readonly RoutingItem[], operation: 'add' | 'del'): LiveRouting {
  const [rules, routes, addresses] = [[...live.rules], [...live.routes], [...live.addresses]];
  const put = <V>(list: V[], same: (one: V) => boolean, item: V): void => {
    const at = list.findIndex(same);
    if ((at === -1) === (operation === 'del'))
      throw new Error(`${operation} ${JSON.stringify(item)}: ${at === -1 ? 'not there' : 'there already'}`);
    if (operation === 'add') list.unshift(item);
    else list.splice(at, 1);
  };
  for (const item of items) {
    const { family } = item;
    if (item.kind === 'address') {
      put(addresses, (one) => one.family === family && one.address === item.address, { family, address: item.address });
    } else if (item.kind === 'route') {
      const route = { family, table: item.table, localDefault: true };
      put(routes, (one) => one.family === family && one.table === item.table && one.localDefault, route);
    } else {
      const { mark, table, priority = 32765 - rules.length } = item;
      const same = (one: LiveRule): boolean =>
        one.family === family && one.mark === mark && one.table === table && (operation === 'add' || one.priority === priority);
      put(rules, same, { family, priority, mark, table, plain: true });
    }
  }
  return { rules, routes, addresses };
}

/** The state once the changes are made; it must need no further change. */
function changed(live: LiveRouting, wanted: Routing, marks: readonly number[] = []): LiveRouting {
  const changes = routingChanges(live, wanted, new Set(marks));
  const done = after(after(live, changes.before, 'add'), changes.after, 'del');
  expect(routingChanges(done, wanted, new Set(marks))).toEqual({ before: [], after: [] });
  return done;
}

const commands = (live: LiveRouting, wanted: Routing, marks: readonly number[] = []): readonly string[] => {
  const { before, after: later } = routingChanges(live, wanted, new Set(marks));
  return [...before.map((item) => routingCommand('add', item).join(' ')), ...later.map((item) => routingCommand('del', item).join(' '))];
};

const RULE = { family: 'ip', priority: 32765, mark: 1337, table: 133, plain: true } as const;
const ROUTE = { family: 'ip', table: 133, localDefault: true } as const;

describe('policy routing', () => {
  it('is added where it is missing, the route before the rule that leads to it', () => {
    expect(commands(NOTHING, TPROXY.routing)).toEqual([
      'ip -4 route add local default dev lo table 133',
      'ip -4 rule add fwmark 1337 lookup 133',
      'ip -6 addr add ::6/128 dev lo',
      'ip -6 route add local default dev lo table 133',
      'ip -6 rule add fwmark 1337 lookup 133',
    ]);
  });

  it('is left as it is where it is right, and removed when it is no longer wanted', () => {
    const there = changed(NOTHING, TPROXY.routing);
    expect(commands(there, TPROXY.routing)).toEqual([]);
    expect(changed(there, NONE)).toEqual(NOTHING);
    expect(routingChanges(there, NONE, new Set()).before).toEqual([]);
  });

  it('that stands there twice stays once', () => {
    const live = { ...NOTHING, rules: [{ ...RULE, priority: 32764 }, RULE], routes: [ROUTE] };
    expect(commands(live, { ...NONE, rules: TPROXY.routing.rules.slice(0, 1), routes: TPROXY.routing.routes.slice(0, 1) })).toEqual([
      'ip -4 rule del priority 32765 fwmark 1337 lookup 133',
    ]);
    expect(changed(live, NONE)).toEqual(NOTHING);
  });

  it('for another mark or table is replaced, new before old', () => {
    const wanted = planFromArguments(['-m', 'TPROXY', '-b', '*', '-t', '99', '-r', '77']).routing;
    expect(commands({ ...NOTHING, rules: [RULE], routes: [ROUTE] }, wanted)).toEqual([
      'ip -4 route add local default dev lo table 77',
      'ip -4 rule add fwmark 99 lookup 77',
      'ip -4 rule del priority 32765 fwmark 1337 lookup 133',
      'ip -4 route del local default dev lo table 133',
    ]);
  });

  it('for a mark of our live rules is ours; for a mark that nobody knows it stays', () => {
    const live = { ...NOTHING, rules: [{ ...RULE, mark: 99, table: 77 }], routes: [{ ...ROUTE, table: 77 }] };
    expect(changed(live, NONE, [99])).toEqual(NOTHING);
    expect(changed(live, NONE)).toEqual(live);
  });

  it.each([
    ['asks for more than the mark', { ...NOTHING, rules: [{ ...RULE, plain: false }], routes: [ROUTE] }],
    ['leads to a table with other routes', { ...NOTHING, rules: [RULE], routes: [ROUTE, { ...ROUTE, localDefault: false }] }],
    ['of another program shares the table', { ...NOTHING, rules: [{ ...RULE, mark: 5 }], routes: [ROUTE] }],
  ])('stays where a rule %s', (_, live) => {
    expect(changed(live, NONE)).toEqual(live);
  });

  it('that a run left half removed is removed', () => {
    expect(changed({ ...NOTHING, routes: [ROUTE] }, NONE)).toEqual(NOTHING);
    expect(changed({ ...NOTHING, rules: [RULE] }, NONE)).toEqual(NOTHING);
    expect(
      changed(
        {
          ...NOTHING,
          addresses: [
            { family: 'ip6', address: '::6/128' },
            { family: 'ip6', address: '::1/128' },
          ],
        },
        NONE,
      ).addresses,
    ).toEqual([{ family: 'ip6', address: '::1/128' }]);
  });
});

it('the marks of rules are those that they set and those that they ask for', () => {
  const rules = TPROXY.ip.tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
  expect([...marksOf(rules)].sort()).toEqual([1337, 1338]);
});
