/** What a document of Kubernetes holds, as it is read. */

import type { Origin } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import type { SidecarFile } from '../../settings/sidecar-file.ts';
import type { NamespaceResource, ProxyConfigResource } from './mesh-resources.ts';
import type { OtherObject } from './other-object.ts';
import type { Workload } from './workload.ts';

export type ManifestItem =
  | { readonly kind: 'workload'; readonly workload: Workload }
  | WorkloadRow
  /** Our own kind. */
  | { readonly kind: 'sidecar'; readonly sidecar: SidecarFile; readonly source: Origin }
  | { readonly kind: 'proxy config'; readonly resource: ProxyConfigResource }
  | { readonly kind: 'namespace'; readonly name: string; readonly resource: NamespaceResource }
  /** What is no workload and says something of pods' rules: `otherwise` is what it is to whoever wants workloads alone. */
  | { readonly kind: 'other object'; readonly object: OtherObject; readonly otherwise?: PassedItem }
  | PassedItem;

/** Workloads that stand one behind another; only who asks for rows is given them. */
export interface WorkloadRow {
  readonly kind: 'row';
  /** The first of each that have everything in common but their names, in their order, and how many there are of it. */
  readonly kin: readonly { readonly workload: Workload; readonly count: number }[];
  /** Every one of them, in their order. */
  readonly all: () => readonly Workload[];
}

export type PassedItem =
  /** A kind that has no pods: it is counted by its name. */
  | { readonly kind: 'skipped'; readonly what: string }
  /** What can't be read; the rest goes on. `isOther`: nothing in it says that it is an object of Kubernetes. */
  | { readonly kind: 'problem'; readonly problem: Problem; readonly isOther?: boolean };
