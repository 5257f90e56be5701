/** Ports of the application that are Istio's own. */

import { ANNOTATIONS } from '../../kubernetes/annotations.ts';
import type { Profile } from '../../releases/profile.ts';
import type { SettingValues } from '../../settings/settings.ts';
import { appContainers } from './identity.ts';
import type { Raised, WorkloadCheck } from './subject.ts';

interface IstioPort {
  readonly port: number;
  readonly what: string;
  /** TCP where nothing is said. */
  readonly protocols?: readonly string[];
}

/** What listens in a pod with a sidecar (istio.io, "Application requirements"), as far as it is known since when. */
function istioPorts(values: SettingValues, { has }: Profile): readonly IstioPort[] {
  return [
    { port: 15000, what: 'the admin port of the proxy' },
    { port: values['proxy.port'], what: 'the outbound port of the proxy' },
    ...(has('probeFlags') ? [{ port: 15002, what: 'the port for failure detection' }] : []),
    ...(has('injectsInboundPort') ? [{ port: values['proxy.inboundPort'], what: 'the inbound port of the proxy' }] : []),
    { port: 15004, what: 'the debug port of the agent' },
    ...(has('tunnelPortReturn') ? [{ port: values['proxy.tunnelPort'], what: 'the tunnel port of the proxy' }] : []),
    ...(has('injectsStatusPort') ? [{ port: 15020, what: 'the status port of the agent' }] : []),
    ...(has('injectsHealthPort') ? [{ port: 15021, what: 'the health port of the proxy' }] : []),
    ...(values['dns.capture'] === 'off' ? [] : [{ port: 15053, what: 'the DNS port of the agent', protocols: ['TCP', 'UDP'] }]),
    ...(has('injectsTelemetryPort') ? [{ port: 15090, what: 'the telemetry port of the proxy' }] : []),
  ];
}

export const portsOfIstio: WorkloadCheck = ({ workload: { pod }, settings, profile }) => {
  if (settings === undefined) return [];
  const known = istioPorts(settings.values, profile);
  return appContainers(pod).flatMap((container) =>
    container.ports.flatMap(({ port, protocol }): readonly Raised[] => {
      const taken = known.find((one) => String(one.port) === port.value && (one.protocols ?? ['TCP']).includes(protocol));
      if (taken === undefined) return [];
      const args = { container: container.name.value, protocol: protocol === 'TCP' ? '' : `${protocol} `, port: port.value };
      return [{ code: 'port-of-istio', source: port.source, args: { ...args, what: taken.what } }];
    }),
  );
};

/** The annotation names the agent's port, which is left alone: 0 leaves none alone, and the application's own goes past the proxy. */
export const statusPort: WorkloadCheck = ({ workload: { pod }, made, settings, profile }) => {
  const { key, needs } = ANNOTATIONS.statusPort;
  const given = pod.annotations.get(key);
  if (given === undefined || settings === undefined || made === undefined || !profile.has(needs)) return [];
  const port = given.value.trim();
  const excluded = settings.values['inbound.excludePorts'];
  const agent = excluded.some((range) => 'first' in range && range.first <= 15020 && 15020 <= range.last);
  if (port === '' || Number(port) === 0)
    return agent || settings.values['inbound.includePorts'] !== '*'
      ? []
      : [{ code: 'status-port-captured', source: given.source, args: { name: key, value: `"${port}"` } }];
  const container = appContainers(pod).find(({ ports }) => ports.some((one) => one.port.value === port && one.protocol === 'TCP'));
  return container === undefined
    ? []
    : [{ code: 'status-port-of-app', source: given.source, args: { name: key, port, container: container.name.value } }];
};
