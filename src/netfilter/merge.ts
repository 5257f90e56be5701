/** Rules of one family that live in two places of one kernel, as one ruleset. */

import type { Chain, Policy, Rule, Ruleset, Table } from './rule.ts';
import { isBuiltIn } from './rule.ts';

export interface Merged {
  readonly ruleset: Ruleset;
  /** The tables that hold something in both places. */
  readonly both: readonly string[];
}

/**
 * The tables of both. Of a table in both, each built-in chain has the rules of the first place, then those of the
 * second. A chain of the second whose name the first has too is another chain in the kernel: it gets the mark
 * behind its name (`ISTIO_OUTPUT.legacy`).
 */
export function mergeRulesets(first: Ruleset, second: Ruleset, mark: string): Merged {
  const tables = [...first.tables.filter(holdsAnything)];
  const both: string[] = [];
  for (const table of second.tables.filter(holdsAnything)) {
    const at = tables.findIndex(({ name }) => name === table.name);
    const other = tables[at];
    if (other === undefined) tables.push(table);
    else {
      tables[at] = mergeTables(other, table, mark);
      both.push(table.name);
    }
  }
  return { ruleset: { family: first.family, tables }, both };
}

/** Whether a table has a rule, a chain that someone made, or a policy that someone set. */
export function holdsAnything({ name, chains }: Table): boolean {
  return chains.some((chain) => chain.rules.length > 0 || !isBuiltIn(name, chain.name) || chain.policy !== 'ACCEPT');
}

function mergeTables(first: Table, second: Table, mark: string): Table {
  const taken = new Set(first.chains.map(({ name }) => name));
  const renamed = new Map(
    second.chains.filter(({ name }) => !isBuiltIn(second.name, name) && taken.has(name)).map(({ name }) => [name, free(name, mark, taken)]),
  );
  const marked = second.chains.map((chain) => renameIn(chain, renamed));
  const merged = first.chains.map((chain): Chain => {
    const other = marked.find(({ name }) => name === chain.name);
    if (other === undefined) return chain;
    return { name: chain.name, policy: stricter(chain.policy, other.policy), rules: [...chain.rules, ...other.rules] };
  });
  return { ...first, chains: [...merged, ...marked.filter(({ name }) => !taken.has(name))] };
}

function free(name: string, mark: string, taken: ReadonlySet<string>): string {
  const marked = `${name}.${mark}`;
  return taken.has(marked) ? free(marked, mark, taken) : marked;
}

function renameIn(chain: Chain, renamed: ReadonlyMap<string, string>): Chain {
  const rules = chain.rules.map((rule): Rule => {
    const { target } = rule;
    const to = target.kind === 'jump' ? renamed.get(target.chain) : undefined;
    return to === undefined || target.kind !== 'jump' ? rule : { ...rule, target: { ...target, chain: to } };
  });
  return { ...chain, name: renamed.get(chain.name) ?? chain.name, rules };
}

// What one place lets through still meets the other.
function stricter(one: Policy, other: Policy): Policy {
  return one === 'ACCEPT' ? other : one;
}
