/** A report as SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0). */

import type { Result } from '../../istio/advice/lint/gather.ts';
import { istioctlCode } from '../../istio/advice/lint/kinds.ts';
import type { Origin } from '../../istio/origin.ts';
import { sarifLog, sarifPlace } from '../terminal/sarif.ts';
import { pageOf } from './page.ts';
import type { PrintedReport } from './report.ts';

/** One run; a result for each place, and a rule for each code that was found. */
export function sarifDocument({ results, untold }: PrintedReport): object {
  const codes = [...new Set([...results, ...untold].map(({ code }) => code))];
  return sarifLog(
    codes.map((code) => ruleOf(code, [...results, ...untold])),
    [
      ...results.flatMap((result) => result.places.map((place) => resultAt(result, place, codes.indexOf(result.code)))),
      ...untold.map(({ code, severity, count }) => ({
        ruleId: code,
        ruleIndex: codes.indexOf(code),
        level: severity,
        message: { text: `${count} more of ${code}` },
      })),
    ],
  );
}

function ruleOf(code: Result['code'], all: readonly Pick<Result, 'code' | 'severity' | 'fix'>[]): object {
  const istioctl = istioctlCode(code);
  const found = all.find((one) => one.code === code);
  return {
    id: code,
    shortDescription: { text: code.replaceAll('-', ' ') },
    help: { text: `See ${pageOf(code)} in the documentation of istio-init.` },
    defaultConfiguration: { level: found?.severity ?? 'warning' },
    ...(istioctl === undefined ? {} : { properties: { istioctl } }),
  };
}

function resultAt({ code, severity, text, fix, places, workloads }: Result, place: Origin, ruleIndex: number): object {
  const many = workloads.count > places.length ? ` (in ${workloads.count} workloads)` : '';
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: `${text}${many}${fix === undefined ? '' : `\nFix: ${fix}`}` },
    ...sarifPlace(place),
  };
}
