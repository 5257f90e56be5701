/** Loose rules in the chains of everyone that a release may have left there. */

import { parseNetwork } from '../../../netfilter/address/network.ts';
import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import { printWholeRule } from '../../../netfilter/print.ts';
import { chainIn } from '../../../netfilter/rule.ts';
import type { Check, Found, Subject } from './subject.ts';
import { iptablesCommand, placeText } from './subject.ts';

export const looksLikeOurs: Check = (subject) => {
  const refusing = FAMILIES.filter((family) => refusesAll(subject, family));
  const refused = refusing.map((family): Found => {
    const where = placeText(family, 'filter', 'INPUT');
    return { code: 'ip6-refused', args: { where }, family, table: 'filter', chain: 'INPUT' };
  });
  return [...refused, ...loose(subject).filter(({ family, table }) => !(table === 'filter' && refusing.some((one) => one === family)))];
};

/** The three rules with which old releases refuse IPv6 in a pod that they take for one without it (istio#18956). */
function refusesAll({ seen, own, facts }: Subject, family: Family): boolean {
  const noIpv6 = facts?.addresses?.every((address) => parseNetwork(address)?.family !== 'ip6') ?? false;
  // In a pod that is known to have no IPv6 they are as they should be.
  if (family !== 'ip6' || own.ip6.size > 0 || noIpv6) return false;
  return chainIn(seen.ip6, 'filter', 'INPUT')?.rules.map(printWholeRule).join('; ') === REFUSING;
}

const REFUSING = '-m state --state ESTABLISHED -j ACCEPT; -d ::1/128 -i lo -j ACCEPT; -j REJECT --reject-with icmp6-port-unreachable';

const loose: Check = (subject) =>
  subject.ownership.warnings.flatMap(({ code, family, table, chain, rule }): readonly Found[] => {
    if (code !== 'looks-like-ours' || rule === undefined) return [];
    const args = {
      where: placeText(family, table, chain),
      rule,
      command: iptablesCommand(subject, family, table, `-D ${chain} ${rule}`),
    };
    return [{ code, args, family, table, chain, rule }];
  });
