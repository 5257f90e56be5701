/** What a mesh is installed with, as far as the arguments of istio-init depend on it. */

import type { Origin, Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import type { NamespaceResource, ProxyConfigLayer, ProxyConfigResource } from '../manifest/mesh-resources.ts';

/** The Helm values that some release's injection template reads, by their path; what each is. */
export const MESH_VALUES = {
  'global.proxy.includeIPRanges': 'Destinations to capture.',
  'global.proxy.excludeIPRanges': 'Destinations to leave alone.',
  'global.proxy.includeInboundPorts': 'Inbound ports to capture.',
  'global.proxy.excludeInboundPorts': 'Inbound ports to leave alone.',
  'global.proxy.includeOutboundPorts': 'Outbound ports to capture whatever the destination.',
  'global.proxy.excludeOutboundPorts': 'Outbound ports to leave alone.',
  'global.proxy.statusPort': 'The port of the agent, which is left alone.',
  'global.logAsJson': 'Logs of the init container as JSON.',
  'global.logging.level': 'Log levels of the init container.',
  'global.nativeNftables': 'Native nftables rules instead of iptables.',
  'ambient.dnsCapture': 'DNS of ambient pods goes to ztunnel.',
  'ambient.ipv6': 'Ambient pods have rules of IPv6.',
  'cni.ambient.dnsCapture': 'The same, by the name in a whole installation.',
  'cni.ambient.ipv6': 'The same, by the name in a whole installation.',
  'global.proxy_init.forceApplyIptables': 'Rules are made even where some are found.',
  'global.proxy_init.resources': 'Resources of the init container; in 1.6 its environment hangs on them.',
  'pilot.cni.enabled': 'The CNI plugin makes the rules.',
  'istio_cni.enabled': 'The same, by its older name.',
  profile: 'A profile that the charts know, and the values that it brings.',
  compatibilityVersion: 'An older minor, and the values by which the release behaves as that did.',
  revision: 'The revision of the control plane: namespaces and pods ask for it by the label istio.io/rev.',
  'global.platform': 'The kind of cluster: on openshift a namespace says which user the proxy has.',
  'global.hub': 'The registry of the images.',
  'global.tag': 'The tag of the images, and the release that it tells.',
  'global.variant': 'What stands behind the tag of the images, as distroless.',
  'global.proxy.image': 'The name of the image.',
  'global.proxy_init.image': 'The name of the image of the init container; with a slash, all of it.',
  'global.proxy.privileged': 'The containers are privileged.',
  'global.proxy.enableCoreDump': 'An init container that allows core dumps, up to 1.23.',
  'global.proxy.seccompProfile': 'The seccomp profile of the containers.',
  'global.proxy.autoInject': 'Whether pods that say nothing are injected (enabled, disabled).',
  'sidecarInjectorWebhook.neverInjectSelector': 'Labels of pods that are left alone, unless they ask to be injected.',
  'sidecarInjectorWebhook.alwaysInjectSelector': 'Labels of pods that are injected, unless they ask not to be.',
  'sidecarInjectorWebhook.enableNamespacesByDefault': 'Namespaces without a label are injected.',
  'meshConfig.enablePrometheusMerge': 'Whether the metrics of the application and the proxy are merged.',
  'pilot.env.ENABLE_NATIVE_SIDECARS': 'Whether proxies are native sidecars: `true`, `false` or `auto`.',
  'pilot.env.ISTIO_ENABLE_IPV4_OUTBOUND_LISTENER_FOR_IPV6_CLUSTERS':
    'The proxy of an IPv6-only pod listens on IPv4 as well, for outbound traffic; no rule depends on it.',
  'global.proxy.holdApplicationUntilProxyStarts': 'The containers of the application start when the proxy has.',
} as const;

export type MeshValue = keyof typeof MESH_VALUES;

/** The templates that pods may choose by `inject.istio.io/templates`. */
export interface Templates {
  /** By name: whether it gives a pod an init container that makes rules. */
  readonly makeRules: ReadonlyMap<string, boolean>;
  /** Names that stand for others. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
  /** Their texts. */
  readonly texts: ReadonlyMap<string, string>;
  /** Those of pods that choose none; undefined where nothing is said. */
  readonly byDefault?: readonly string[];
  /** Whether these are all. An injector's ConfigMap has all of them, values only those that are added. */
  readonly all: boolean;
}

/** What Kubernetes calls for new pods, by a MutatingWebhookConfiguration. */
export interface Injector {
  /** `default` for the control plane without a name of its own; of a tag that of what it stands for. */
  readonly revision: string;
  readonly source: Origin;
  /** Whom each of its webhooks selects, as Kubernetes' label selectors; an empty one selects all. */
  readonly webhooks: readonly { readonly ofNamespace: unknown; readonly ofPod: unknown }[];
}

export interface Mesh {
  /** Values that were given, by path; the later file beats the earlier. Booleans and numbers as texts. */
  readonly values: ReadonlyMap<MeshValue, Sourced<string>>;
  readonly proxyListenPort?: Sourced<string>;
  readonly proxyInboundListenPort?: Sourced<string>;
  /** meshConfig.defaultConfig. */
  readonly defaultConfig?: ProxyConfigLayer;
  readonly proxyConfigs: readonly ProxyConfigResource[];
  readonly namespaces: ReadonlyMap<string, NamespaceResource>;
  /** `meshConfig.rootNamespace`; `istio-system` where nothing is said. */
  readonly rootNamespace: string;
  /** The release that the values name: `global.tag`, an Istio resource's `spec.version`. */
  readonly release?: Sourced<string>;
  /** Numbers and booleans that stand without quotes where the charts have a text, by path. */
  readonly bare?: ReadonlyMap<string, Sourced<string>>;
  /** Undefined where none are given. */
  readonly templates?: Templates;
  /** All that the cluster has; undefined where nobody has looked: then the selectors of the charts are assumed. */
  readonly injectors?: readonly Injector[];
  /** The meshes of a cluster's control planes by revision, that without a name as the empty text; one of them is this. */
  readonly revisions?: ReadonlyMap<string, Mesh>;
  readonly problems: readonly Problem[];
}

/** A mesh of which nothing is said: every value has its release's default. */
export const NO_MESH: Mesh = { values: new Map(), proxyConfigs: [], namespaces: new Map(), rootNamespace: 'istio-system', problems: [] };
