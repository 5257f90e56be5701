/** Commands that look at one thing: a source as it is, or by `--live` the rules in a pod. */

import type { PlanOptions } from '../sources/plan-input/input.ts';
import { isLive } from './live-options.ts';
import type { Parsed } from './options.ts';
import type { Result } from './result.ts';

/** Runs a command that looks at one thing: a source as it is, or by --live the rules in the one pod that it names. */
export async function atOneSource(
  parsed: Parsed,
  given: PlanOptions,
  source: string | undefined,
  use: (of: { readonly source?: string; readonly given: PlanOptions }) => Promise<Result>,
): Promise<Result> {
  if (isLive(parsed)) return (await import('./live.ts')).observeLiveOne(parsed, given, source, use);
  return use({ ...(source === undefined ? {} : { source }), given });
}
