/**
 * What the kernel itself tells of nft's tables: the same that nft would list, where they hold only what iptables puts into them.
 * Of anything else nothing is said, and nft has to be asked. Three parts, each line of which begins with the number of a family
 * and the name of a table; `-` stands for what is not there. The numbers are those of linux/netfilter/nf_tables.h.
 *
 *     2 nat 0                                          a table: its flags
 *
 *     2 nat OUTPUT 1 3 -100 nat 1                      a chain: flags, hook, priority, type, policy
 *
 *     2 nat OUTPUT meta=16,- cmp immediate=-3,X        a rule: its chain and its expressions, with what they ask or do
 */

import type { NftChain, NftRule, NftTable } from '../nft-listing.ts';
import { TABLES } from '../rule.ts';

type Family = 'ip' | 'ip6';
type Draft<T> = { -readonly [K in keyof T]: T[K] };
type DraftChain = NftChain & { readonly rules: NftRule[] };

/** Every table of every family; undefined where the kernel tells of something that iptables does not make. Never throws. */
export function readNetlinkListing(text: string): readonly NftTable[] | undefined {
  const [tables = '', chains = '', rules = ''] = text.split('\n\n');
  const read: (NftTable & { readonly chains: DraftChain[] })[] = [];
  const found = new Map<string, DraftChain>();
  for (const [number, name = '', flags] of wordsOf(tables)) {
    const family = familyOf(number);
    if (family === undefined || !TABLES.includes(name) || (flags !== '0' && flags !== '-')) return undefined;
    read.push({ family, name, chains: [] });
  }
  for (const [number, table = '', ...rest] of wordsOf(chains)) {
    const chain = chainOf(rest);
    const of = read.find(({ family, name }) => family === familyOf(number) && name === table);
    if (chain === undefined || of === undefined) return undefined;
    of.chains.push(chain);
    found.set(`${number} ${table} ${chain.name}`, chain);
  }
  for (const [number, table, chain, ...expressions] of wordsOf(rules)) {
    const rule = ruleOf(expressions, familyOf(number) ?? 'ip');
    const of = found.get(`${number} ${table} ${chain}`);
    if (rule === undefined || of === undefined) return undefined;
    of.rules.push(rule);
  }
  return read;
}

function wordsOf(part: string): readonly (readonly string[])[] {
  const lines = part.trimEnd();
  return lines === '' ? [] : lines.split('\n').map((line) => line.split(' '));
}

function familyOf(number: string | undefined): Family | undefined {
  return number === '2' ? 'ip' : number === '10' ? 'ip6' : undefined;
}

const HOOKS: readonly string[] = ['prerouting', 'input', 'forward', 'output', 'postrouting'];
const POLICIES: readonly string[] = ['drop', 'accept'];
// NFT_CHAIN_BASE alone, or nothing.
const FLAGS: readonly string[] = ['-', '0', '1'];

function chainOf([name = '', flags = '', hook = '', priority = '', type = '', policy = '']: readonly string[]): DraftChain | undefined {
  if (!FLAGS.includes(flags)) return undefined;
  if (hook === '-') return { name, rules: [] };
  const [hookName, policyName] = [HOOKS[Number(hook)], POLICIES[Number(policy)]];
  if (hookName === undefined || policyName === undefined) return undefined;
  return { name, hook: hookName, type, priority: Number(priority), policy: policyName, rules: [] };
}

// What asks nothing of its own: what a field is compared with is not looked at, and a match of an extension nft shows by its name alone.
const SILENT: readonly string[] = ['cmp', 'range', 'bitwise', 'counter', 'match'];

function ruleOf(expressions: readonly string[], family: Family): NftRule | undefined {
  const matches: string[] = [];
  const rule: Draft<NftRule> = { verdict: '', matched: matches, matchesSet: false };
  for (const expression of expressions) {
    if (SILENT.includes(expression)) continue;
    // Nothing stands behind a verdict that iptables makes.
    if (rule.verdict !== '') return undefined;
    const at = expression.indexOf('=');
    const [name, value] = [expression.slice(0, at), expression.slice(at + 1)];
    const field = name === 'meta' ? META[value] : name === 'payload' ? payloadField(value, family) : undefined;
    if (field !== undefined) matches.push(field);
    else if (name === 'target') {
      rule.verdict = 'other';
      rule.target = value;
    } else {
      const verdict = name === 'immediate' ? verdictOf(value) : undefined;
      if (verdict === undefined) return undefined;
      rule.verdict = verdict;
    }
  }
  return rule;
}

/** Keys of `meta`, none of which is set to anything. */
const META: Readonly<Record<string, string>> = {
  '3,-': 'mark',
  '4,-': 'in-interface',
  '5,-': 'out-interface',
  '6,-': 'in-interface',
  '7,-': 'out-interface',
  '10,-': 'uid-owner',
  '11,-': 'gid-owner',
  '16,-': 'protocol',
};

type Fields = Readonly<Record<string, readonly [most: number, field: string]>>;

const PORTS: Fields = { '2,0': [2, 'source-port'], '2,2': [2, 'destination-port'] };

/** Fields by header and offset, with the most bytes that are asked of it: of an address, a network with a short prefix has fewer. */
const PAYLOAD: Readonly<Record<Family, Fields>> = {
  ip: { ...PORTS, '1,9': [1, 'protocol'], '1,12': [4, 'source'], '1,16': [4, 'destination'] },
  ip6: { ...PORTS, '1,6': [1, 'protocol'], '1,8': [16, 'source'], '1,24': [16, 'destination'] },
};

function payloadField(value: string, family: Family): string | undefined {
  const [base, offset, length, written] = value.split(',');
  const [most = 0, field] = PAYLOAD[family][`${base},${offset}`] ?? [];
  return Number(length) <= most && written === '-' ? field : undefined;
}

const VERDICTS: Readonly<Record<string, string>> = { '0,-': 'drop', '1,-': 'accept', '-5,-': 'return' };
const JUMPS: Readonly<Record<string, string>> = { '-3': 'jump', '-4': 'goto' };

function verdictOf(value: string): string | undefined {
  const at = value.indexOf(',');
  const jump = JUMPS[value.slice(0, at)];
  return jump === undefined ? VERDICTS[value] : `${jump} ${value.slice(at + 1)}`;
}
