/** The settings of a sidecar's capture: one table of keys, and what each accepts. */

import type { Network } from '../../netfilter/address/network.ts';
import { parseNetwork } from '../../netfilter/address/network.ts';
import type { OwnerRange, PortRange } from '../../netfilter/numbers.ts';
import { parseOwnerRange } from '../../netfilter/numbers.ts';
import type { Sourced } from '../origin.ts';
import type { ChangeName } from '../releases/profile.ts';

export type Mode = 'REDIRECT' | 'TPROXY' | 'NONE';

/** A list, or everything there is. */
export type AllOr<V> = '*' | readonly V[];

/** Every setting and the type of its value. Ports, marks and tables are numbers; ranges have their family. */
export interface SettingValues {
  mode: Mode;
  'proxy.uids': readonly OwnerRange[];
  'proxy.gids': readonly OwnerRange[];
  'proxy.port': number;
  'proxy.inboundPort': number;
  'proxy.tunnelPort': number;
  'inbound.includePorts': AllOr<PortRange>;
  'inbound.excludePorts': readonly PortRange[];
  'outbound.includeRanges': AllOr<Network>;
  'outbound.excludeRanges': readonly Network[];
  'outbound.includePorts': readonly PortRange[];
  'outbound.excludePorts': readonly PortRange[];
  'outbound.ownerGroups': AllOr<OwnerRange>;
  'outbound.excludeOwnerGroups': readonly OwnerRange[];
  'outbound.loopback': Network;
  'interfaces.exclude': readonly string[];
  'interfaces.reroute': readonly string[];
  'dns.capture': 'off' | 'servers' | 'all';
  'tproxy.mark': number;
  'tproxy.routeTable': number;
  dropInvalid: boolean;
  dualStack: boolean;
}

export type SettingKey = keyof SettingValues;

/** All settings, each with the place it came from. */
export type Settings = { readonly [K in SettingKey]: Sourced<SettingValues[K]> };

/** How a setting is written: one value, a list, or a list for which `*` may stand. */
export type Shape = 'one' | 'list' | 'list or *';

export interface Setting {
  readonly shape: Shape;
  /** One value, or one item of the list, from its text; null when it is not one. */
  readonly read: (text: string) => unknown;
  /** What a value may be, as it stands in messages and in the documentation. */
  readonly allowed: string;
  /** JSON Schema of one value, or of one item. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** The change that a release must have for the setting to matter. */
  readonly needs?: ChangeName;
  readonly what: string;
}

function readDecimal(max: number, min = 0): (text: string) => number | null {
  return (text) => (/^(0|[1-9]\d{0,9})$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : null);
}

const readPort = readDecimal(65535, 1);

function readPorts(text: string): PortRange | null {
  const [first = null, last = first, ...rest] = text.split(':').map(readPort);
  return first === null || last === null || first > last || rest.length > 0 ? null : { first, last };
}

function readLoopback(text: string): Network | null {
  const network = parseNetwork(text);
  return network?.family === 'ip' && network.address.startsWith('127.') && network.prefix >= 8 ? network : null;
}

// Istio's own rule for interface annotations since 1.30: 1 to 15 characters, a letter first.
function readInterface(text: string): string | null {
  return /^[A-Za-z][A-Za-z0-9_.-]{0,14}$/.test(text) ? text : null;
}

function oneOf(...words: string[]): Pick<Setting, 'read' | 'allowed' | 'schema'> {
  return { read: (text) => (words.includes(text) ? text : null), allowed: words.join(', '), schema: { enum: words } };
}

const onOff = {
  read: (text: string) => (text === 'true' ? true : text === 'false' ? false : null),
  allowed: 'true or false',
  schema: { type: 'boolean' },
};
const onePort = {
  shape: 'one',
  read: readPort,
  allowed: 'a port (1 to 65535)',
  schema: { type: 'integer', minimum: 1, maximum: 65535 },
} as const;
const ports = {
  read: readPorts,
  allowed: 'a port (1 to 65535) or a range (8000:8099)',
  schema: {
    anyOf: [
      { type: 'integer', minimum: 1, maximum: 65535 },
      { type: 'string', pattern: '^[1-9][0-9]{0,4}(:[1-9][0-9]{0,4})?$' },
    ],
  },
};
const owners = {
  read: parseOwnerRange,
  allowed: 'an id or a name',
  schema: { type: ['string', 'integer'] },
};
const ranges = {
  read: parseNetwork,
  allowed: 'an address range such as 10.0.0.0/8 or 2001:db8::/32',
  schema: { type: 'string' },
};
const interfaces = {
  shape: 'list',
  read: readInterface,
  allowed: 'an interface name (1 to 15 letters, digits, ".", "_", "-", a letter first)',
  schema: { type: 'string' },
} as const;
const number = {
  shape: 'one',
  read: readDecimal(0xffffffff, 1),
  allowed: 'a number (1 to 4294967295)',
  schema: { type: 'integer', minimum: 1, maximum: 0xffffffff },
} as const;

/** The table that reading, writing, the schema and the documentation are made from. */
export const SETTINGS: { readonly [K in SettingKey]: Setting } = {
  mode: { shape: 'one', ...oneOf('REDIRECT', 'TPROXY', 'NONE'), what: 'How inbound traffic reaches the proxy; NONE makes no rules.' },
  'proxy.uids': { shape: 'list', ...owners, what: "Users whose traffic is the proxy's own." },
  'proxy.gids': { shape: 'list', ...owners, what: "Groups whose traffic is the proxy's own." },
  'proxy.port': { ...onePort, what: 'Where outbound traffic is sent.' },
  'proxy.inboundPort': { ...onePort, needs: 'inboundPort', what: 'Where inbound traffic is sent.' },
  'proxy.tunnelPort': { ...onePort, needs: 'tunnelPortReturn', what: 'The port of the tunnel, which is not redirected.' },
  'inbound.includePorts': { shape: 'list or *', ...ports, what: 'Inbound ports to capture.' },
  'inbound.excludePorts': { shape: 'list', ...ports, what: 'Inbound ports to leave alone; counts only where all are included.' },
  'outbound.includeRanges': { shape: 'list or *', ...ranges, what: 'Destinations to capture.' },
  'outbound.excludeRanges': { shape: 'list', ...ranges, what: 'Destinations to leave alone.' },
  'outbound.includePorts': {
    shape: 'list',
    ...ports,
    needs: 'includeOutboundPorts',
    what: 'Outbound ports to capture whatever the destination.',
  },
  'outbound.excludePorts': { shape: 'list', ...ports, needs: 'excludeOutboundPorts', what: 'Outbound ports to leave alone.' },
  'outbound.ownerGroups': {
    shape: 'list or *',
    ...owners,
    needs: 'ownerGroups',
    what: 'Groups whose outbound traffic is captured, 64 at most.',
  },
  'outbound.excludeOwnerGroups': { shape: 'list', ...owners, needs: 'ownerGroups', what: 'Groups whose outbound traffic is left alone.' },
  'outbound.loopback': {
    shape: 'one',
    read: readLoopback,
    allowed: 'an IPv4 loopback range (127.0.0.0/8 to /32)',
    schema: { type: 'string' },
    needs: 'loopbackRange',
    what: 'What counts as loopback in IPv4.',
  },
  'interfaces.exclude': { ...interfaces, needs: 'excludeInterfaces', what: 'Interfaces to leave alone.' },
  'interfaces.reroute': {
    ...interfaces,
    needs: 'rerouteInterfaces',
    what: 'Interfaces of virtual machines, whose traffic counts as outbound.',
  },
  'dns.capture': {
    shape: 'one',
    ...oneOf('off', 'servers', 'all'),
    what: "Which DNS goes to the proxy: none, that to the pod's nameservers, or all.",
  },
  'tproxy.mark': { ...number, what: 'The mark of packets for TPROXY.' },
  'tproxy.routeTable': { ...number, what: 'The routing table for marked packets.' },
  dropInvalid: { shape: 'one', ...onOff, needs: 'dropInvalid', what: 'Drop packets that conntrack calls invalid.' },
  dualStack: { shape: 'one', ...onOff, needs: 'dualStack', what: 'Look for an IPv6 address behind an IPv4 one.' },
};

export const SETTING_KEYS: readonly SettingKey[] = Object.keys(SETTINGS) as SettingKey[];

/** Whether a text is the key of a setting. */
export function isSettingKey(text: string): text is SettingKey {
  return Object.hasOwn(SETTINGS, text);
}

/** The bare values of settings. */
export function valuesOf(settings: Settings): SettingValues {
  return Object.fromEntries(SETTING_KEYS.map((key) => [key, settings[key].value])) as unknown as SettingValues;
}
