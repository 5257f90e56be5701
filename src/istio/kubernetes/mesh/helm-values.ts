/** Values of Istio's Helm charts, and the MeshConfig that is one of them. */

import type { YamlNode } from '../../yaml.ts';
import { field } from '../../yaml-fields.ts';
import { VALUES_FORMS } from './forms.ts';
import { readTemplates } from './injector.ts';
import type { Place } from './place.ts';
import type { MeshReading } from './reading.ts';
import { walk } from './walk.ts';

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
const DEFAULTS: readonly string[] = ['defaults', '_internal_defaults_do_not_set'];
/** Names under which a chart of charts has the values of istiod's; its own `global` beats theirs. */
const CHARTS: readonly string[] = ['istiod', 'istio', 'istio-discovery', 'istio-control', 'istiod-remote'];

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

export function readValues(values: YamlNode, place: Place, reading: MeshReading): void {
  for (const name of DEFAULTS) {
    const below = field(values, name);
    if (below?.kind === 'mapping') walk(below, '', VALUES_FORMS, place, reading);
  }
  for (const name of CHARTS) {
    const below = field(values, name);
    if (below !== undefined && valuesKey(below) !== undefined) readValues(below, place, reading);
  }
  walk(values, '', VALUES_FORMS, place, reading);
  const webhook = field(values, 'sidecarInjectorWebhook');
  if (webhook !== undefined) readTemplates(webhook, place, reading);
}

export function readMeshConfig(config: YamlNode, place: Place, reading: MeshReading): void {
  walk(config, 'meshConfig', VALUES_FORMS, place, reading);
}
