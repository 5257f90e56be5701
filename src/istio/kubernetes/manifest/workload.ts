/** A workload of Kubernetes, as far as the rules of its pods depend on it. Every text knows where it stands. */

import type { Origin, Sourced } from '../../origin.ts';
import type { YamlNode } from '../../yaml.ts';

/** Annotations, labels or variables by name. A name that stands twice counts as its last. */
export type Texts = ReadonlyMap<string, Sourced<string>>;

/** A kind with pods in it: `Pod`, `Deployment`, `CronJob`, `WorkloadGroup`, ... as the table of kinds lists them. */
export interface Workload {
  readonly kind: string;
  /** `default` where the manifest names none. */
  readonly namespace: string;
  /** `metadata.name`; of a pod that has only `generateName`, that with a `*` behind it. */
  readonly name: string;
  /** Where the object begins. */
  readonly source: Origin;
  /** Annotations of an object that holds a pod template: they are not those of its pods. Empty for a Pod. */
  readonly annotations: Texts;
  /** Annotations of the jobs of a CronJob: they are not those of its pods either. */
  readonly jobAnnotations?: Texts;
  readonly pod: PodTemplate;
  /** Who made the pod, as `ReplicaSet/reviews-v1-5d8`, from ownerReferences: pods are grouped by it. */
  readonly owner?: string;
  /**
   * The same with its places found: for whoever keeps it, or looks at many of them. Without it, it has them. One that was
   * read in passing finds each place anew, and keeps the text that it was read from in memory. A changed copy stays as it is.
   */
  readonly placed?: (own: Workload) => Workload;
}

/** A workload that may be kept. */
export function placedWorkload(workload: Workload): Workload {
  return workload.placed?.(workload) ?? workload;
}

/** The pod itself, or what its pods are made of. */
export interface PodTemplate {
  readonly source: Origin;
  readonly annotations: Texts;
  readonly labels: Texts;
  readonly hostNetwork: boolean;
  /** Where that stands, if it does. */
  readonly hostNetworkAt?: Origin;
  readonly ids: Ids;
  /** `securityContext.seccompProfile.type` of the pod. */
  readonly seccomp?: string;
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
  /** `status.podIPs`, or else `status.podIP`. */
  readonly addresses: readonly string[];
  /** Where each of them stands. */
  readonly addressesAt?: readonly Origin[];
  /** Where `status.phase` stands, of a pod that lives: no injector comes to it any more. */
  readonly livesAt?: Origin;
  /** How the last runs of init containers ended, as `status` has it; empty for what does not run yet. */
  readonly ended?: readonly EndedContainer[];
  /** The init containers that have not ended yet, as `status` has them, in its order. */
  readonly unended?: readonly UnendedContainer[];
  /** `dnsConfig.nameservers` where `dnsPolicy` is None: then, and only then, they are all there are. */
  readonly nameservers?: readonly string[];
}

/** A container that waits or runs. */
export interface UnendedContainer {
  readonly name: string;
  /** `PodInitializing`, `CrashLoopBackOff`; empty while it runs. */
  readonly waits: string;
  readonly source: Origin;
}

/** The last end of a container. */
export interface EndedContainer {
  readonly name: string;
  readonly exitCode: number;
  /** `Error`, `OOMKilled`, `CrashLoopBackOff`; empty where none stands there. */
  readonly reason: string;
  /** Its termination message; empty where it left none. */
  readonly message: string;
  readonly source: Origin;
}

export interface Container {
  readonly name: Sourced<string>;
  readonly image?: Sourced<string>;
  readonly command: readonly Sourced<string>[];
  readonly args: readonly Sourced<string>[];
  /** Variables with a value that stands in the manifest. */
  readonly env: Texts;
  /** Names of variables whose value comes from elsewhere (`valueFrom`); of an `envFrom`, `*` behind its prefix. */
  readonly envFrom: readonly Sourced<string>[];
  readonly ports: readonly ContainerPort[];
  readonly ids: Ids;
  /** `Always` makes a native sidecar of an init container. */
  readonly restartPolicy?: string;
  /** As it was read: an injector lays all of it over its template's. */
  readonly node?: YamlNode;
}

export interface ContainerPort {
  /** The text of `containerPort`. */
  readonly port: Sourced<string>;
  /** `TCP` where nothing is said. */
  readonly protocol: string;
}

/** The numbers of a security context, as they stand there. */
export interface Ids {
  readonly runAsUser?: Sourced<string>;
  readonly runAsGroup?: Sourced<string>;
  /** Of a pod only. */
  readonly fsGroup?: Sourced<string>;
  readonly supplementalGroups: readonly Sourced<string>[];
}
