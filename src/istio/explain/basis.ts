/** What a plan was made of: what an explanation has to know beside the plan itself. */

import type { Environment } from '../given.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { SidecarFile } from '../sidecar-file.ts';
import type { WorkloadInjection } from '../workload-injection.ts';

export type Basis =
  /** Our YAML and `--set`, over what an ordinary injected pod has. */
  | { readonly kind: 'settings'; readonly file?: SidecarFile; readonly sets: readonly string[] }
  /** Words of istio-iptables, with its environment. */
  | { readonly kind: 'arguments'; readonly words: readonly string[]; readonly environment: Environment }
  | { readonly kind: 'workload'; readonly made: WorkloadInjection; readonly mesh: Mesh; readonly sets: readonly string[] };
