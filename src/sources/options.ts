/** What a caller can ask for beside a SOURCE. */

import type { ClusterAccess } from '../host/cluster/access.ts';
import type { Progress } from '../host/manifests.ts';

/** Whoever wants to know how far reading is. */
export interface WorkProgress {
  /** `workloads`: how many were worked on so far. */
  readonly update: (progress: Pick<Progress, 'read' | 'total'>, workloads: number) => void;
  /** The work has ended, however it did. */
  readonly clear: () => void;
}

/** The values of these options, as they were given. */
export interface SourceOptions {
  /** Told how far reading is, where it takes long. */
  readonly progress?: WorkProgress;
  readonly filename?: string;
  readonly manifests?: ManifestOptions;
  readonly sets: readonly string[];
  readonly release?: string;
  readonly env: readonly string[];
  readonly envFile?: string;
  readonly addresses: readonly string[];
  readonly nameservers: readonly string[];
  readonly facts?: string;
  /** How a cluster is reached that a SOURCE names. */
  readonly cluster?: ClusterAccess;
  /** Seconds, for a command that is run, or for each answer of a cluster. */
  readonly deadline?: string;
  /** What stood behind `--`; undefined where that was not there. */
  readonly args?: readonly string[];
}

/** Options that only manifests ask for. */
export interface ManifestOptions {
  /** All that `-f` named, where a command reads many. */
  readonly filenames: readonly string[];
  /** Files of what the mesh is installed with. */
  readonly values: readonly string[];
  readonly installer?: string;
  /** `PATTERN=RELEASE`. */
  readonly imageReleases: readonly string[];
  readonly keepArguments: boolean;
  /** What lives without a sidecar, as if an injector came to it. */
  readonly asInjected?: boolean;
}

/** What nobody said anything of. */
export const NO_MANIFEST_OPTIONS: ManifestOptions = { filenames: [], values: [], imageReleases: [], keepArguments: false };
