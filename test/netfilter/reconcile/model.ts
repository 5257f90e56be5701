/** What iptables-restore --noflush does, as a small model: kernel.md says how the real one behaves. */

import type { Family } from '../../../src/netfilter/family.ts';
import { readRule } from '../../../src/netfilter/read/rule.ts';
import type { Owned } from '../../../src/netfilter/reconcile.ts';
import type { Chain, Rule, Ruleset, Table } from '../../../src/netfilter/rule.ts';
import { BUILT_IN_CHAINS, isBuiltIn } from '../../../src/netfilter/rule.ts';
import { splitWords } from '../../../src/netfilter/words.ts';

/** A rule's text, and whether we put it there. */
interface Entry {
  readonly text: string;
  readonly ours: boolean;
}

type Chains = Map<string, Entry[]>;

export class Kernel {
  readonly family: Family;
  #tables = new Map<string, Chains>();

  constructor(family: Family) {
    this.family = family;
  }

  /** Applies each block whole or, with an error, not at all; blocks before one that fails stay. */
  restore(input: string, ours = true): void {
    for (const [, table = '', body = ''] of input.matchAll(/^\*(\w+)\n([^]*?)^COMMIT\n/gm)) {
      const chains: Chains = new Map([...this.#chains(table)].map(([name, entries]) => [name, [...entries]]));
      for (const line of body.split('\n').slice(0, -1)) apply(chains, table, line, ours);
      for (const entries of chains.values()) for (const { text } of entries) requireTarget(chains, text);
      this.#tables.set(table, chains);
    }
  }

  #chains(table: string): Chains {
    return this.#tables.get(table) ?? new Map((BUILT_IN_CHAINS[table] ?? []).map((name) => [name, []]));
  }

  /** Changes a chain by hand, as someone else would. */
  edit(table: string, chain: string, change: (entries: Entry[]) => Entry[]): void {
    const chains = this.#chains(table);
    chains.set(chain, change([...(chains.get(chain) ?? [])]));
    this.#tables.set(table, chains);
  }

  /** The state as it would be read, and what of it is ours: chains by their prefix, rules by who put them there. */
  read(): { readonly live: Ruleset; readonly owned: Owned } {
    const rules = new Set<Rule>();
    const own = new Map<string, ReadonlySet<string>>();
    const tables = [...this.#tables].map(([name, chains]): Table => {
      own.set(name, new Set([...chains.keys()].filter((chain) => chain.startsWith('ISTIO_'))));
      return { name, chains: [...chains].map(([chain, entries]) => this.#readChain(name, chain, entries, rules)) };
    });
    return { live: { family: this.family, tables }, owned: { chains: own, rules } };
  }

  #readChain(table: string, name: string, entries: readonly Entry[], owned: Set<Rule>): Chain {
    const rules = entries.map(({ text, ours }) => {
      const rule = readRule(splitWords(text) ?? [], this.family);
      if ('reason' in rule) throw new Error(`${text}: ${rule.reason}`);
      if (ours && !name.startsWith('ISTIO_')) owned.add(rule);
      return rule;
    });
    return { name, policy: isBuiltIn(table, name) ? 'ACCEPT' : '-', rules };
  }

  /** Every rule and chain as a line, of ours or of others; chains in the order of their names. */
  lines(ours: boolean): readonly string[] {
    return [...this.#tables].sort().flatMap(([table, chains]) =>
      [...chains].sort().flatMap(([chain, entries]) => {
        const own = chain.startsWith('ISTIO_');
        const declared = !isBuiltIn(table, chain) && own === ours ? [`${table} :${chain}`] : [];
        return [...declared, ...entries.filter((entry) => entry.ours === ours).map(({ text }) => `${table} ${chain} ${text}`)];
      }),
    );
  }

  copy(): Kernel {
    const copy = new Kernel(this.family);
    copy.#tables = new Map(
      [...this.#tables].map(([table, chains]) => [table, new Map([...chains].map(([name, entries]) => [name, [...entries]]))]),
    );
    return copy;
  }
}

function apply(chains: Chains, table: string, line: string, ours: boolean): void {
  const fail = (reason: string): Error => new Error(`${table}: ${line}: ${reason}`);
  const [, operation = '', name = '', rest = ''] = /^(:|-[ADIX] )(\S+) ?(.*)$/.exec(line) ?? [];
  const entries = chains.get(name);
  if (operation === ':') {
    chains.set(name, []);
    return;
  }
  if (entries === undefined) throw fail('no such chain');
  const [, number, text = ''] = /^(\d+)(?: (.*))?$/.exec(rest) ?? [];
  const at = Number(number);
  switch (operation) {
    case '-X ': {
      if (entries.length > 0) throw fail('not empty');
      if ([...chains.values()].flat().some((entry) => targetOf(entry.text) === name)) throw fail('referenced');
      chains.delete(name);
      break;
    }
    case '-D ': {
      const index = number === undefined ? entries.findIndex((entry) => entry.text === rest) : at - 1;
      if (entries[index] === undefined) throw fail('no such rule');
      entries.splice(index, 1);
      break;
    }
    case '-I ':
      if (at < 1 || at > entries.length + 1) throw fail('no such place');
      entries.splice(at - 1, 0, { text, ours });
      break;
    default:
      entries.push({ text: rest, ours });
  }
}

function targetOf(text: string): string | undefined {
  return /(?:^| )-[jg] (\S+)$/.exec(text)?.[1];
}

function requireTarget(chains: Chains, text: string): void {
  const target = targetOf(text);
  const known = ['ACCEPT', 'DROP', 'RETURN', 'NOTRACK'].includes(target ?? '');
  if (target !== undefined && !known && !chains.has(target)) throw new Error(`${text}: no chain ${target}`);
}
