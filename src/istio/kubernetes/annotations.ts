/** The annotations of a pod that an injector reads for its rules. */

import type { ChangeName } from '../releases/profile.ts';
import type { CheckName } from './annotation-checks.ts';

/** An annotation, and how a release's injector checks it before it injects. */
export interface TrafficAnnotation {
  readonly key: string;
  /** The change that brought it; of 1.0 where nothing is said. */
  readonly needs?: ChangeName;
  readonly check?: CheckName;
  /** The change that brought the check, where that came later than the annotation. */
  readonly checkNeeds?: ChangeName;
}

const TRAFFIC = 'traffic.sidecar.istio.io/';

/** By short names of ours; `includeOutboundPorts` is checked by no release. */
export const ANNOTATIONS = {
  mode: { key: 'sidecar.istio.io/interceptionMode', check: 'mode' },
  statusPort: { key: 'status.sidecar.istio.io/port', needs: 'injectsByStatusPort', check: 'port' },
  includeRanges: { key: `${TRAFFIC}includeOutboundIPRanges`, check: 'ranges or *' },
  excludeRanges: { key: `${TRAFFIC}excludeOutboundIPRanges`, check: 'ranges' },
  includeInboundPorts: { key: `${TRAFFIC}includeInboundPorts`, check: 'ports or *' },
  excludeInboundPorts: { key: `${TRAFFIC}excludeInboundPorts`, check: 'ports' },
  includeOutboundPorts: { key: `${TRAFFIC}includeOutboundPorts`, needs: 'injectsIncludedOutboundPorts' },
  excludeOutboundPorts: { key: `${TRAFFIC}excludeOutboundPorts`, needs: 'injectsExcludedOutboundPorts', check: 'ports' },
  excludeInterfaces: {
    key: `${TRAFFIC}excludeInterfaces`,
    needs: 'injectsExcludedInterfaces',
    check: 'interfaces',
    checkNeeds: 'checksInterfaces',
  },
  kubevirtInterfaces: {
    key: `${TRAFFIC}kubevirtInterfaces`,
    needs: 'injectsReroutedInterfaces',
    check: 'interfaces',
    checkNeeds: 'checksInterfaces',
  },
  rerouteInterfaces: {
    key: 'istio.io/reroute-virtual-interfaces',
    needs: 'injectsReroutedByNewName',
    check: 'interfaces',
    checkNeeds: 'checksInterfaces',
  },
  logLevel: { key: 'sidecar.istio.io/agentLogLevel', needs: 'injectsLogFlags' },
} as const satisfies Record<string, TrafficAnnotation>;

export type AnnotationName = keyof typeof ANNOTATIONS;

export const ANNOTATION_NAMES: readonly AnnotationName[] = Object.keys(ANNOTATIONS) as AnnotationName[];
