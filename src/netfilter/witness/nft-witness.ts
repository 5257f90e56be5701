/** What iptables-nft-save printed, compared with what nft itself shows: a text can be forged by whoever names things in it, and leaves sets out. */

import type { Family } from '../family.ts';
import type { NftChain, NftRule, NftTable } from '../nft-listing.ts';
import type { Chain, Rule, Ruleset } from '../rule.ts';
import { isBuiltIn } from '../rule.ts';
import type { Unseen } from '../unseen.ts';
import { linesIn } from '../unseen.ts';

export interface Witnessed {
  /** The rules, each that asks more than the text shows with a match that nobody knows. */
  readonly ruleset: Ruleset;
  readonly unseen: readonly Unseen[];
  /** Chains of which the text shows other rules than nft: one of the two may be forged, or somebody changed them between. */
  readonly disputed: readonly string[];
}

/**
 * Compares chain by chain: how many rules, what each does, and that each asks no more than the text shows. The values
 * are the text's: nft does not show those of iptables' own matches. `unread` is what of the text could not be read. A chain in which the two disagree is not read.
 */
export function holdAgainst(ruleset: Ruleset, listed: readonly NftTable[], unread: readonly Unseen[]): Witnessed {
  const unseen: Unseen[] = [];
  const disputed: string[] = [];
  const lost = (table: string, chain: string): number =>
    linesIn(unread.filter((one) => one.family === ruleset.family && one.table === table && one.chain === chain));
  if (listed.length === 0) return { ruleset, unseen, disputed };
  const own = listed.filter(({ family }) => family === ruleset.family);
  const tables = ruleset.tables.map((table) => {
    const other = own.find(({ name }) => name === table.name);
    if (other !== undefined && other.chains === undefined) return table;
    const byName = new Map((other?.chains ?? []).map((chain) => [chain.name, chain]));
    const chains = table.chains.map((chain) =>
      heldChain(ruleset.family, table.name, chain, byName.get(chain.name), { unseen, disputed, lost: lost(table.name, chain.name) }),
    );
    for (const { name, rules } of byName.values())
      if (rules.length > 0 && !table.chains.some((chain) => chain.name === name))
        unseen.push({
          family: ruleset.family,
          table: table.name,
          chain: name,
          reason: 'nft shows rules in it that iptables-nft-save does not print',
        });
    return { ...table, chains };
  });
  return unseen.length === 0 ? { ruleset, unseen, disputed } : { ruleset: { ...ruleset, tables }, unseen, disputed };
}

function heldChain(
  family: Family,
  table: string,
  chain: Chain,
  other: NftChain | undefined,
  { unseen, disputed, lost }: { readonly unseen: Unseen[]; readonly disputed: string[]; readonly lost: number },
): Chain {
  const rules = other?.rules ?? [];
  const differs =
    (other === undefined && !(isBuiltIn(table, chain.name) && chain.rules.length === 0)) ||
    rules.length !== chain.rules.length + lost ||
    (lost === 0 && chain.rules.some((rule, index) => !agree(rule, rules[index] as NftRule)));
  if (differs) {
    disputed.push(`${family} ${table} ${chain.name}`);
    unseen.push({
      family,
      table,
      chain: chain.name,
      reason: `iptables-nft-save prints ${counted(chain.rules.length)} in it, and nft shows ${counted(rules.length)}${rules.length === chain.rules.length ? ' that do something else' : ''}: a name or a comment may look like rules`,
    });
    return chain;
  }
  if (lost > 0) return chain;
  const hidden = chain.rules.flatMap((rule, index) => (hides(rule, rules[index] as NftRule) ? [index] : []));
  if (hidden.length === 0) return chain;
  const numbers = hidden.map((index) => index + 1).join(', ');
  unseen.push({
    family,
    table,
    chain: chain.name,
    reason: `rule ${numbers} asks something that iptables-nft-save does not print, as a set of nft`,
  });
  return { ...chain, rules: chain.rules.map((rule, index) => (hidden.includes(index) ? doubtful(rule) : rule)) };
}

/** The kinds of matches that nft always shows as its own. */
const NATIVE: readonly string[] = ['source', 'destination', 'in-interface', 'out-interface'];

/** Whether both do the same, and the text asks nothing that nft does not. */
function agree({ matches, target }: Rule, { verdict, target: name, matched }: NftRule): boolean {
  if (matches.some(({ kind }) => NATIVE.includes(kind) && !matched.includes(kind))) return false;
  if (verdict !== 'other') return verdict === verdictOf(target);
  if (target.kind === 'verdict') return target.verdict === 'QUEUE';
  if (target.kind === 'jump' || target.kind === 'none') return false;
  return name === undefined || name === (target.kind === 'opaque' ? target.name : target.kind);
}

function verdictOf(target: Rule['target']): string {
  if (target.kind === 'verdict') return target.verdict.toLowerCase();
  if (target.kind === 'jump') return `${target.goto ? 'goto' : 'jump'} ${target.chain}`;
  return target.kind === 'none' ? '' : 'other';
}

const SAME_FIELD: Readonly<Record<string, readonly string[]>> = {
  'source-port': ['source-port', 'source-ports', 'either-ports'],
  'destination-port': ['destination-port', 'destination-ports', 'either-ports'],
  'conntrack-state': ['conntrack-state', 'state'],
};

/** Whether nft shows that the rule asks what the text does not show. A match that is not understood makes a rule unknown anyway. */
function hides({ matches }: Rule, { matched, matchesSet }: NftRule): boolean {
  if (matches.some(({ kind }) => kind === 'opaque')) return false;
  return matchesSet || matched.some((field) => !matches.some(({ kind }) => (SAME_FIELD[field] ?? [field]).includes(kind)));
}

// No text of iptables has it, so no command can name such a rule.
const NOT_PRINTED = { kind: 'opaque', text: '(a match that iptables-nft-save does not print)' } as const;

function doubtful(rule: Rule): Rule {
  return { ...rule, matches: [...rule.matches, NOT_PRINTED] };
}

/** Whether a rule asks what iptables can't print: it can neither have made it nor remove it. */
export function hasUnprintedMatch({ matches }: Rule): boolean {
  return matches.some((match) => match.kind === 'opaque' && match.text === NOT_PRINTED.text);
}

function counted(rules: number): string {
  return `${rules} rule${rules === 1 ? '' : 's'}`;
}
