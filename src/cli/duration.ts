/** Times as Go writes them. */

import { badOption } from '../istio/bad-option.ts';

/** Milliseconds of a Go duration such as `5s` or `1m30s`. */
export function milliseconds(duration: string): number {
  const units: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 36e5 };
  return [...duration.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ''] ?? 0),
    0,
  );
}

/** The milliseconds that `--timeout` gave. Throws a ProblemError for what is no time. */
export function timeoutGiven(text: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m))+$/.test(text)) throw badOption('--timeout', `${JSON.stringify(text)} is not a duration such as 5s`);
  return milliseconds(text);
}
