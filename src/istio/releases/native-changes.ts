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
    touches: 'pods that capture some inbound ports, or none',
    what: 'Native rules in TPROXY mode can be made where no inbound port is captured; before, nft refused the third of three inserts.',
  },
  ambientInPod: {
    spans: '1.21 -',
    commits: [],
    touches: 'every pod',
    what: 'The node agent of the ambient mode puts rules into pods.',
  },
  ambientIp6: { spans: '1.23 -', commits: [], touches: 'pods with an IPv6 address', what: 'Ambient pods get rules for IPv6.' },
  // Pull request 50747.
  ambientTwoSets: { spans: '1.23 -', commits: [], touches: 'no traffic', what: 'The node has one set of addresses for each family.' },
  // Pull request 52622.
  ambientRedirect: {
    spans: '1.23.1 -',
    commits: [],
    touches: 'every pod',
    what: 'AMBIENT_TPROXY_REDIRECTION chooses between TPROXY and REDIRECT for ambient pods.',
  },
  ambientRedirectByDefault: { spans: '1.24 -', commits: [], touches: 'every pod', what: 'Ambient pods get REDIRECT by default.' },
  // Pull request 53896.
  ambientTproxy: {
    spans: '1.21 - 1.24',
    commits: [],
    touches: 'every pod',
    what: 'Ambient pods can be captured by TPROXY.',
    gone: { what: 'Ambient pods are captured by REDIRECT only.', commits: [] },
  },
  // Pull request 52867.
  ambientDnsTcp: {
    spans: '1.24 -',
    commits: [],
    touches: 'pods with DNS capture',
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
    touches: 'every pod',
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
    touches: 'pods without an IPv6 address',
    what: 'Native rules of ambient pods have IPv6 only where it is on.',
  },
} as const satisfies Record<string, Change>;
