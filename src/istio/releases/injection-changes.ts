/** What changed in the arguments that a release's injector passes to istio-iptables. */

import type { Change } from './change.ts';

/** One row a change of what is passed; those that no setting of a pod without annotations asks for are told of by `changes` only. */
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
    what: 'proxyMetadata becomes the environment of the init container; in 1.6 only where resources are set for it.',
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
  injectsReroutedByNewName: {
    spans: '1.25 -',
    commits: [],
    touches: 'pods with rerouted interfaces',
    what: 'The annotation istio.io/reroute-virtual-interfaces is passed as -k, before the older kubevirtInterfaces.',
  },
  injectsNativeNftables: {
    spans: '1.27 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'global.nativeNftables is passed as --native-nftables.',
  },
} as const satisfies Record<string, Change>;
