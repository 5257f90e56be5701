/** Other init containers that run while there are rules and no proxy. */

import { printNetwork } from '../../../netfilter/address/network.ts';
import { printOwnerRange, printPortRange } from '../../../netfilter/numbers.ts';
import type { Destination } from '../../kubernetes/destinations.ts';
import { destinationsOf, destinationText } from '../../kubernetes/destinations.ts';
import { initOrderOf } from '../../kubernetes/init-order.ts';
import { nativeSidecar } from '../../kubernetes/injection/native-sidecar.ts';
import type { Container } from '../../kubernetes/manifest/workload.ts';
import { PROXY_CONFIG_ANNOTATION, readProxyConfigAnnotation } from '../../kubernetes/mesh/annotation.ts';
import { effectiveProxyConfig } from '../../kubernetes/mesh/effective.ts';
import { isOneOf } from './identity.ts';
import { excludesFamily, isLeftAlone } from './left-alone.ts';
import type { Raised, SettingsSubject, WorkloadCheck, WorkloadSubject } from './subject.ts';
import { capturesOutbound } from './subject.ts';

export const withoutProxy: WorkloadCheck = (subject) => {
  const { workload, made, mesh, settings } = subject;
  const { pod } = workload;
  if (made?.injection.kind !== 'arguments' || settings === undefined) return [];
  const { values } = settings;
  if (!capturesOutbound(values)) return [];
  const { beforeProxy, native } = initOrderOf({ ...made, workload }, mesh);
  return beforeProxy
    .filter(
      ({ ids }) =>
        !isOneOf(values['proxy.uids'], ids.runAsUser ?? pod.ids.runAsUser) &&
        !isOneOf(values['proxy.gids'], ids.runAsGroup ?? pod.ids.runAsGroup),
    )
    .flatMap((container) => {
      const refused = refusedOf(container, settings);
      if (refused === undefined) return [];
      return [
        {
          code: 'init-container-without-proxy',
          source: container.name.source,
          // Nobody knows the nodes here, nor what an init container does that names nothing.
          ...(native === 'by kubelet' || !refused.certain ? { severity: 'note' } : {}),
          args: {
            container: container.name.value,
            what: refused.what,
            unless: native === 'by kubelet' ? ', unless the proxy is a native sidecar, as it is on nodes with kubelet 1.33 or newer' : '',
            hold: isHeld(subject) ? '; holdApplicationUntilProxyStarts does not help an init container' : '',
            fix: fixOf(refused, subject),
          },
        } satisfies Raised,
      ];
    });
};

/** A native sidecar is ready before the application's containers start: the injector's template then adds no hook that waits. */
export const holdIdle: WorkloadCheck = ({ workload, made, mesh, profile }) => {
  const { pod } = workload;
  const native = made?.injection.kind === 'arguments' && !made.found && nativeSidecar(pod, mesh, profile) === 'yes';
  const annotation = pod.annotations.get(PROXY_CONFIG_ANNOTATION);
  // Of the mesh's own setting somebody else decides, and other pods may need it.
  if (!native || annotation === undefined || readProxyConfigAnnotation(pod.annotations)?.layer?.holds !== true) return [];
  return [{ code: 'hold-idle', source: annotation.source, args: {} }];
};

interface Refused {
  readonly what: string;
  /** Whether something is refused for sure, or only what the container may send. */
  readonly certain: boolean;
  /** The ports that would have to be left alone; undefined where excluding ports is of no help. */
  readonly ports?: string;
}

/** What of a container's traffic is lost; undefined where everything that it is known to need is left alone. */
function refusedOf(container: Container, { values, istioPorts }: SettingsSubject): Refused | undefined {
  // The plugin leaves a port of the agent alone by itself.
  const ports = values['outbound.excludePorts'].filter((range) => !('first' in range && istioPorts.has(range.first)));
  const excluded = [...ports.map(printPortRange), ...values['outbound.excludeRanges'].map(printNetwork)];
  const but = excluded.length === 0 ? '' : `, but for what is excluded (${excluded.join(', ')})`;
  const destinations = destinationsOf(container);
  const named = destinations.filter(({ address }) => address === undefined);
  if (values['dns.capture'] !== 'off' && (destinations.length === 0 || named.length > 0))
    return {
      what: `its look-ups go to the DNS port of the agent (15053), where nobody listens yet, and what else it sends is refused${but}`,
      certain: true,
    };
  const lost = destinations.filter((one) => isLeftAlone(one, values) === 'no');
  if (lost.length > 0) return { what: `${listed(lost)} is refused`, certain: true, ports: portsOf(lost) };
  const everything = excludesFamily(values['outbound.excludeRanges'], 'ip');
  if (everything || (destinations.length > 0 && destinations.every((one) => isLeftAlone(one, values) === 'yes'))) return undefined;
  return { what: `what it sends is refused${but}`, certain: excluded.length === 0, ports: 'the ports and ranges that it needs' };
}

function listed(destinations: readonly Destination[]): string {
  return [...new Set(destinations.map(destinationText))].join(', ');
}

function portsOf(destinations: readonly Destination[]): string {
  const ports = [...new Set(destinations.flatMap(({ port }) => port ?? []))].join(', ');
  return ports === '' ? 'the ports and ranges that it needs' : `port ${ports}`;
}

function fixOf({ ports }: Refused, { made, profile, settings }: WorkloadSubject): string {
  const user = settings?.values['proxy.uids'].map(printOwnerRange).join(' or ') ?? '';
  const fixes = [
    ...(made?.found !== true && profile.has('injectsNativeSidecars') ? ['make the proxy a native sidecar'] : []),
    `run the container as user ${user}`,
    ...(ports === undefined ? [] : [`exclude ${ports}`]),
  ];
  return fixes.length === 1 ? (fixes[0] ?? '') : `${fixes.slice(0, -1).join(', ')}, or ${fixes.at(-1)}`;
}

/** Whether the containers of the application wait for the proxy. */
function isHeld({ mesh, workload }: WorkloadSubject): boolean {
  const value = mesh.values.get('global.proxy.holdApplicationUntilProxyStarts')?.value;
  return value === 'true' || effectiveProxyConfig(mesh, workload).holds === true;
}
