/** Names of services, users and groups become numbers where the facts know them. */

import type { OwnerRange, PortRange } from '../../netfilter/numbers.ts';
import { port } from '../../netfilter/numbers.ts';
import type { Facts } from './facts.ts';
import type { AllOr, SettingValues } from './settings.ts';

/** The values with every name that the facts know replaced by its number; other names stay. The facts are asked for a name only. */
export function withNumbers(values: SettingValues, facts: Facts): SettingValues {
  const ports = (ranges: readonly PortRange[]): readonly PortRange[] =>
    ranges.map((range) => ('service' in range ? servicePort(range, facts.services) : range));
  const owners = (ranges: readonly OwnerRange[], kind: 'users' | 'groups'): readonly OwnerRange[] =>
    ranges.map((range) => ('name' in range ? ownerId(range, facts[kind]) : range));
  return {
    ...values,
    'proxy.uids': owners(values['proxy.uids'], 'users'),
    'proxy.gids': owners(values['proxy.gids'], 'groups'),
    'inbound.includePorts': unlessAll(values['inbound.includePorts'], ports),
    'inbound.excludePorts': ports(values['inbound.excludePorts']),
    'outbound.includePorts': ports(values['outbound.includePorts']),
    'outbound.excludePorts': ports(values['outbound.excludePorts']),
    'outbound.ownerGroups': unlessAll(values['outbound.ownerGroups'], (ranges) => owners(ranges, 'groups')),
    'outbound.excludeOwnerGroups': owners(values['outbound.excludeOwnerGroups'], 'groups'),
  };
}

type Ids = Readonly<Record<string, number>>;

function unlessAll<V>(value: AllOr<V>, change: (list: readonly V[]) => readonly V[]): AllOr<V> {
  return value === '*' ? value : change(value);
}

function servicePort(range: { readonly service: string }, services: Ids = {}): PortRange {
  const number = Object.hasOwn(services, range.service) ? services[range.service] : undefined;
  return number === undefined ? range : port(number);
}

function ownerId(range: { readonly name: string }, ids: Ids = {}): OwnerRange {
  const id = Object.hasOwn(ids, range.name) ? ids[range.name] : undefined;
  return id === undefined ? range : { first: id, last: id };
}

/** Every name that is still one, with the setting it stands in. */
export function namesIn(values: SettingValues): readonly (readonly [keyof SettingValues, string])[] {
  return (Object.entries(values) as [keyof SettingValues, unknown][]).flatMap(([key, value]) =>
    Array.isArray(value) ? value.flatMap((item) => nameOf(item).map((name) => [key, name] as const)) : [],
  );
}

function nameOf(item: unknown): readonly string[] {
  if (typeof item !== 'object' || item === null) return [];
  if ('service' in item) return [String(item.service)];
  return 'name' in item ? [String(item.name)] : [];
}
