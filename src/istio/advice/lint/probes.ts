/** Probes that come to the proxy as they are. */

import { parseGoBool } from '../../arguments/command-line.ts';
import { field, itemsIn, sourceOf, textOf } from '../../yaml-fields.ts';
import { appContainers } from './identity.ts';
import type { Raised, WorkloadCheck } from './subject.ts';

const REWRITE = 'sidecar.istio.io/rewriteAppHTTPProbers';
const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const;

/** Of httpGet probes only: one by exec is none of the network, and a TCP one succeeds as soon as the proxy accepts. */
export const probesNotRewritten: WorkloadCheck = ({ workload: { pod, source }, made, settings }) => {
  const given = pod.annotations.get(REWRITE);
  if (given === undefined || parseGoBool(given.value) !== false || settings === undefined) return [];
  if (made?.injection.kind !== 'arguments' || source.kind !== 'file') return [];
  const included = settings.values['inbound.includePorts'];
  const left = settings.values['inbound.excludePorts'];
  const isIn = (ranges: typeof left, port: number): boolean =>
    ranges.some((range) => 'first' in range && range.first <= port && port <= range.last);
  return appContainers(pod).flatMap((container) =>
    PROBES.flatMap((probe): readonly Raised[] => {
      const probed = field(container.node, probe, 'httpGet', 'port');
      const text = textOf(probed) ?? '';
      const named = field(container.node, 'ports');
      const port = /^\d+$/.test(text) ? Number(text) : numberOf(named, text);
      if (probed === undefined || port === undefined) return [];
      const captured = included === '*' ? !isIn(left, port) : isIn(included, port);
      if (!captured) return [];
      const args = { name: REWRITE, value: `"${given.value}"`, probe, container: container.name.value, port: `${port}` };
      return [{ code: 'probes-not-rewritten', source: sourceOf(probed, source.file), args }];
    }),
  );
};

/** The number of a port that has a name. */
function numberOf(ports: ReturnType<typeof field>, name: string): number | undefined {
  const found = itemsIn(ports).find((item) => textOf(field(item, 'name')) === name);
  const text = textOf(field(found, 'containerPort')) ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
