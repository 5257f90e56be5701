/** Names of annotations, those of Istio's registry (istio/api, annotation/annotations.yaml) of all times. */

import { ANNOTATION_NAMES, ANNOTATIONS } from '../../kubernetes/annotations.ts';
import { PROXY_CONFIG_ANNOTATION } from '../../kubernetes/mesh/annotation.ts';

/** Those that rules are made from. */
export const OF_RULES: readonly string[] = ANNOTATION_NAMES.map((name) => ANNOTATIONS[name].key);

export const INJECT = 'sidecar.istio.io/inject';

/** Those that decide about the rules of a pod. */
export const OF_PODS: readonly string[] = [...OF_RULES, INJECT, PROXY_CONFIG_ANNOTATION];

export const TRAFFIC_PREFIX = 'traffic.sidecar.istio.io/';

/**
 * What users write and an injector reads, for the rules or for the proxy: one of these is meant by a name that is nearly one.
 * What programs write, and what is meant for other objects than pods, is near to none of them.
 */
export const READ_BY_INJECTORS: readonly string[] = [
  ...OF_PODS,
  'inject.istio.io/templates',
  'prometheus.istio.io/merge-metrics',
  ...[
    'bootstrapOverride',
    'componentLogLevel',
    'controlPlaneAuthPolicy',
    'discoveryAddress',
    'enableCoreDump',
    'extraStatTags',
    'logLevel',
    'nativeSidecar',
    'proxyCPU',
    'proxyCPULimit',
    'proxyImage',
    'proxyImageType',
    'proxyMemory',
    'proxyMemoryLimit',
    'rewriteAppHTTPProbers',
    'statsCompression',
    'statsEvictionInterval',
    'statsFlushInterval',
    'statsHistogramBuckets',
    'statsInclusionPrefixes',
    'statsInclusionRegexps',
    'statsInclusionSuffixes',
    'userVolume',
    'userVolumeMount',
  ].map((name) => `sidecar.istio.io/${name}`),
  ...['applicationPorts', 'failureThreshold', 'initialDelaySeconds', 'periodSeconds'].map(
    (name) => `readiness.status.sidecar.istio.io/${name}`,
  ),
];
