/** What the proxy itself does with a connection, release by release: no rule shows it, and the rules are made for it. */

import type { Release, Spans } from './known.ts';
import { position, readSpans } from './known.ts';

interface ProxyChange {
  readonly spans: Spans;
  /** Where it is told of: a document, an issue, a commit. */
  readonly evidence: string;
  readonly what: string;
}

const PROXY_CHANGES = {
  keepsClientAddress: {
    spans: '1.6 -',
    evidence: 'e5095d6479a, and the filter original_src in TestSidecarInboundListenerWithOriginalSrc',
    what: "With TPROXY the proxy calls the application from the client's address.",
  },
  inboundByPort: {
    spans: '1.6 -',
    evidence: 'istio#23369',
    what: 'Only what comes to the inbound port is inbound; before, the destination told as well.',
  },
  marksDeliveries: {
    spans: '1.9 -',
    evidence: 'istio#28457',
    what: "What the proxy sends from the client's address bears the mark 1337.",
  },
  mayListenOnIp4: {
    spans: '1.20 -',
    evidence: 'istio#46719',
    what: 'In an IPv6-only pod the proxy listens on IPv4 for outbound traffic as well, where istiod is told to.',
  },
  deliversToPodAddress: {
    spans: '1.10 -',
    evidence: 'istio.io, "Upcoming networking changes in Istio 1.10"',
    what: "The application is called by the pod's address; before, by localhost.",
  },
} as const satisfies Record<string, ProxyChange>;

export type ProxyChangeName = keyof typeof PROXY_CHANGES;

/** Whether a release's proxy does so. */
export function proxyDoes(release: Release, change: ProxyChangeName): boolean {
  const at = position(release);
  return readSpans(PROXY_CHANGES[change].spans).some(([first, last]) => first <= at && at <= last);
}
