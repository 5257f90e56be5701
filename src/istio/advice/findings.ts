import type { Family } from '../../netfilter/family.ts';
import { touches } from '../../netfilter/unseen.ts';
import { unreadRules } from '../found/doubts.ts';
import { onOneLine } from '../origin.ts';
import { unreachedChains } from './findings/chains.ts';
import { guardrails, policies } from './findings/filter.ts';
import { flushed } from './findings/flushed.ts';
import { forgedLines } from './findings/forged.ts';
import { foreignFirst } from './findings/in-front.ts';
import { ambientMode, bothBackends, nativeBesideIptables, nodeChains } from './findings/jump-paths.ts';
import type { FindingCode, FindingKind, FindingSeverity } from './findings/kinds.ts';
import { FINDINGS } from './findings/kinds.ts';
import { looksLikeOurs } from './findings/leftovers.ts';
import { listeners } from './findings/listeners.ts';
import { olderIstio } from './findings/older-istio.ts';
import { otherVariables } from './findings/printed.ts';
import { inboundPort, otherRelease } from './findings/releases.ts';
import { reroutedByHand } from './findings/rerouted.ts';
import { foreignPolicy, passthroughAddress, policyRouting } from './findings/routing.ts';
import type { Check, Evidence, Found } from './findings/subject.ts';
import { subjectOf } from './findings/subject.ts';
import { bothFamilies, dnsCapture, nameservers } from './findings/traffic.ts';
import { duplicateJumps, madeTwice } from './findings/twice.ts';
import { twoProxies } from './findings/two-proxies.ts';
import { uncaptured } from './findings/uncaptured.ts';

export type { FindingCode, FindingSeverity } from './findings/kinds.ts';
export type { Evidence } from './findings/subject.ts';

/** One thing that was found, in words and with its place. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: FindingSeverity;
  readonly text: string;
  readonly fix: string;
  readonly family?: Family;
  readonly table?: string;
  readonly chain?: string;
  /** As iptables-save prints it. */
  readonly rule?: string;
}

const CHECKS: readonly Check[] = [
  forgedLines,
  olderIstio,
  otherVariables,
  uncaptured,
  bothBackends,
  nativeBesideIptables,
  ambientMode,
  nodeChains,
  otherRelease,
  inboundPort,
  flushed,
  unreachedChains,
  duplicateJumps,
  madeTwice,
  foreignFirst,
  twoProxies,
  reroutedByHand,
  guardrails,
  policies,
  policyRouting,
  foreignPolicy,
  passthroughAddress,
  bothFamilies,
  dnsCapture,
  nameservers,
  listeners,
  looksLikeOurs,
];

const ORDER: readonly FindingSeverity[] = ['error', 'warning', 'note'];

/** All that is found, the worst first. Only what can be seen is judged: a table or a routing that was not looked at raises nothing. */
export function findingsIn(evidence: Evidence): readonly Finding[] {
  const subject = subjectOf(evidence);
  const unread = unreadRules(evidence.seen);
  const isCertain = ({ code, family, table }: Found): boolean => {
    const kind: FindingKind = FINDINGS[code];
    return (
      kind.ofAbsence !== true || !unread.some((one) => touches(one, { ...(family && { family }), ...(table !== undefined && { table }) }))
    );
  };
  const certain = CHECKS.flatMap((check) => check(subject)).filter(isCertain);
  const found = certain.map(({ code, args, ...place }): Finding => {
    const { severity, text, fix } = FINDINGS[code];
    const filled = (words: string): string => onOneLine(words.replace(/\{(\w+)\}/g, (_, name: string) => args[name] ?? ''));
    return { code, severity, text: filled(text), fix: filled(fix), ...place };
  });
  return found.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}

/** Whether something keeps the rules from being as they should be; a note does not. */
export function isFailing({ severity }: Pick<Finding, 'severity'>): boolean {
  return severity !== 'note';
}
