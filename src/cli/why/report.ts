/** What `why` found: one value, which every form prints. */

import type { ExpectedVerdict } from '../trace/report.ts';
import type { Answer } from './answer.ts';
import type { Fix } from './fix.ts';
import type { Since } from './since.ts';

export interface WhyReport {
  /** Where the connection goes now. */
  readonly now: Answer;
  /** By the earlier of two states or releases. */
  readonly before?: Answer;
  /** By the manifest beside rules that were found. */
  readonly manifest?: Answer;
  /** What made it change, where releases differ. */
  readonly since?: Since;
  readonly fix?: Fix;
  readonly expected?: { readonly verdict: ExpectedVerdict; readonly met: boolean };
  /** The command that shows the whole trail. */
  readonly command: string;
  /** The command that asks the same and shows the trail beside the answer. */
  readonly moreCommand: string;
  /** Whether the trail is shown. */
  readonly verbose: boolean;
}

/** Whether the connection went elsewhere before. */
export function hasChanged({ now, before }: WhyReport): boolean {
  return before !== undefined && before.verdict.id !== now.verdict.id;
}

/** 1 where it is not as expected. */
export function exitCodeOf({ expected }: WhyReport): number {
  return expected?.met === false ? 1 : 0;
}
