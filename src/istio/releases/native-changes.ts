/** What changed between releases in native rules of nft, and in those of the ambient mode, of both backends. */

import type { Change } from './change.ts';

export const NATIVE_CHANGES = {
  nativeCounters: {
    spans: '1.28 -',
    commits: [],
    touches: 'no traffic',
    what: 'Native rules of nft count what they match.',
  },
  // Pull request 58175.
  nativeTproxyWithoutPorts: {
    spans: '1.27.4 - 1.27, 1.28.1 -',
    commits: [],
    touches: 'pods with native nftables',
    what: 'Native rules in TPROXY mode can be made where no inbound port is captured; before, nft refused the third of three inserts.',
  },
  ambientInPod: {
    spans: '1.21 -',
    commits: [],
    touches: 'ambient pods',
    what: 'The node agent of the ambient mode puts rules into pods.',
  },
  ambientIp6: { spans: '1.23 -', commits: [], touches: 'ambient pods', what: 'Ambient pods get rules for IPv6.' },
  // Pull request 50747.
  ambientTwoSets: { spans: '1.23 -', commits: [], touches: 'no traffic', what: 'The node has one set of addresses for each family.' },
  // Pull request 52622.
  ambientRedirect: {
    spans: '1.23.1 -',
    commits: [],
    touches: 'ambient pods',
    what: 'AMBIENT_TPROXY_REDIRECTION chooses between TPROXY and REDIRECT for ambient pods.',
  },
  ambientRedirectByDefault: { spans: '1.24 -', commits: [], touches: 'ambient pods', what: 'Ambient pods get REDIRECT by default.' },
  // Pull request 53896.
  ambientTproxy: {
    spans: '1.21 - 1.24',
    commits: [],
    touches: 'ambient pods',
    what: 'Ambient pods can be captured by TPROXY.',
    gone: { what: 'Ambient pods are captured by REDIRECT only.', commits: [] },
  },
  // Pull request 52867.
  ambientDnsTcp: {
    spans: '1.24 -',
    commits: [],
    touches: 'ambient pods',
    what: "In ambient pods DNS over TCP is captured too, ztunnel's own queries are not, and answers have conntrack zones.",
  },
  // Pull request 53476.
  ambientIngress: {
    spans: '1.24 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'ambient.istio.io/bypass-inbound-capture is read.',
  },
  // Pull request 58577.
  ambientIngressMark: {
    spans: '1.29 -',
    commits: [],
    touches: 'users of the annotation',
    what: "With inbound capture off, ztunnel's connections are remembered all the same.",
  },
  // Pull request 53951.
  ambientStrictDelete: {
    spans: '1.24.0',
    commits: [],
    touches: 'no traffic',
    what: 'Deleting the rules of an ambient pod fails where a chain was never there, though all is gone.',
    gone: { what: 'Deleting the rules of an ambient pod does not mind what was never there.', commits: [] },
  },
  // Pull requests 53933, 54935, 53153, 53906.
  ambientPodKnobs: {
    spans: '1.25 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'Ambient pods choose their virtual interfaces and their DNS capture by annotations, and rules that are there already are recognised.',
  },
  ambientSetComments: {
    spans: '1.25 -',
    commits: [],
    touches: 'no traffic',
    what: "The node's set keeps the uid of each pod as a comment.",
  },
  // Pull request 56984.
  ambientJumpFirst: {
    spans: '1.27 -',
    commits: [],
    touches: 'ambient pods',
    what: "The node's jump comes before other rules of POSTROUTING.",
  },
  ambientNftables: {
    spans: '1.28 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'global.nativeNftables counts for the node agent.',
  },
  // Pull request 58270.
  ambientNftablesByFamily: {
    spans: '1.28.1 -',
    commits: [],
    touches: 'ambient pods',
    what: 'Native rules of ambient pods have IPv6 only where it is on.',
  },
  // Pull request 60370. Seen: of 24 pods at once 23 had another pod's rules, none with an error.
  ambientSharedBuilder: {
    spans: '1.28 - 1.29.3, 1.30.0',
    commits: [],
    touches: 'ambient pods',
    what: "With native nftables, ambient pods that are added to a node at the same time can get each other's rules.",
    gone: { what: 'With native nftables, each ambient pod gets its own rules, however many are added at the same time.', commits: [] },
  },
  // Pull request 58354; read, not run.
  ambientStaysWithSets: {
    spans: '1.28.2 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'A node agent that is told to use nftables stays with iptables while a set of ipset of its name is there: until the node is started anew.',
  },
  // The default of the chart.
  ambientDnsByDefault: {
    spans: '1.25 -',
    commits: [],
    touches: 'ambient pods',
    what: 'The chart of the node agent has ambient.dnsCapture on.',
  },
  ambientReconcilesByDefault: {
    spans: '1.29 -',
    commits: [],
    touches: 'ambient pods',
    what: 'The chart of the node agent has ambient.reconcileIptablesOnStartup on: rules of another configuration are replaced when the agent starts.',
  },
} as const satisfies Record<string, Change>;
