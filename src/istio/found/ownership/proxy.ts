/** Who the proxy is and which DNS is captured, as a state tells. */

import type { Network } from '../../../netfilter/address/network.ts';
import { addressBits, printNetwork } from '../../../netfilter/address/network.ts';
import type { OwnerRange, PortRange } from '../../../netfilter/numbers.ts';
import { printOwnerRange } from '../../../netfilter/numbers.ts';
import type { Rule } from '../../../netfilter/rule.ts';
import type { SettingValues } from '../../settings/settings.ts';
import type { Find } from './rule-values.ts';
import { distinct, isPort, isReturn, jumpsTo, matchesOf, matchValue } from './rule-values.ts';

/** Who the proxy is, and which DNS is captured. */
export interface OwnersAndDns extends Owners, Dns {
  readonly fromChains: boolean;
}

interface Owners {
  readonly uids: readonly OwnerRange[];
  readonly gids: readonly OwnerRange[];
  /** Groups that are left out: in a loose rule they look like groups of the proxy, and are read as such. */
  readonly excluded: readonly OwnerRange[];
}

interface Dns {
  readonly servers: readonly Network[];
  readonly capture: SettingValues['dns.capture'];
}

/** As the chains of ours say, as far as they do; and as the loose rules of each table do. */
export function sourcesOf(find: Find, both: Find): readonly OwnersAndDns[] {
  const natChains = both('nat', 'ISTIO_OUTPUT', 'ISTIO_OUTPUT_DNS', 'ISTIO_REDIRECT');
  const nat = dnsIn([...natChains, ...both('nat', 'OUTPUT')]);
  const raw = dnsIn(both('raw', 'PREROUTING', 'OUTPUT', 'ISTIO_OUTPUT', 'ISTIO_OUTPUT_DNS', 'ISTIO_INBOUND'));
  const chains = dnsIn(natChains);
  const dns = distinct([chains.capture === 'off' ? chains : { ...nat, capture: chains.capture }, nat, raw]);
  const certain = ownersInChains(find);
  const loose = ['nat', 'mangle', 'raw'].map((table) => ownersIn(find(table, 'OUTPUT')));
  const owners = distinct([certain, ...loose].filter(({ uids, gids }) => uids.length + gids.length > 0));
  return (owners.length > 0 ? owners : [USUAL_OWNERS]).flatMap((who) =>
    dns.map((what) => ({ ...who, ...what, fromChains: who === certain })),
  );
}

const USUAL_OWNERS: Owners = { uids: [{ first: 1337, last: 1337 }], gids: [{ first: 1337, last: 1337 }], excluded: [] };

/** Since the owners have three rules each, one of them is unlike those of other groups. */
function ownersInChains(find: Find): Owners {
  const output = find('nat', 'ISTIO_OUTPUT');
  const called = ownersIn(output.filter((rule) => jumpsTo(rule, 'ISTIO_IN_REDIRECT')));
  const returned = ownersIn(output.filter((rule) => isReturn(rule) && rule.matches.length === 1));
  if (called.uids.length + called.gids.length === 0) return returned;
  const known = new Set(called.gids.map(printOwnerRange));
  return { ...called, excluded: returned.gids.filter((group) => !known.has(printOwnerRange(group))) };
}

function ownersIn(rules: readonly Rule[]): Owners {
  const ids = (kind: 'uid-owner' | 'gid-owner'): readonly OwnerRange[] => {
    const found = rules.flatMap((rule) => matchValue(rule, kind) ?? []);
    return [...new Map(found.map((range) => [printOwnerRange(range), range])).values()];
  };
  return { uids: ids('uid-owner'), gids: ids('gid-owner'), excluded: [] };
}

/** The DNS that is captured by rules that redirect it, or set its zones; or that the proxy's own calls leave out. */
function dnsIn(rules: readonly Rule[]): Dns {
  const captured = rules.filter((rule) => ['REDIRECT', 'DNAT', 'CT'].includes(rule.target.kind) && matchesDns(rule));
  const forAnyone = captured.filter((rule) => matchValue(rule, 'uid-owner') === undefined && matchValue(rule, 'gid-owner') === undefined);
  const addresses = forAnyone
    .flatMap((rule) => matchValue(rule, 'destination') ?? matchValue(rule, 'source') ?? [])
    .filter(({ family, prefix }) => prefix === addressBits(family));
  const servers = [...new Map(addresses.map((address) => [printNetwork(address), address])).values()];
  const all = forAnyone.some((rule) => matchValue(rule, 'destination') === undefined && matchValue(rule, 'source') === undefined);
  const on = captured.length > 0 || rules.some((rule) => jumpsTo(rule, 'ISTIO_IN_REDIRECT') && leavesDnsOut(rule));
  return { servers, capture: all ? 'all' : on ? 'servers' : 'off' };
}

function matchesDns(rule: Rule): boolean {
  return isPort(matchValue(rule, 'destination-port'), 53) || isPort(matchValue(rule, 'source-port'), 53);
}

function leavesDnsOut(rule: Rule): boolean {
  return matchesOf(rule).some(({ kind, negated, value }) => {
    if (kind === 'destination-port') return negated && isPort(value as PortRange, 53);
    return kind === 'destination-ports' && negated && (value as readonly PortRange[]).some((range) => isPort(range, 53));
  });
}
