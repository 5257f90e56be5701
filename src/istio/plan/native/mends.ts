/** What an applied native plan does better than the real program's, whose text fails or captures more than it was asked to. */

import { parseNetwork } from '../../../netfilter/address/network.ts';
import type { NftChain, NftRule, NftRuleset } from '../../../netfilter/nft/ruleset.ts';
import type { Origin } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { problem, quoted } from '../../problems.ts';
import type { Facts } from '../../settings/facts.ts';
import { RETURN } from '../rules/parts.ts';

/** The nameservers that rules can name, and a warning for each that is left out: a scoped one, or one of a family that is off. */
export function usableServers(
  { nameservers }: Facts,
  has6: boolean,
  source: Origin,
): { readonly nameservers?: readonly string[]; readonly left: readonly Problem[] } {
  if (nameservers === undefined) return { left: [] };
  const whyNot = (server: string): string | undefined => {
    if (server.includes('%')) return 'nft takes no zone in an address';
    // IPv4 is never off: tables of both families always have its rules.
    return !has6 && parseNetwork(server)?.family === 'ip6' ? 'IPv6 is off' : undefined;
  };
  const left = nameservers.flatMap((server) => {
    const reason = whyNot(server);
    return reason === undefined ? [] : [problem('native-server-left', source, { value: quoted(server), reason })];
  });
  return { nameservers: nameservers.filter((server) => whyNot(server) === undefined), left };
}

/** Whether a pod has IPv6 addresses besides those of its links. */
export function hasIp6Address({ addresses = [] }: Facts): boolean {
  return addresses.some((address) => {
    const network = parseNetwork(address);
    return network?.family === 'ip6' && network.address !== '::1' && !/^fe[89ab]/.test(network.address);
  });
}

const IP6: NftRule['matches'][number] = { kind: 'opaque', text: 'meta nfproto ipv6' };

/** The rule that each base chain then begins with. */
function passingRule(counted: boolean): NftRule {
  return {
    matches: [IP6],
    target: RETURN,
    counted,
    thought: { nth: Number.MAX_SAFE_INTEGER, index: 0 },
    because: { text: 'IPv6 is off: a table of both families leaves it alone.', settings: ['dualStack'] },
  };
}

/** The tables with IPv6 let through, whatever rules without an address would make of it. */
export function lettingIp6Pass({ tables }: NftRuleset, counted: boolean): NftRuleset {
  const chainOf = (chain: NftChain): NftChain =>
    chain.base === undefined ? chain : { ...chain, rules: [passingRule(counted), ...chain.rules] };
  return { tables: tables.map((table) => ({ ...table, chains: table.chains.map(chainOf) })) };
}
