/** Resources of a cluster that say something of many pods. */

import type { Origin, Sourced } from '../../origin.ts';
import type { Texts } from './workload.ts';

/** One layer of proxy configuration: the mesh's defaultConfig, an annotation, or a ProxyConfig resource. */
export interface ProxyConfigLayer {
  readonly source: Origin;
  readonly interceptionMode?: Sourced<string>;
  /** holdApplicationUntilProxyStarts. */
  readonly holds?: boolean;
  /** proxyMetadata, or environmentVariables of a resource: what becomes the environment of istio-init. */
  readonly metadata: Texts;
}

/** A ProxyConfig resource (networking.istio.io). */
export interface ProxyConfigResource {
  readonly namespace: string;
  readonly name: string;
  /** Labels that a pod must have; empty: every pod of the namespace, or of the mesh in the root namespace. */
  readonly selector: ReadonlyMap<string, string>;
  /** `metadata.creationTimestamp`: of several resources that fit, the oldest counts. */
  readonly created?: string;
  readonly layer: ProxyConfigLayer;
}

/** A Namespace resource: labels decide about injection, OpenShift's annotation about the proxy's user. */
export interface NamespaceResource {
  /** Given with the values of the mesh and without any label, for its annotations: it says nothing of injection. */
  readonly withoutLabels?: true;
  readonly source: Origin;
  readonly labels: Texts;
  readonly annotations: Texts;
}
