/** Traffic that goes past the rules: IPv6, and DNS. */

import { parseNetwork } from '../../../netfilter/address/network.ts';
import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import type { KnownMatch } from '../../../netfilter/rule/match.ts';
import type { Rule } from '../../../netfilter/rule.ts';
import { isPort, matchesOf } from '../../found/ownership/rule-values.ts';
import type { Check, Subject } from './subject.ts';
import { builtInChains, hasSidecar, leadsTo, tablesOf } from './subject.ts';

const DNS = 53;

/** An address of IPv6 without rules for it, and the other way round. */
export const bothFamilies: Check = (subject) => {
  const { facts, seen } = subject;
  if (facts?.addresses === undefined || seen.seen.ip6 !== 'all') return [];
  const address = facts.addresses.find((text) => parseNetwork(text)?.family === 'ip6' && !/^fe[89ab]/i.test(text));
  if (address !== undefined && captures(subject, 'ip') && !captures(subject, 'ip6'))
    return [{ code: 'ip6-not-captured', args: { address: shortened(address) }, family: 'ip6' }];
  const needless = address === undefined && captures(subject, 'ip6');
  return needless ? [{ code: 'ip6-rules-unneeded', args: {}, family: 'ip6' }] : [];
};

/** Whether packets of a family are led to chains of ours. */
function captures({ seen, own }: Subject, family: Family): boolean {
  return seen[family].tables.some((table) =>
    builtInChains(table).some(({ rules }) => rules.some((rule) => leadsTo(own[family].get(table.name), rule))),
  );
}

function shortened(text: string): string {
  const [bare = ''] = text.split('/');
  return parseNetwork(bare)?.address ?? text;
}

/** Exceptions and zones for DNS without a rule, in either family, that captures any. */
export const dnsCapture: Check = (subject) => {
  const sidecar = FAMILIES.some((family) => hasSidecar(subject, family));
  if (!sidecar || subject.seen.seen.ip !== 'all') return [];
  const rules = tablesOf(subject).flatMap(({ table }) =>
    table.chains.flatMap((chain) => chain.rules.map((rule) => ({ table: table.name, rule }))),
  );
  const prepared = rules.some(({ table, rule }) => (table === 'raw' ? rule.target.kind === 'CT' : table === 'nat' && isException(rule)));
  const captured = rules.some(({ table, rule }) => table === 'nat' && toDns(rule) && ['REDIRECT', 'DNAT'].includes(rule.target.kind));
  return prepared && !captured ? [{ code: 'dns-not-captured', args: {} }] : [];
};

/** Captured nameservers none of which the pod asks. */
export const nameservers: Check = ({ facts, seen, option }) => {
  const podServers = facts?.nameservers ?? [];
  const captured = [
    ...new Set(
      tablesOf({ seen }).flatMap(({ table }) =>
        table.name === 'nat'
          ? table.chains.flatMap(({ rules }) => rules.filter((rule) => toDns(rule) && rule.target.kind === 'REDIRECT').map(destinationOf))
          : [],
      ),
    ),
  ];
  const fits = captured.some((address) => address === undefined || podServers.includes(address));
  if (podServers.length === 0 || captured.length === 0 || fits) return [];
  return [{ code: 'other-nameservers', args: { captured: captured.join(', '), asked: podServers.join(', '), option } }];
};

function destinationOf(rule: Rule): string | undefined {
  return matchesOf(rule).flatMap((match) => (match.kind === 'destination' ? [match.value.address] : []))[0];
}

/** What the agent itself asks is let through. */
function isException(rule: Rule): boolean {
  const byOwner = matchesOf(rule).some(({ kind }) => kind === 'uid-owner' || kind === 'gid-owner');
  return byOwner && toDns(rule) && rule.target.kind === 'verdict' && rule.target.verdict === 'RETURN';
}

function toDns(rule: Rule): boolean {
  return matchesOf(rule).some((match: KnownMatch) => match.kind === 'destination-port' && !match.negated && isPort(match.value, DNS));
}
