/** What a check found: one value, which every form prints. */

import type { Aspect } from '../../host/machine.ts';
import type { Finding } from '../../istio/advice/findings.ts';
import { isFailing } from '../../istio/advice/findings.ts';
import { judgementOf } from '../../istio/found/doubts.ts';
import type { Identification } from '../../istio/found/identify.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { grouped } from '../../netfilter/grouped.ts';
import type { Unseen } from '../../netfilter/unseen.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import type { Comparison } from '../diff/comparison.ts';
import { isSame } from '../diff/comparison.ts';
import type { NextCommand } from '../next/next-command.ts';
import type { Connection } from './connection-report.ts';

/** The rules that are there (left), laid over those that should be (right): as in `diff`, left goes and right comes. */
export interface Drift {
  /** What the rules are compared with. */
  readonly against: string;
  /** Whether a user said so; otherwise it was read from the rules themselves. */
  readonly given: boolean;
  readonly comparison: Comparison;
  /** The command that shows all of it. */
  readonly command: string;
}

export interface Report {
  /** What was looked at. */
  readonly name: string;
  /** Why its rules could not be read at all; otherwise there are a side, and whose it is. */
  readonly unreadable?: string;
  readonly ruleSource?: RuleSource;
  readonly identified?: Identification;
  readonly drift?: Drift;
  /** What becomes of the connection that was asked about. */
  readonly connection?: Connection;
  readonly findings: readonly Finding[];
  /** What beside the rules could not be looked at: policy routing, addresses. */
  readonly unlisted?: readonly Unseen[];
  /** What could not be seen, in sentences. */
  readonly unseen: readonly string[];
  readonly nextCommands: readonly NextCommand[];
  readonly machine?: readonly Aspect[];
}

export type Verdict = 'failed' | 'as it should be' | 'no rules of Istio' | 'not as it should be' | 'not seen';

/** Findings of one kind that a person is shown. */
const MOST = 3;

/** The first findings of each kind; the last of them that is shown says how many others there are. */
export function onePerKind(findings: readonly Finding[]): readonly (Finding & { readonly others: number })[] {
  return [...grouped(findings, ({ code }) => code).values()].flatMap((same) =>
    same.slice(0, MOST).map((finding, index) => ({ ...finding, others: index === MOST - 1 ? same.length - MOST : 0 })),
  );
}

/** The one answer to what was asked. */
export function verdictOf({ unreadable, ruleSource, identified, drift, findings, unlisted }: Report): Verdict {
  if (ruleSource?.run !== undefined) return ruleSource.run.outcome === 'failed' ? 'failed' : 'not seen';
  if (unreadable !== undefined) return 'not seen';
  const judgement = judgementOf({
    unseen: [...(ruleSource?.seen.unseen ?? []), ...(unlisted ?? [])],
    differs: drift !== undefined && !isSame(drift.comparison),
    inferred: drift?.given !== true,
    hasFailures: findings.some(isFailing),
  });
  if (judgement === 'wrong') return 'not as it should be';
  if (judgement === 'unknown' || (ruleSource !== undefined && isHidden(ruleSource))) return 'not seen';
  const none = identified === undefined || (identified.outcome === 'none' && identified.agent.length === 0);
  return none ? 'no rules of Istio' : 'as it should be';
}

/** Whether a part of what is live could not be read. A text shows what it shows. */
function isHidden({ places, seen }: RuleSource): boolean {
  return places !== undefined && FAMILIES.some((family) => seen.seen[family] !== 'all');
}

/** 0 as it should be, or nothing of Istio; 1 drift, a finding that is more than a note, or a run that failed or complained; 2 the rules can not be seen. */
export function exitCodeOf(report: Report): number {
  const verdict = verdictOf(report);
  if (verdict === 'not seen') return (report.ruleSource?.run?.failures.length ?? 0) > 0 ? 1 : 2;
  return verdict === 'not as it should be' || verdict === 'failed' ? 1 : 0;
}
