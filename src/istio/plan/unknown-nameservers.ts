/** Plans of settings whose rules name the pod's nameservers, where nobody knows these. */

import { printMatch } from '../../netfilter/print.ts';
import type { KnownMatch, Match } from '../../netfilter/rule/match.ts';
import type { Rule } from '../../netfilter/rule.ts';
import type { Problem } from '../problems.ts';
import { ProblemError } from '../problems.ts';
import type { Facts } from '../settings/facts.ts';
import type { CapturePlan } from './plan.ts';

/** They are never shown; the addresses are those for documents (RFC 5737, RFC 3849). */
const SERVERS = ['192.0.2.53', '2001:db8::53'];

/** What rules say instead of an address. */
const NAMELESS = 'NAMESERVER';

export interface Made<P> {
  readonly plan: P;
  /** What the plan was made with. */
  readonly facts: Facts;
  /** Why a stand-in is among the facts. */
  readonly missing?: readonly Problem[];
}

/** Makes a plan; where nothing but the nameservers is missing, with a stand-in for them. Throws what `make` throws else. */
export function withPlaceholder<P extends CapturePlan | undefined>(facts: Facts, make: (facts: Facts) => P): Made<P> {
  try {
    return { plan: make(facts), facts };
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problems.some(({ code }) => code !== 'servers-unknown')) throw error;
    const known = { ...facts, nameservers: SERVERS };
    return { plan: make(known), facts: known, missing: error.problems };
  }
}

/** Makes a plan to follow packets through: where the nameservers are missing, whether one goes to them is what nobody can tell, and all else is known. */
export function withUnknownServers<P extends CapturePlan | undefined>(facts: Facts, make: (facts: Facts) => P): P {
  const { plan, missing } = withPlaceholder(facts, make);
  return plan === undefined || missing === undefined ? plan : blurred(plan, missing);
}

/** A plan that was made with the stand-in, without it. */
export function blurred<P extends CapturePlan>(plan: P, missing: readonly Problem[]): P {
  const { ip, ip6, nft } = plan;
  return {
    ...plan,
    ip: { ...ip, tables: ip.tables.map(unknownIn) },
    ip6: { ...ip6, tables: ip6.tables.map(unknownIn) },
    ...(nft && { nft: { ...nft, tables: nft.tables.map(unknownIn) } }),
    missing,
  };
}

/** Whether a text names the stand-in: in the words of iptables or of nft, which writes one address without its length. */
export function namesPlaceholder(text: string): boolean {
  return text.split(' ').some((word) => SERVERS.includes(word.replace(/\/\d+$/, '')));
}

function unknownIn<
  R extends Pick<Rule, 'matches' | 'id' | 'because'>,
  T extends { readonly chains: readonly { readonly rules: readonly R[] }[] },
>(table: T): T {
  const chains = table.chains.map((chain) => ({
    ...chain,
    rules: chain.rules.map((rule) => (rule.matches.some(isServer) ? withoutServer(rule) : rule)),
  }));
  return { ...table, chains };
}

function withoutServer<R extends Pick<Rule, 'matches' | 'id' | 'because'>>(rule: R): R {
  const { matches, id, because } = rule;
  return {
    ...rule,
    matches: matches.map(unknownServer),
    ...(id !== undefined && { id: withoutNames(id) }),
    ...(because && { because: { ...because, text: withoutNames(because.text) } }),
  };
}

function withoutNames(text: string): string {
  return SERVERS.reduce((rest, server) => rest.replaceAll(server, NAMELESS), text);
}

function isServer(match: Match): match is KnownMatch {
  return (match.kind === 'source' || match.kind === 'destination') && namesPlaceholder(printMatch(match));
}

function unknownServer(match: Match): Match {
  return isServer(match) ? { kind: 'opaque', text: printMatch(match).replace(/\S+$/, NAMELESS) } : match;
}
