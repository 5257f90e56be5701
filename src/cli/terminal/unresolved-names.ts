/** Names without a number are refused wherever numbers are needed. */

import type { Problem } from '../../istio/problems.ts';
import { ProblemError, problem } from '../../istio/problems.ts';

/** Throws a ProblemError where a plan's problems tell of such a name; `reason` says who needs the number. */
export function refuseNames(problems: readonly Problem[], reason: string): void {
  const names = problems.filter(({ code }) => code === 'name-without-number');
  if (names.length > 0) throw new ProblemError(names.map(({ source, args }) => problem('name-needs-number', source, { ...args, reason })));
}
