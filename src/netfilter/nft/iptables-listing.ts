/** What `nft -s list ruleset` shows of rules that iptables-nft holds: nft 1.0.6 with iptables 1.8.9. */

import type { Network } from '../address/network.ts';
import { addressBits, printNetwork } from '../address/network.ts';
import type { Family } from '../family.ts';
import type { Masked, PortRange } from '../numbers.ts';
import { ALL_BITS, hex, printOwnerRange, rangeText } from '../numbers.ts';
import { baseOf } from '../rule/base-chains.ts';
import type { KnownMatch, Match } from '../rule/match.ts';
import type { Target } from '../rule/target.ts';
import type { Chain, Rule, Ruleset, Table } from '../rule.ts';
import { isBuiltIn } from '../rule.ts';
import { priorityText } from './ruleset.ts';
import { interfaceText } from './to-expressions.ts';

/** The listing, with two spaces for each of its tabs; lines of `annotate` stand before their rules. */
export function iptablesListing({ family, tables }: Ruleset, annotate: (rule: Rule) => readonly string[] = () => []): string {
  return tables
    .filter(({ nft }) => nft === undefined)
    .map((table) => tableText(family, table, annotate))
    .join('');
}

function tableText(family: Family, { name, chains }: Table, annotate: (rule: Rule) => readonly string[]): string {
  const own = chains.filter((chain) => !isBuiltIn(name, chain.name));
  // A built-in chain is made when its first rule comes.
  const met = chains.filter((chain) => isBuiltIn(name, chain.name) && chain.rules.length > 0);
  const blocks = [...own, ...met].map((chain) => chainText(family, name, chain, annotate));
  return `table ${family} ${name} {\n${blocks.join('\n')}}\n`;
}

function chainText(family: Family, table: string, { name, policy, rules }: Chain, annotate: (rule: Rule) => readonly string[]): string {
  const base = baseOf({ name: table }, { name });
  const head =
    base === undefined
      ? []
      : [`type ${base.type} hook ${base.hook} priority ${priorityText(base)}; policy ${policy === 'DROP' ? 'drop' : 'accept'};`];
  const lines = [...head, ...rules.flatMap((rule) => [...annotate(rule), ruleText(family, rule)])];
  return `  chain ${name} {\n${lines.map((line) => `    ${line}\n`).join('')}  }\n`;
}

function ruleText(family: Family, { matches, target }: Rule): string {
  const known = matches.filter((match): match is KnownMatch => match.kind !== 'opaque' && match.kind !== 'unknown');
  const of = (...kinds: readonly string[]): readonly KnownMatch[] => known.filter(({ kind }) => kinds.includes(kind));
  const ported = of('source-port', 'destination-port').length > 0;
  const header = ['in-interface', 'out-interface', 'protocol', 'source', 'destination'];
  const first = header.flatMap((kind) => of(kind)).filter(({ kind, negated }) => kind !== 'protocol' || negated || !ported);
  const rest = matches.filter(({ kind }) => !header.includes(kind));
  return [...[...first, ...rest].map((match) => matchText(family, match, known)), 'counter', ...targetText(target)].join(' ').trimEnd();
}

function matchText(family: Family, match: Match, all: readonly KnownMatch[]): string {
  if (match.kind === 'opaque') return match.text === '-m tcp' ? '' : `xt match ${match.text.replace(/^-m (\S+).*$/, '$1')}`;
  if (match.kind === 'unknown') return '';
  const not = match.negated ? '!= ' : '';
  const protocol = all.find(({ kind }) => kind === 'protocol');
  const name = protocol?.kind === 'protocol' ? protocol.value : 'th';
  switch (match.kind) {
    case 'in-interface':
      return `iifname ${not}"${interfaceText(match.value)}"`;
    case 'out-interface':
      return `oifname ${not}"${interfaceText(match.value)}"`;
    case 'protocol':
      return `meta l4proto ${not}${match.value}`;
    case 'source':
      return `${family} saddr ${not}${networkText(match.value)}`;
    case 'destination':
      return `${family} daddr ${not}${networkText(match.value)}`;
    case 'source-port':
      return `${name} sport ${not}${portText(match.value)}`;
    case 'destination-port':
      return `${name} dport ${not}${portText(match.value)}`;
    case 'source-ports':
      return `${name} sport ${not}${setText(match.value)}`;
    case 'destination-ports':
      return `${name} dport ${not}${setText(match.value)}`;
    case 'uid-owner':
      return `skuid ${not}${printOwnerRange(match.value)}`;
    case 'gid-owner':
      return `skgid ${not}${printOwnerRange(match.value)}`;
    case 'conntrack-state':
    case 'state':
      return `ct state ${not}${match.value.join(',').toLowerCase()}`;
    case 'mark':
      return markText(match.value, match.negated);
    case 'connmark':
      return connmarkText(match.value, match.negated);
    default:
      return `xt match ${match.kind}`;
  }
}

function networkText(network: Network): string {
  return network.prefix === addressBits(network.family) ? network.address : printNetwork(network);
}

function portText(range: PortRange): string {
  return 'service' in range ? range.service : rangeText(range, '-');
}

function setText(ranges: readonly PortRange[]): string {
  const [only, ...others] = ranges;
  return only !== undefined && others.length === 0 ? portText(only) : `{ ${ranges.map(portText).join(', ')} }`;
}

function padded(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

function markText({ value, mask }: Masked, negated: boolean): string {
  if (mask === ALL_BITS) return `meta mark ${negated ? '!= ' : ''}${padded(value)}`;
  return `meta mark & ${padded(mask)} ${negated ? '!=' : '=='} ${padded(value)}`;
}

function connmarkText({ value, mask }: Masked, negated: boolean): string {
  if (mask === ALL_BITS) return `ct mark ${negated ? '!= ' : ''}${hex(value)}`;
  return `ct mark and ${hex(mask)} ${negated ? '!=' : '=='} ${hex(value)}`;
}

function targetText(target: Target): readonly string[] {
  switch (target.kind) {
    case 'none':
      return [];
    case 'verdict':
      return [target.verdict.toLowerCase()];
    case 'jump':
      return [`${target.goto ? 'goto' : 'jump'} ${target.chain}`];
    case 'REDIRECT':
      return ['any' in target.value ? 'redirect' : `redirect to :${portText(target.value)}`];
    case 'MARK':
      return [target.value.mask === ALL_BITS ? `meta mark set ${hex(target.value.value)}` : 'xt target MARK'];
    case 'CONNMARK': {
      const { value } = target;
      if (value.action !== 'set') return [value.action === 'save' ? 'ct mark set mark' : 'meta mark set ct mark'];
      if (value.mask === ALL_BITS) return [`ct mark set ${hex(value.value)}`];
      return [`ct mark set ct mark xor ${hex(value.value)} and ${hex((~value.mask & ALL_BITS) >>> 0)}`];
    }
    case 'REJECT':
      return [target.value.with.endsWith('port-unreachable') ? 'reject' : 'xt target REJECT'];
    case 'SNAT':
      return [`snat to ${target.value.to}`];
    case 'DNAT':
      return [`dnat to ${target.value.to}`];
    case 'opaque':
      return [`xt target ${target.name}`];
    default:
      return [`xt target ${target.kind}`];
  }
}
