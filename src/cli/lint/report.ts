/** A lint report as it is printed. */

import type { WalkedFolders } from '../../host/manifests/walk.ts';
import type { LintReport } from '../../istio/advice/lint/collect.ts';

/** A report, and what was passed over on the way to it. */
export interface PrintedReport extends LintReport {
  /** Kinds without pods, and how many of each. */
  readonly skipped: ReadonlyMap<string, number>;
  /** Folders that were looked through, where there were any. */
  readonly folders?: WalkedFolders;
}
