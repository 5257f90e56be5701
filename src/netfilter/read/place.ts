import type { Family } from '../family.ts';
import { BUILT_IN_CHAINS } from '../rule.ts';
import type { Edit } from './edit.ts';
import type { Origin } from './sections.ts';

/** What the text states, then what the caller says, then what an address shows, then what is assumed. */
export function familyOf(origin: Origin, forced: Family | undefined): Family {
  return origin.stated ?? forced ?? origin.listed ?? origin.assumed;
}

/** A table, and why it must be that one; no reason where the chains leave no other. */
export interface DeducedTable {
  readonly table: string;
  readonly reason: string;
}

// Which table a target can stand in alone (iptables-extensions(8)), and which one Istio uses for the others.
const TABLE_OF_TARGET: ReadonlyMap<string, string> = new Map([
  ['REDIRECT', 'nat'],
  ['DNAT', 'nat'],
  ['SNAT', 'nat'],
  ['MASQUERADE', 'nat'],
  ['TPROXY', 'mangle'],
  ['MARK', 'mangle'],
  ['CONNMARK', 'mangle'],
  ['CT', 'raw'],
  ['NOTRACK', 'raw'],
  ['REJECT', 'filter'],
]);

const ANY_BUILT_IN: ReadonlySet<string> = new Set(Object.values(BUILT_IN_CHAINS).flat());

// ISTIO_INBOUND and ISTIO_OUTPUT exist in nat as well as in mangle, and are far more often in nat.
const MANGLE_CHAINS = ['ISTIO_TPROXY', 'ISTIO_DIVERT', 'ISTIO_DROP'];

// Before Linux 2.6.34 nat had no INPUT.
const OLD_NAT = ['OUTPUT', 'POSTROUTING', 'PREROUTING'];

/**
 * The table that these rules are of. iptables -L and -S print the policies of all built-in chains, and
 * nat, mangle, raw and filter each have a different set of those (`security` has filter's, and hardly a user).
 * Where not all are shown, the targets tell; nat is only assumed for what looks like Istio's, and filter otherwise,
 * because filter is what iptables shows when nobody asks for a table.
 */
export function deduceTable(edits: readonly Edit[], announced: string | null): DeducedTable {
  const builtIn = builtInChains(edits);
  const exact = Object.entries(BUILT_IN_CHAINS).find(([table, chains]) => table !== 'security' && sameNames(builtIn.declared, chains));
  if (exact !== undefined) return { table: announced === 'security' && exact[0] === 'filter' ? 'security' : exact[0], reason: '' };
  if (sameNames(builtIn.declared, OLD_NAT)) return { table: 'nat', reason: '' };
  if (announced !== null && holds(announced, builtIn.named)) return { table: announced, reason: '' };
  for (const target of targetsOf(edits)) {
    const table = TABLE_OF_TARGET.get(target);
    if (table !== undefined && holds(table, builtIn.named)) return { table, reason: `a rule has the target ${target}` };
  }
  const chain = chainsOf(edits).find((name) => name.startsWith('ISTIO_'));
  const mangle = chainsOf(edits).find((name) => MANGLE_CHAINS.includes(name));
  if (mangle !== undefined && holds('mangle', builtIn.named)) return { table: 'mangle', reason: `there is a chain ${mangle}` };
  if (chain !== undefined && holds('nat', builtIn.named)) return { table: 'nat', reason: `there is a chain ${chain}` };
  const fits = ['filter', 'nat', 'mangle'].find((table) => holds(table, builtIn.named)) ?? 'mangle';
  return {
    table: fits,
    reason: builtIn.named.length === 0 ? 'iptables shows it when no table is asked for' : `it has the chain ${builtIn.named.join(', ')}`,
  };
}

function builtInChains(edits: readonly Edit[]): { readonly declared: readonly string[]; readonly named: readonly string[] } {
  const declared = edits.flatMap((edit) => (edit.kind === 'declare' && edit.policy !== '-' ? [edit.chain] : []));
  return { declared: [...new Set(declared)], named: [...new Set(chainsOf(edits))].filter((name) => ANY_BUILT_IN.has(name)) };
}

function chainsOf(edits: readonly Edit[]): readonly string[] {
  return edits.flatMap((edit) => (edit.chain === undefined ? [] : [edit.chain]));
}

function targetsOf(edits: readonly Edit[]): readonly string[] {
  return edits.flatMap((edit) => {
    if (edit.kind !== 'append' && edit.kind !== 'insert') return [];
    const { target } = edit.rule;
    return target.kind === 'opaque' ? [target.name] : [target.kind];
  });
}

function sameNames(names: readonly string[], others: readonly string[]): boolean {
  return names.length === others.length && others.every((name) => names.includes(name));
}

function holds(table: string, chains: readonly string[]): boolean {
  return chains.every((chain) => BUILT_IN_CHAINS[table]?.includes(chain) ?? true);
}
