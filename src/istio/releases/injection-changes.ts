/** What changed in the arguments that a release's injector passes to istio-iptables. */

import type { Change } from './change.ts';

export const INJECTION_CHANGES = {
  injectsInboundPort: { spans: '1.3 -', commits: ['c4481992064'], touches: 'injection', what: 'The injector passes -z 15006.' },
  injectsAllInboundPorts: {
    spans: '1.3 -',
    commits: [],
    touches: 'injection',
    what: "All inbound ports are captured by default; before, the ports that the pod's containers declare.",
  },
  injectsStatusPort: { spans: '1.1 -', commits: [], touches: 'injection', what: 'The status port 15020 is excluded by default.' },
  injectsTelemetryPort: { spans: '1.5 -', commits: [], touches: 'injection', what: 'Port 15090 is always excluded.' },
  injectsHealthPort: { spans: '1.6 -', commits: [], touches: 'injection', what: 'Port 15021 is always excluded.' },
} as const satisfies Record<string, Change>;
