/** What an apply or a clean may be told. */

import type { Backend } from './snapshot.ts';

export interface ApplyOptions {
  /** `nft`, `legacy` or `plain` instead of what is found best. */
  readonly backend?: Backend;
  /** What to do where rules of Istio are there and differ; `reconcile` unless said otherwise. */
  readonly onDrift?: 'reconcile' | 'fail' | 'report';
  /** Only look, and say what would be done. */
  readonly dryRun?: boolean;
  /** The namespace may be a node's: it may have chains of kube-proxy. */
  readonly host?: boolean;
  /** Milliseconds for each program; 60,000 unless said otherwise. */
  readonly deadline?: number;
  /** Milliseconds to wait for our lock, and for the xtables lock of legacy; 30,000 unless said otherwise. */
  readonly lockWait?: number;
}
