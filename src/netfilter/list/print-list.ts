/** Tables as `iptables -L -n -v` (1.8.9) prints them. */

import { everywhere, listNetwork } from '../address/network.ts';
import type { Family } from '../family.ts';
import type { Annotate } from '../print.ts';
import { iptables } from '../print.ts';
import { protocolNumber } from '../protocols.ts';
import type { Match } from '../rule/match.ts';
import { inKernelOrder, iptablesTables } from '../rule/normal.ts';
import type { Chain, Counters, Rule, Ruleset, Table } from '../rule.ts';
import { BUILT_IN_CHAINS, isBuiltIn } from '../rule.ts';
import { FRAGMENTS, matchWords, OPAQUE_COLUMN, targetName, targetWords } from './words.ts';

const COLUMNS = ' pkts bytes target     prot opt in     out     source               destination         ';

/**
 * Every table that holds something, as `iptables -L -n -v` prints it, behind the command that prints it
 * (a listing does not name its table). Counters are 0 where they are not known; interfaces that are not
 * known are `?`.
 */
export function printList(ruleset: Ruleset, annotate?: Annotate): string {
  return iptablesTables(ruleset)
    .map(({ name }) => `# ${iptables(ruleset.family)} -t ${name} -L -n -v\n${printTableList(ruleset, name, annotate)}`)
    .join('\n');
}

/** What `iptables -t TABLE -L -n -v` prints, byte for byte; built-in chains that the ruleset does not mention are empty. */
export function printTableList(ruleset: Ruleset, tableName: string, annotate: Annotate = () => []): string {
  const table = ruleset.tables.find(({ name }) => name === tableName) ?? { name: tableName, chains: [] };
  const references = new Map<string, number>();
  for (const { target } of table.chains.flatMap(({ rules }) => rules)) {
    if (target.kind === 'jump') references.set(target.chain, (references.get(target.chain) ?? 0) + 1);
  }
  return inOrder(table)
    .map((chain) => {
      const standing = isBuiltIn(tableName, chain.name) ? policy(chain) : `${references.get(chain.name) ?? 0} references`;
      const rows = chain.rules.flatMap((rule) => [...annotate(rule), printRow(rule, ruleset.family)]);
      return [`Chain ${chain.name} (${standing})`, COLUMNS, ...rows, ''].join('\n');
    })
    .join('\n');
}

// The order of the normal form, which drops the counters and comments that a listing shows.
function inOrder(table: Table): readonly Chain[] {
  const empty = (name: string): Chain => ({ name, policy: 'ACCEPT', rules: [] });
  const builtIn = (BUILT_IN_CHAINS[table.name] ?? []).map((name) => table.chains.find((chain) => chain.name === name) ?? empty(name));
  const own = table.chains.filter((chain) => !isBuiltIn(table.name, chain.name));
  return [...builtIn, ...own.sort((a, b) => (a.name < b.name ? -1 : 1))];
}

function policy({ policy: given, counters }: Chain): string {
  const verdict = given === 'unknown' || given === '-' ? 'ACCEPT' : given;
  return `policy ${verdict} ${printCount(counters?.packets)} packets, ${printCount(counters?.bytes)} bytes`;
}

function printRow(rule: Rule, family: Family): string {
  const matches = inKernelOrder(rule.matches);
  const goto = rule.target.kind === 'jump' && rule.target.goto ? '[goto] ' : '';
  const words = [...matchWords(matches), targetWords(rule.target)].filter((text) => text !== '');
  return [
    counterColumns(rule.counters),
    `${targetName(rule.target).padEnd(9)} `,
    protocolColumn(matches),
    fragmentColumn(matches),
    interfaceColumn(matches, 'in-interface'),
    interfaceColumn(matches, 'out-interface'),
    addressColumn(matches, 'source', '-s', family),
    addressColumn(matches, 'destination', '-d', family),
    goto,
    ...words.map((text) => ` ${text}`),
  ].join('');
}

function counterColumns(counters: Counters | undefined): string {
  return `${printCount(counters?.packets).padStart(5)} ${printCount(counters?.bytes).padStart(5)} `;
}

// As xtables_print_num does: five digits at most, then thousands, rounded up from a half.
function printCount(number: bigint | undefined): string {
  let count = number ?? 0n;
  if (count <= 99999n) return `${count}`;
  for (const unit of ['K', 'M', 'G']) {
    count = (count + 500n) / 1000n;
    if (count <= 9999n) return `${count}${unit}`;
  }
  return `${(count + 500n) / 1000n}T`;
}

/** A column that a sign stands before. */
function signed(negated: boolean, text: string, width: number): string {
  return `${negated ? '!' : ' '}${text.padEnd(width)} `;
}

function protocolColumn(matches: readonly Match[]): string {
  const found = matches.find((match) => match.kind === 'protocol');
  return found === undefined ? signed(false, '0', 4) : signed(found.negated, `${protocolNumber(found.value) ?? found.value}`, 4);
}

function fragmentColumn(matches: readonly Match[]): string {
  const found = matches.find((match) => match.kind === 'opaque' && FRAGMENTS.test(match.text));
  return found === undefined ? '--  ' : found.kind === 'opaque' && found.text.startsWith('!') ? '!f  ' : '-f  ';
}

function interfaceColumn(matches: readonly Match[], kind: 'in-interface' | 'out-interface'): string {
  const found = matches.find((match) => match.kind === kind);
  const unknown = matches.some((match) => match.kind === 'unknown');
  const text = found === undefined || found.kind !== kind ? (unknown ? '?' : '*') : `${found.negated ? '!' : ''}${found.value}`;
  return `${text.padEnd(6)} `;
}

function addressColumn(matches: readonly Match[], kind: 'source' | 'destination', option: string, family: Family): string {
  for (const match of matches) {
    if (match.kind === kind) return signed(match.negated, listNetwork(match.value), 19);
    const [, negated, of, name] = (match.kind === 'opaque' && OPAQUE_COLUMN.exec(match.text)) || [];
    if (of === option && name !== undefined) return signed(negated !== undefined, name, 19);
  }
  return signed(false, listNetwork(everywhere(family)), 19);
}
