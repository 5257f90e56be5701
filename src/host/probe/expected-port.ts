/** Where the rules of a plan send a call that this machine makes: what a probe has to find. */

import type { Network } from '../../netfilter/address/network.ts';
import { parseNetwork } from '../../netfilter/address/network.ts';
import type { OwnerRange, PortRange } from '../../netfilter/numbers.ts';
import type { Match } from '../../netfilter/rule/match.ts';
import type { Chain, Rule, Ruleset, Table } from '../../netfilter/rule.ts';

/** A TCP connection to be made. */
export interface Call {
  readonly to: string;
  readonly port: number;
  /** The source, where it is chosen by the caller. */
  readonly from: string | undefined;
  /** Whether it stays on the loopback interface. */
  readonly onLoopback: boolean;
  readonly uid: number;
  readonly gid: number;
}

/** The port to which nat OUTPUT redirects a call; undefined where it lets the call through. */
export function expectedPort(ruleset: Ruleset, call: Call): number | undefined {
  const [found] = ruleset.tables.flatMap((table) =>
    table.chains.filter((chain) => isNatOutput(table, chain)).map(({ name }) => ({ table, name })),
  );
  const end = found === undefined ? undefined : walk(found.table, found.name, call);
  return typeof end === 'number' ? end : undefined;
}

/** The chain of iptables, or one of nft's own that hangs where it does. */
function isNatOutput({ name, nft }: Table, chain: Chain): boolean {
  if (nft === undefined) return name === 'nat' && chain.name === 'OUTPUT';
  return chain.base?.type === 'nat' && chain.base.hook === 'output';
}

/** A port, `through` where a rule accepts for good, or undefined at the end of the chain. */
function walk(table: Table, chain: string, call: Call): number | 'through' | undefined {
  for (const { matches, target } of rulesOf(table, chain)) {
    if (!matches.every((match) => holds(match, call))) continue;
    if (target.kind === 'REDIRECT') return 'first' in target.value ? target.value.first : call.port;
    if (target.kind === 'verdict') return target.verdict === 'RETURN' ? undefined : 'through';
    if (target.kind !== 'jump') continue;
    const end = walk(table, target.chain, call);
    if (end !== undefined || target.goto) return end;
  }
  return undefined;
}

function rulesOf(table: Table, chain: string): readonly Rule[] {
  return table.chains.find(({ name }) => name === chain)?.rules ?? [];
}

/** What plans do not hold in these chains is taken not to match. */
function holds(match: Match, call: Call): boolean {
  if (match.kind === 'opaque' || match.kind === 'unknown') return false;
  if (match.kind === 'comment') return true;
  const answer = answers(match, call);
  return answer !== undefined && answer !== match.negated;
}

function answers(match: Match, call: Call): boolean | undefined {
  switch (match.kind) {
    case 'source':
      return call.from === undefined ? false : isIn(call.from, match.value);
    case 'destination':
      return isIn(call.to, match.value);
    case 'out-interface':
      return (match.value === 'lo') === call.onLoopback;
    case 'protocol':
      return match.value === 'tcp';
    case 'destination-port':
      return isAmong(call.port, [match.value]);
    case 'destination-ports':
      return isAmong(call.port, match.value);
    case 'uid-owner':
      return isAmong(call.uid, [match.value]);
    case 'gid-owner':
      return isAmong(call.gid, [match.value]);
    default:
      return undefined;
  }
}

function isIn(address: string, { address: network, prefix }: Network): boolean {
  return parseNetwork(`${address}/${prefix}`)?.address === network;
}

function isAmong(number: number, ranges: readonly (PortRange | OwnerRange)[]): boolean {
  return ranges.some((range) => 'first' in range && range.first <= number && number <= range.last);
}
