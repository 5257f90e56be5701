/** What changed in the CNI plugin: whether a pod is left to it, and what it reads and checks. */

import type { Change } from './change.ts';

export const PLUGIN_CHANGES = {
  cniByOlderValue: {
    spans: '- 1.23',
    commits: [],
    touches: 'pods with the CNI plugin',
    what: 'istio_cni.enabled tells the injector of the CNI plugin.',
    gone: { what: 'istio_cni.enabled is no longer read.', commits: [] },
  },
  cniByPilotValue: {
    spans: '1.22 -',
    commits: [],
    touches: 'pods with the CNI plugin',
    what: 'pilot.cni.enabled tells the injector of the CNI plugin.',
  },
  injectsRedirectAnnotations: {
    spans: '1.3 - 1.7',
    commits: [],
    touches: 'pods with the CNI plugin',
    what: 'The injector writes what the CNI plugin reads into the annotations of the pod; inbound ports are those that its containers declare.',
    gone: { what: 'The injector no longer writes annotations into every pod, and all inbound ports are captured by default.', commits: [] },
  },
  injectsAnnotationsForPlugin: {
    spans: '1.9 -',
    commits: [],
    touches: 'pods with the CNI plugin',
    what: 'With the CNI plugin the injector writes what it reads into the annotations of the pod.',
  },
  injectsEmptyForPlugin: {
    spans: '1.25 -',
    commits: [],
    touches: 'pods with the CNI plugin',
    what: 'An empty global.proxy.includeInboundPorts reaches the plugin.',
  },
  checksPortsTo65535: {
    spans: '1.0.3 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'Ports up to 65535 are taken in annotations; before, up to 32767.',
  },
  checksRangesStrictly: {
    spans: '1.16 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'Zeros in front are refused in the ranges of annotations.',
  },
  checksInterfaces: {
    spans: '1.30 -',
    commits: ['76b606f2f36'],
    touches: 'users of the annotation',
    what: 'Names of interfaces in annotations are checked.',
  },
  pluginInIstio: {
    spans: '1.7 -',
    commits: [],
    touches: 'no traffic',
    what: "The CNI plugin is part of Istio's own releases.",
  },
  pluginTakesProxyUser: {
    spans: '1.19 -',
    commits: [],
    touches: 'pods with the CNI plugin',
    what: 'The CNI plugin takes user and group from the container of the proxy; before, both are 1337.',
  },
  pluginIncludesOutboundPorts: {
    spans: '1.12.5 - 1.12, 1.13.2 -',
    commits: [],
    touches: 'pods with included outbound ports',
    what: 'The CNI plugin reads traffic.sidecar.istio.io/includeOutboundPorts, and takes "*" for excluded ports.',
  },
  pluginExcludesInterfaces: {
    spans: '1.17 -',
    commits: [],
    touches: 'pods with excluded interfaces',
    what: 'The CNI plugin reads traffic.sidecar.istio.io/excludeInterfaces.',
  },
  pluginCapturesDns: {
    spans: '1.11 -',
    commits: [],
    touches: 'pods with DNS capture',
    what: 'The CNI plugin reads ISTIO_META_DNS_CAPTURE, and captures DNS to every server.',
  },
  pluginReadsAgentDualStack: {
    spans: '1.18.5 - 1.18',
    commits: [],
    touches: 'pods with dual stack',
    what: 'The CNI plugin reads ISTIO_AGENT_DUAL_STACK.',
    gone: { what: 'The CNI plugin no longer reads ISTIO_AGENT_DUAL_STACK.', commits: [] },
  },
  pluginReadsDualStack: {
    spans: '1.19.1 -',
    commits: [],
    touches: 'pods with dual stack',
    what: 'The CNI plugin reads ISTIO_DUAL_STACK.',
  },
} as const satisfies Record<string, Change>;
