/** What a namespace holds, table by table: a table changes whole or not at all. */

import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import type { Family } from '../../src/netfilter/family.ts';
import { printSave } from '../../src/netfilter/print.ts';
import type { Namespace } from './namespace.ts';
import { feed } from './namespace.ts';
import { normalSave } from './saves.ts';

/** The rules of each table as text, under names such as `ip nat`. */
export type Tables = ReadonlyMap<string, string>;

export interface State {
  readonly tables: Tables;
  /** How many policy rules and local routes of TPROXY there are. */
  readonly routing: Readonly<Record<Family, readonly [rules: number, routes: number]>>;
}

/** What a plan wants. */
export function wantedState({ ip, ip6, routing }: CapturePlan): State {
  const count = (family: Family): readonly [number, number] => [
    routing.rules.filter((rule) => rule.family === family).length,
    routing.routes.filter((route) => route.family === family).length,
  ];
  return { tables: tablesOf(printSave(ip), printSave(ip6)), routing: { ip: count('ip'), ip6: count('ip6') } };
}

const ENDS = '### the next';

/** What is there, as the tools show it. */
export async function look({ run }: Namespace, backend: string): Promise<State> {
  const routing = ['-4', '-6'].map((family) => feed(`ip ${family} -force -batch - 2>/dev/null`, 'rule show\nroute show table 133\n'));
  const commands = [`iptables-${backend}-save`, `ip6tables-${backend}-save`, ...routing];
  const { stdout } = await run(commands.map((command) => `${command}\necho '${ENDS}'\n`).join(''));
  const [ip = '', ip6 = '', lists = '', lists6 = ''] = stdout.split(`${ENDS}\n`);
  const count = (text: string): readonly [number, number] => [
    text.match(/fwmark 0x539 /g)?.length ?? 0,
    text.match(/^local default/gm)?.length ?? 0,
  ];
  return { tables: tablesOf(normalSave(ip), normalSave(ip6)), routing: { ip: count(lists), ip6: count(lists6) } };
}

function tablesOf(ip: string, ip6: string): Tables {
  return new Map(
    Object.entries({ ip, ip6 }).flatMap(([family, text]) =>
      [...text.matchAll(/^\*(\w+)\n[^]*?^COMMIT\n/gm)].map(([table, name]): [string, string] => [`${family} ${name}`, table]),
    ),
  );
}

/** The states of the tables from one to another: the first, and one more for each table that changes in that order. */
export function prefixes(from: Tables, to: Tables, order: readonly string[]): readonly Tables[] {
  const states = [from];
  for (const name of order) {
    const [old, wanted] = [from.get(name), to.get(name)];
    if (old === wanted) continue;
    const next = new Map(states.at(-1));
    if (wanted === undefined) next.delete(name);
    else next.set(name, wanted);
    states.push(next);
  }
  return states;
}

export function areEqual(one: Tables, other: Tables): boolean {
  return one.size === other.size && [...one].every(([name, text]) => other.get(name) === text);
}

/** For a message: what is old, what is new, and the text of what is neither. */
export function differences(seen: Tables, old: Tables, wanted: Tables, order: readonly string[]): string {
  return order
    .map((name) => {
      const text = seen.get(name);
      return `${name} ${text === wanted.get(name) ? 'new' : text === old.get(name) ? 'old' : `neither:\n${text}`}`;
    })
    .join(', ');
}
