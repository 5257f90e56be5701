/** What changed in native rules of nft between releases: the sidecar's since 1.27, those of ambient pods since 1.28. */

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
} as const satisfies Record<string, Change>;
