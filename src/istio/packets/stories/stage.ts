/** The stage of a story: this pod, another with the same rules, and the addresses of everyone in it. */

import { networkRange, printAddress } from '../../../netfilter/address/address.ts';
import type { Family } from '../../../netfilter/family.ts';
import type { PortRange } from '../../../netfilter/numbers.ts';
import { ProblemError, problem } from '../../problems.ts';
import { profileOf } from '../../releases/profile.ts';
import { proxyDoes } from '../../releases/proxy-changes.ts';
import type { SettingValues } from '../../settings/settings.ts';
import { valuesOf } from '../../settings/settings.ts';
import type { Endpoint } from '../packet/endpoint.ts';
import type { PodNetwork } from '../pod-network.ts';
import { CLIENT } from '../trace-plan.ts';
import type { Call, Destination } from './story.ts';

export interface Stage {
  readonly family: Family;
  readonly here: PodNetwork;
  /** The pod of the service that is called. */
  readonly there: PodNetwork;
  readonly values: SettingValues;
  readonly does: (change: Parameters<typeof proxyDoes>[1]) => boolean;
  readonly hasHealthPort: boolean;
  readonly addresses: Readonly<Record<Place, string>>;
  /** Where the first call of the story goes instead. */
  readonly to: Endpoint | undefined;
}

/** Who has an address in a story. */
export type Place = 'pod' | 'localhost' | 'client' | 'machine' | 'service' | 'service pod' | 'outside' | 'nameserver' | 'delivery';

type Addresses = Readonly<Record<Exclude<Place, 'pod'>, string>>;

// From the ranges for documentation (RFC 5737, RFC 3849): they stand for those that nobody told.
const PLACEHOLDERS: Readonly<Record<Family, Addresses>> = {
  ip: {
    localhost: '127.0.0.1',
    delivery: '127.0.0.6',
    client: CLIENT.ip,
    machine: '192.0.2.99',
    service: '203.0.113.80',
    'service pod': '198.51.100.22',
    outside: '203.0.113.200',
    nameserver: '203.0.113.53',
  },
  ip6: {
    localhost: '::1',
    delivery: '::6',
    client: CLIENT.ip6,
    machine: '2001:db8:9::99',
    service: '2001:db8:f::80',
    'service pod': '2001:db8:1::22',
    outside: '2001:db8:e::200',
    nameserver: '2001:db8:f::53',
  },
};

/** The stage around a scene. `to` is where the first call goes instead of where the story says. */
export function stageOf(here: PodNetwork, family: Family, to?: Endpoint): Stage {
  const { release, settings } = here.plan;
  const values = valuesOf(settings);
  const usual = PLACEHOLDERS[family];
  const simulated = here.facts.nameservers?.find((server) => server.includes(':') === (family === 'ip6'));
  const addresses = {
    ...usual,
    pod: here.pod.addresses[family][0] ?? '',
    service: serviceAddress(values, family, usual.service),
    nameserver: simulated ?? usual.nameserver,
  };
  const there: PodNetwork = {
    ...here,
    facts: { ...here.facts, addresses: [addresses['service pod']] },
    state: { ...here.state, beforeProxy: false, network: undefined },
  };
  return {
    family,
    here,
    there,
    values,
    does: (change) => proxyDoes(release, change),
    hasHealthPort: profileOf(release).has('injectsHealthPort'),
    addresses,
    to,
  };
}

/** An address that stands for a service: one of the ranges that are captured, where they are listed. */
function serviceAddress(values: SettingValues, family: Family, usual: string): string {
  const ranges = values['outbound.includeRanges'];
  const listed = ranges === '*' ? undefined : ranges.find((range) => range.family === family);
  if (listed === undefined) return usual;
  const { first, last } = networkRange(listed);
  const tenth = typeof first === 'bigint' ? first + 10n : first + 10;
  return printAddress(tenth <= last ? tenth : first);
}

/** The address that a call goes to. */
export function destinationAddress({ addresses }: Stage, destination: Destination): string {
  switch (destination) {
    case 'pod':
    case 'localhost':
    case 'service':
    case 'outside':
    case 'nameserver':
      return addresses[destination];
    case 'own service':
      return addresses.service;
    default:
      return destination satisfies never;
  }
}

const USUAL_PORT = 8080;
const SERVICE_PORT = 80;
const HEALTH_PORT = 15021;
const STATUS_PORT = 15020;

/** The number of a port. Throws a ProblemError where the settings have none of the kind. */
export function portNumber({ values, hasHealthPort }: Stage, { port }: Pick<Call, 'port'>): number {
  switch (port) {
    case 'app':
      return values['inbound.includePorts'] === '*' ? USUAL_PORT : (firstPort(values['inbound.includePorts']) ?? USUAL_PORT);
    case 'service':
      return SERVICE_PORT;
    case 'health':
      return hasHealthPort ? HEALTH_PORT : STATUS_PORT;
    case 'excluded inbound':
      return needed(chosenByUser(values['inbound.excludePorts']), 'inbound.excludePorts', 'pod:9090');
    case 'excluded outbound':
      return needed(firstPort(values['outbound.excludePorts']), 'outbound.excludePorts', '10.0.0.5:3306');
    default:
      return port;
  }
}

/** The port of a pod behind a port of its service. */
export function portBehind(stage: Stage, port: number | undefined): number | undefined {
  return port === SERVICE_PORT ? portNumber(stage, { port: 'app' }) : port;
}

function firstPort(ranges: readonly PortRange[]): number | undefined {
  const [first] = ranges.filter((range) => 'first' in range);
  return first?.first;
}

// What the injector excludes by itself: a port that somebody chose says more.
const ISTIO_PORTS: readonly number[] = [15020, 15021, 15090];

function chosenByUser(ranges: readonly PortRange[]): number | undefined {
  return firstPort(ranges.filter((range) => !('first' in range) || !ISTIO_PORTS.includes(range.first))) ?? firstPort(ranges);
}

function needed(port: number | undefined, setting: string, example: string): number {
  if (port !== undefined) return port;
  const reason = `${setting} is empty, so that there is no such port; name one with --to ${example}`;
  throw new ProblemError([problem('bad-option', { kind: 'option', option: '--request' }, { reason })]);
}
