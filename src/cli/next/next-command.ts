/** A command to run next. */

import type { PlanOptions } from '../../sources/plan-input/input.ts';
import type { SourceName } from '../../sources/source-name.ts';

/** A command to run next. */
export interface NextCommand {
  /** What it does. */
  readonly why: string;
  readonly command: string;
}

/** A check as it was requested. */
export interface CheckedSource {
  /** Undefined for this network namespace and the machine. */
  readonly source: string | undefined;
  readonly name: SourceName;
  readonly given: PlanOptions;
}
