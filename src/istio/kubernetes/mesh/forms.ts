/** Everything that is read of a mesh's configuration, by its path in Helm values, and the form that it has there. */

import type { MeshValue } from './mesh.ts';
import { MESH_VALUES } from './mesh.ts';

export type Form =
  /** A scalar, as a template prints it. */
  | 'text'
  /** true or false; a template takes every other text for true. */
  | 'truth'
  | 'port'
  | 'mode'
  /** A mapping of texts; numbers and booleans are refused by protobuf. */
  | 'texts'
  /** Anything; only whether it is empty counts. */
  | 'filled'
  /** A tree, kept as JSON. */
  | 'data';

export const MODES: readonly string[] = ['REDIRECT', 'TPROXY', 'NONE'];

/** What counts in a ProxyConfig, be it the mesh's default or the text of an annotation. */
const PROXY_CONFIG = {
  interceptionMode: 'mode',
  statusPort: 'text',
  proxyMetadata: 'texts',
  holdApplicationUntilProxyStarts: 'truth',
} as const satisfies Record<string, Form>;

const VALUE_FORMS: Partial<Record<MeshValue, Form>> = {
  'global.logAsJson': 'truth',
  'global.nativeNftables': 'truth',
  'ambient.dnsCapture': 'truth',
  'ambient.ipv6': 'truth',
  'cni.ambient.dnsCapture': 'truth',
  'cni.ambient.ipv6': 'truth',
  'global.proxy_init.forceApplyIptables': 'truth',
  'global.proxy_init.resources': 'filled',
  'pilot.cni.enabled': 'truth',
  'istio_cni.enabled': 'truth',
  'global.proxy.privileged': 'truth',
  'global.proxy.enableCoreDump': 'truth',
  'global.proxy.seccompProfile': 'data',
  'sidecarInjectorWebhook.neverInjectSelector': 'data',
  'sidecarInjectorWebhook.alwaysInjectSelector': 'data',
  'sidecarInjectorWebhook.enableNamespacesByDefault': 'truth',
  'meshConfig.enablePrometheusMerge': 'truth',
  'global.proxy.holdApplicationUntilProxyStarts': 'truth',
};

/** Values of which protobuf takes a number as well, or anything. */
const NUMBERS: readonly string[] = [
  'global.proxy.statusPort',
  'global.tag',
  'pilot.env.ENABLE_NATIVE_SIDECARS',
  'pilot.env.ISTIO_ENABLE_IPV4_OUTBOUND_LISTENER_FOR_IPV6_CLUSTERS',
];

/** Whether istiod takes only a text there (`operator/pkg/apis/values_types.proto`). */
export function isTextOnly(path: string): boolean {
  return isMeshValue(path) && (VALUE_FORMS[path] ?? 'text') === 'text' && !NUMBERS.includes(path);
}

/** The forms by path. */
export type Forms = ReadonlyMap<string, Form>;

/** Some are no value of a template: a release, a profile that brings values, a namespace, and the mesh's own configuration. */
export const VALUES_FORMS: Forms = new Map<string, Form>([
  ...(Object.keys(MESH_VALUES) as MeshValue[]).map((path) => [path, VALUE_FORMS[path] ?? 'text'] as const),
  ['global.istioNamespace', 'text'],
  ['meshConfig.proxyListenPort', 'port'],
  ['meshConfig.proxyInboundListenPort', 'port'],
  ['meshConfig.rootNamespace', 'text'],
  ...Object.entries(PROXY_CONFIG).map(([key, form]) => [`meshConfig.defaultConfig.${key}`, form] as const),
]);

export const PROXY_CONFIG_FORMS: Forms = new Map(Object.entries(PROXY_CONFIG));

export function isMeshValue(path: string): path is MeshValue {
  return Object.hasOwn(MESH_VALUES, path);
}

/** Whether a text is a port, as Istio takes one. */
export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65536;
}
