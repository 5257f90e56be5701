/** The one line that answers what was asked. */

import { unreadRules } from '../../istio/found/doubts.ts';
import { onOneLine } from '../../istio/origin.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { rulesOfBoth } from '../../netfilter/rule.ts';
import { bearing, isDoubt } from '../../netfilter/unseen.ts';
import { isSame } from '../diff/comparison.ts';
import { unreadText } from '../terminal/unread.ts';
import { driftCounts } from './drift-words.ts';
import type { Report } from './report.ts';
import { verdictOf } from './report.ts';

/** `this network namespace: NOT AS IT SHOULD BE: 1 rule missing, 1 error` */
export function headline(report: Report): string {
  const { name } = report;
  const verdict = verdictOf(report);
  switch (verdict) {
    case 'as it should be':
      return `${name}: as it should be${isPart(report) ? ', as far as it is shown' : ''}`;
    case 'no rules of Istio':
      return `${name}: no rules of Istio's sidecar`;
    case 'failed':
      return `${name}: ${failed(report)}`;
    case 'not seen':
      return `${name}: ${unknownLines(report)}`;
    case 'not as it should be':
      return `${name}: NOT AS IT SHOULD BE: ${reasons(report).join(', ')}`;
    default:
      return verdict satisfies never;
  }
}

function failed({ ruleSource }: Report): string {
  const { why = 'it does not say why', quoted = false } = ruleSource?.run ?? {};
  return quoted ? `THE PAGE QUOTES A FAILED RUN, and it is unknown whether it is that of these rules: ${why}` : `THE RUN FAILED: ${why}`;
}

function unknownLines(report: Report): string {
  const { unreadable, ruleSource, unlisted = [] } = report;
  if (unreadable !== undefined) return `RULES NOT SEEN: ${unreadable}`;
  if (ruleSource === undefined) return 'RULES NOT SEEN';
  const { seen, run } = ruleSource;
  if (run !== undefined) return `NOT KNOWN: ${run.why}`;
  const unread = unreadRules(seen);
  const bears = bearing([...seen.unseen, ...unlisted]);
  const doubtful = bears.filter(isDoubt);
  const doubts = unread.length > 0 ? unread : doubtful.length > 0 ? doubtful : bears;
  if (doubts.length === 0) return 'RULES NOT SEEN';
  const besides = reasons(report);
  return `NOT KNOWN: ${onOneLine(unreadText(doubts, rulesOfBoth(seen).length))}${besides.length === 0 ? '' : `; by what could be read ${besides.join(', ')}`}`;
}

/** Whether a text shows a part of the tables only, of the families that it shows. */
function isPart({ ruleSource }: Report): boolean {
  if (ruleSource === undefined) return false;
  return FAMILIES.some((family) => ruleSource.seen.seen[family] !== 'all' && ruleSource.seen.seen[family].length > 0);
}

function reasons({ drift, findings }: Report): readonly string[] {
  const count = (severity: string): readonly string[] => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return number === 0 ? [] : [`${number} ${severity}${number === 1 ? '' : 's'}`];
  };
  return [
    ...(drift === undefined || isSame(drift.comparison) ? [] : [driftCounts(drift.comparison)]),
    ...count('error'),
    ...count('warning'),
  ];
}
