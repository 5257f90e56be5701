/** Plans of settings whose rules name the pod's nameservers, where these are not known. */

import type { Explanation } from '../../istio/advice/explain.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import type { Problem } from '../../istio/problems.ts';
import { ProblemError, problemText } from '../../istio/problems.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import type { KnownMatch, Match } from '../../netfilter/match.ts';
import { printMatch } from '../../netfilter/print.ts';
import type { Rule } from '../../netfilter/rule.ts';
import type { PlanInput } from './input.ts';

/** No rule with them is ever shown; the addresses are those for documents (RFC 5737, RFC 3849). */
const SERVERS = ['192.0.2.53', '2001:db8::53'];

export interface Made<P> {
  readonly plan: P;
  /** What the plan was made with. */
  readonly facts: Facts;
  /** Why a stand-in is among the facts. */
  readonly missing?: readonly Problem[];
}

/** Makes a plan; where nothing but the nameservers is missing and `allowed` says so, with a stand-in for them. */
export function madeWith<P extends CapturePlan | undefined>(
  facts: Facts,
  allowed: boolean | 'unknown',
  make: (facts: Facts) => P,
): Made<P> {
  try {
    return { plan: make(facts), facts };
  } catch (error) {
    if (allowed === false || !(error instanceof ProblemError) || error.problems.some(({ code }) => code !== 'servers-unknown')) throw error;
    const known = { ...facts, nameservers: SERVERS };
    return { plan: make(known), facts: known, missing: error.problems };
  }
}

/** An explanation of such a plan, without what is not known, and with the reason among its problems. */
export function withoutPlaceholder(explanation: Explanation, missing: readonly Problem[]): Explanation {
  const { facts, plan, rules } = explanation;
  const { nameservers: _, ...known } = facts;
  const shown = rules.filter(({ text, settings }) => !(namesServer(text) && settings.includes('dns.capture')));
  return { ...explanation, facts: known, plan: { ...plan, problems: [...plan.problems, ...missing] }, rules: shown };
}

/** Such a plan to follow packets through: whether one goes to a nameserver nobody knows, and all else is known. Other inputs as they are. */
export function withUnknownServers(input: PlanInput): PlanInput {
  if (input.missing === undefined) return input;
  const { facts, plan } = input;
  const { nameservers: _, ...known } = facts;
  const { ip, ip6, nft } = plan;
  return {
    ...input,
    facts: known,
    plan: {
      ...plan,
      ip: { ...ip, tables: ip.tables.map(unknownIn) },
      ip6: { ...ip6, tables: ip6.tables.map(unknownIn) },
      ...(nft && { nft: { ...nft, tables: nft.tables.map(unknownIn) } }),
    },
  };
}

/** What such a plan does not tell, for standard error. */
export function unknownServersNotes({ missing = [] }: PlanInput): readonly string[] {
  return missing.map((problem) => `note: ${problemText(problem)}; without them nothing is known of DNS`);
}

function unknownIn<R extends Pick<Rule, 'matches'>, T extends { readonly chains: readonly { readonly rules: readonly R[] }[] }>(
  table: T,
): T {
  const chains = table.chains.map((chain) => ({
    ...chain,
    rules: chain.rules.map((rule) => (rule.matches.some(isServer) ? { ...rule, matches: rule.matches.map(unknownServer) } : rule)),
  }));
  return { ...table, chains };
}

function isServer(match: Match): match is KnownMatch {
  return (match.kind === 'source' || match.kind === 'destination') && namesServer(printMatch(match));
}

/** In the words of iptables or of nft, which writes one address without its length. */
function namesServer(text: string): boolean {
  return text.split(' ').some((word) => SERVERS.includes(word.replace(/\/\d+$/, '')));
}

function unknownServer(match: Match): Match {
  return isServer(match) ? { kind: 'opaque', text: printMatch(match).replace(/\S+$/, 'NAMESERVER') } : match;
}
