/** The first keys of what a mesh is installed with: how Helm values and a bare MeshConfig are known, which name no kind. */

import type { YamlNode } from '../../yaml.ts';
import { field } from '../../yaml-fields.ts';

/** First keys of the charts; `helm get values` writes a title that YAML takes for one. */
const ROOTS: readonly string[] = [
  ...[
    'global',
    'pilot',
    'meshConfig',
    'istio_cni',
    'cni',
    'sidecarInjectorWebhook',
    'revision',
    'profile',
    'gateways',
    'gateway',
    'ztunnel',
  ],
  ...['base', 'telemetry', 'experimental', 'compatibilityVersion', 'platform', 'security', 'mixer', 'galley', 'tracing', 'grafana'],
  ...['USER-SUPPLIED VALUES', 'COMPUTED VALUES'],
];
/** Below these stand values that all others beat: the charts' own since 1.20. */
export const DEFAULTS: readonly string[] = ['defaults', '_internal_defaults_do_not_set'];
/** Names under which a chart of charts has the values of istiod's; its own `global` beats theirs. */
export const CHARTS: readonly string[] = ['istiod', 'istio', 'istio-discovery', 'istio-control', 'istiod-remote'];

/** Fields of a MeshConfig, of all that people set there. */
const MESH_CONFIG: readonly string[] = [
  ...['proxyListenPort', 'proxyInboundListenPort', 'defaultConfig', 'rootNamespace', 'trustDomain', 'trustDomainAliases', 'accessLogFile'],
  ...['accessLogFormat', 'accessLogEncoding', 'enableTracing', 'enableAutoMtls', 'enablePrometheusMerge', 'outboundTrafficPolicy'],
  ...['extensionProviders', 'defaultProviders', 'discoverySelectors', 'ingressClass', 'ingressService', 'ingressControllerMode'],
  ...[
    'localityLbSetting',
    'dnsRefreshRate',
    'connectTimeout',
    'protocolDetectionTimeout',
    'sdsUdsPath',
    'disablePolicyChecks',
    'h2UpgradePolicy',
  ],
  ...['caCertificates', 'pathNormalization', 'meshMTLS', 'serviceSettings', 'defaultServiceExportTo', 'authPolicy', 'mixerCheckServer'],
];

/** The key that tells that a document is Helm values; undefined where none does. */
export function valuesKey(node: YamlNode): string | undefined {
  return keyOf(node, [...ROOTS, ...DEFAULTS]) ?? CHARTS.find((chart) => keyOf(field(node, chart), ROOTS) !== undefined);
}

/** The same for a bare MeshConfig. */
export function meshConfigKey(node: YamlNode): string | undefined {
  return keyOf(node, ROOTS) === undefined ? keyOf(node, MESH_CONFIG) : undefined;
}

function keyOf(node: YamlNode | undefined, names: readonly string[]): string | undefined {
  return node?.kind === 'mapping' ? names.find((name) => field(node, name) !== undefined) : undefined;
}
