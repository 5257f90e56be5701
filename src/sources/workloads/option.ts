/** `--workload`: the one that is meant, of all that were read. */

import type { InjectionRequest } from '../../istio/kubernetes/workload-injection.ts';
import type { Streamed } from './stream.ts';

/** The value of the option, beside the settings that are given. */
export interface WorkloadOption {
  readonly workload?: string;
  /** The one that is looked at, where what was named has been read. */
  readonly chosen?: ChosenSubject;
}

/** One of those that were read, in place of all that have the same rules. */
export interface ChosenSubject {
  readonly subject: Streamed;
  readonly request: InjectionRequest;
  /** Whom it stands for: `Deployment shop/orders (3)`. */
  readonly of: string;
  /** The SOURCE that names it alone, where one does: `pods.json#Deployment/shop/orders`. */
  readonly source?: string;
  /** The word that names it among all that was read, where it takes one. */
  readonly workload?: string;
  /** All that was read. */
  readonly files: readonly string[];
}
