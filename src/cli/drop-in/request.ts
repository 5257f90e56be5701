/** What the drop-in is to do. */

import type { Log } from '../../host/log.ts';
import type { Target } from '../../host/namespace/namespace.ts';
import type { Action } from '../../istio/arguments/arguments.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';

/** `true` allows a namespace that looks like a node's. */
export const ALLOW_HOST = 'ISTIO_INIT_ALLOW_HOST';

/** What the drop-in was requested. */
export interface DropInRequest {
  readonly plan: CapturePlan;
  readonly target: Target;
  readonly log: Log;
  /** Whether the release was named, for the summary. */
  readonly named: boolean;
  readonly allowHost: boolean;
  readonly dryRunFile: string | undefined;
  readonly is: (action: Action) => boolean;
  readonly text: (action: Action) => string;
}
