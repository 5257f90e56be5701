/** What changed in the arguments that a release's injector passes to istio-iptables. */

import type { Change } from './change.ts';
import { PLUGIN_CHANGES } from './plugin-changes.ts';

/** One row a change of what is passed, checked, or configured by the CNI plugin. */
export const INJECTION_CHANGES = {
  injectsInboundPort: { spans: '1.3 -', commits: ['c4481992064'], touches: 'every pod', what: 'The injector passes -z 15006.' },
  injectsAllInboundPorts: {
    spans: '1.3 -',
    commits: [],
    touches: 'every pod',
    what: "All inbound ports are captured by default; before, the ports that the pod's containers declare.",
  },
  injectsStatusPort: { spans: '1.1 -', commits: [], touches: 'every pod', what: 'The status port 15020 is excluded by default.' },
  injectsTelemetryPort: { spans: '1.5 -', commits: [], touches: 'every pod', what: 'Port 15090 is always excluded.' },
  injectsHealthPort: { spans: '1.6 -', commits: [], touches: 'every pod', what: 'Port 15021 is always excluded.' },
  injectsProxyListenPort: {
    spans: '- 1.1, 1.12 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'meshConfig.proxyListenPort is passed as -p; without it -p is 15001.',
  },
  injectsNothingInModeNone: {
    spans: '1.1 -',
    commits: [],
    touches: 'pods in mode NONE',
    what: 'A pod in mode NONE gets no init container.',
  },
  injectsReroutedInterfaces: {
    spans: '1.1 -',
    commits: ['a970ec6afaf'],
    touches: 'pods with rerouted interfaces',
    what: 'The annotation traffic.sidecar.istio.io/kubevirtInterfaces is passed as -k.',
  },
  injectsExcludedOutboundPorts: {
    spans: '1.2 -',
    commits: ['e49111d6e0e'],
    touches: 'pods with excluded outbound ports',
    what: 'The annotation traffic.sidecar.istio.io/excludeOutboundPorts is passed as -o.',
  },
  injectsIncludedOutboundPorts: {
    spans: '1.7 -',
    commits: [],
    touches: 'pods with included outbound ports',
    what: 'The annotation traffic.sidecar.istio.io/includeOutboundPorts is passed as -q.',
  },
  injectsEnvironment: {
    spans: '1.7 -',
    commits: [],
    touches: 'users of the variable',
    what: 'proxyMetadata becomes the environment of the init container.',
  },
  injectsIncludedInboundValue: {
    spans: '1.12.2 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'global.proxy.includeInboundPorts is passed as -b where no annotation is.',
  },
  injectsExcludedInterfaces: {
    spans: '1.15 -',
    commits: [],
    touches: 'pods with excluded interfaces',
    what: 'The annotation traffic.sidecar.istio.io/excludeInterfaces is passed as -c.',
  },
  injectsInboundListenPort: {
    spans: '1.18 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'meshConfig.proxyInboundListenPort is passed as -z; without it -z is 15006.',
  },
  injectsProxyUser: {
    spans: '1.20 -',
    commits: [],
    touches: 'pods on OpenShift',
    what: "The proxy's user is taken from the range of its namespace and passed as -u; before, -u is always 1337.",
  },
  injectsTproxyUser: {
    spans: '1.25.4 - 1.25, 1.26.2 -',
    commits: ['928a3a47c7a'],
    touches: 'pods on OpenShift in TPROXY mode',
    what: 'With TPROXY -u is 1337, whatever the range of the namespace.',
  },
  injectsForceApply: {
    spans: '1.24 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'global.proxy_init.forceApplyIptables is passed as --force-apply.',
  },
  injectsNativeSidecars: {
    spans: '1.19 -',
    commits: [],
    touches: 'no traffic',
    what: 'The proxy can be injected as a native sidecar: an init container that restarts always, behind the one that makes the rules.',
  },
  nativeSidecarsByAnnotation: {
    spans: '1.24 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'sidecar.istio.io/nativeSidecar decides for its pod.',
  },
  nativeSidecarsByDefault: {
    spans: '1.27 -',
    commits: [],
    touches: 'every pod',
    what: "With kubelet 1.33 or newer the proxy is a native sidecar by default (ENABLE_NATIVE_SIDECARS is auto), and what makes the rules runs first: traffic of the pod's other init containers is captured by istio-init from then on, and no longer refused with the CNI plugin.",
  },
  injectsReroutedByNewName: {
    spans: '1.25 -',
    commits: [],
    touches: 'pods with rerouted interfaces',
    what: 'istio.io/reroute-virtual-interfaces is passed as -k.',
  },
  injectsNativeNftables: {
    spans: '1.27 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'global.nativeNftables is passed as --native-nftables.',
  },
  injectsByStatusPort: {
    spans: '1.0.3 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'The status port (annotation status.sidecar.istio.io/port, or global.proxy.statusPort) is excluded; 0 is none.',
  },
  declaresWithSpaces: {
    spans: '- 1.0.2',
    commits: [],
    touches: 'every pod',
    what: 'The declared ports are passed as -b with a comma and a space behind each.',
    gone: { what: 'The declared ports are passed as -b with commas between them.', commits: [] },
  },
  declaresOnlyTcp: {
    spans: '1.4 -',
    commits: [],
    touches: 'pods with the CNI plugin',
    what: 'Of the ports that containers declare only those of TCP count.',
  },
  injectsOpenList: {
    spans: '1.5 - 1.6.4',
    commits: [],
    touches: 'users of the annotation',
    what: 'Without a port of the pod, -d ends with a comma.',
    gone: { what: 'Without a port of the pod, -d ends with the last port of the proxy.', commits: [] },
  },
  injectsCapturePortVariable: {
    spans: '1.2',
    commits: [],
    touches: 'users of the annotation',
    what: 'INBOUND_CAPTURE_PORT is 15006 where the annotation traffic.sidecar.istio.io/includeInboundPorts is "*".',
    gone: { what: 'INBOUND_CAPTURE_PORT is no longer set: -z is passed.', commits: ['c4481992064'] },
  },
  injectsEnvironmentBesideResources: {
    spans: '1.6',
    commits: [],
    touches: 'users of the variable',
    what: 'proxyMetadata becomes the environment of the init container where global.proxy_init.resources is set, as the charts do.',
    gone: {
      what: 'proxyMetadata no longer needs global.proxy_init.resources to become the environment of the init container.',
      commits: [],
    },
  },
  injectsProxyConfigAnnotation: {
    spans: '1.6 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'The annotation proxy.istio.io/config counts.',
  },
  injectsProxyConfigResources: {
    spans: '1.13 -',
    commits: [],
    touches: 'users of the variable',
    what: 'ProxyConfig resources count.',
  },
  injectsMergedProxyConfig: {
    spans: '1.13 -',
    commits: [],
    touches: 'pods in TPROXY mode',
    what: 'The layers of proxy configuration are merged as messages, so that REDIRECT beats no other mode.',
  },
  injectsLogFlags: {
    spans: '1.15 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'The log level is passed as --log_output_level, and global.logAsJson as --log_as_json.',
  },
  injectsValidation: {
    spans: '1.5 -',
    commits: [],
    touches: 'pods with the CNI plugin',
    what: 'With the CNI plugin the container only validates: --run-validation --skip-rule-apply.',
  },
  reroutedTwice: {
    spans: '1.25 - 1.26.4, 1.27.0 - 1.27.1',
    commits: [],
    touches: 'pods with rerouted interfaces',
    what: 'Two annotations give two -k; the plugin loses the older.',
    gone: { what: 'The older annotation counts where the newer one is missing.', commits: ['7e1d1ebbe8e', '48293b22227'] },
  },
  injectsByLabel: {
    spans: '1.10 -',
    commits: [],
    touches: 'every pod',
    what: 'The label sidecar.istio.io/inject decides about injection, before the annotation of that name.',
  },
  // Before, y, yes, true and on, in any case, were a yes, and every other text a no. istio#56737, opened on 2025-06-23 for
  // istio#51841, between 1.26.0 and 1.27.0, of later 1.26 patches not told; its commit is not known here.
  readsInjectStrictly: {
    spans: '1.27 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'Only "true" and "false" count in sidecar.istio.io/inject.',
  },
  injectsGatewayTemplate: {
    spans: '1.10 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'The annotation inject.istio.io/templates chooses another template; that of gateways has no init container.',
  },
  ...PLUGIN_CHANGES,
  // pkg/kube/inject/webhook.go: adjustInitContainerUser.
  injectsOwnProxyUser: {
    spans: '1.20.7 - 1.20, 1.21.3 - 1.21, 1.22.1 -',
    commits: ['bc5eafed069'],
    touches: 'every pod',
    what: "runAsUser of the pod's own istio-proxy is passed as -u, unless it is 0.",
  },
  injectsMergedMetadata: {
    spans: '1.10.2 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'proxyMetadata of the annotation proxy.istio.io/config is merged into that of the mesh; before, it took its place.',
  },
} as const satisfies Record<string, Change>;
