/** What a plan was made of: what an explanation has to know beside the plan itself. */

import type { Environment } from '../../arguments/effective-values.ts';
import type { Mesh } from '../../kubernetes/mesh/mesh.ts';
import type { WorkloadInjection } from '../../kubernetes/workload-injection.ts';
import type { SidecarFile } from '../../settings/sidecar-file.ts';

export type Basis =
  /** Our YAML and `--set`, over what a default pod has. */
  | { readonly kind: 'settings'; readonly file?: SidecarFile; readonly sets: readonly string[] }
  /** Words of istio-iptables, with its environment. */
  | { readonly kind: 'arguments'; readonly words: readonly string[]; readonly environment: Environment }
  | { readonly kind: 'workload'; readonly made: WorkloadInjection; readonly mesh: Mesh; readonly sets: readonly string[] };
