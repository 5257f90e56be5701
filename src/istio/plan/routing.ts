/** What a plan needs outside the packet filter: policy rules, local routes, and the address ::6. */

import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { hex } from '../../netfilter/numbers.ts';
import type { Because } from '../../netfilter/rule.ts';
import type { Profile } from '../releases/profile.ts';
import type { SettingValues } from '../settings/settings.ts';
import type { Switches } from '../settings/switches.ts';

/** Packets that carry a mark are routed by a table of their own. */
export interface PolicyRule {
  readonly family: Family;
  readonly mark: number;
  /** The bits of the mark that count; all of them where it is left out. */
  readonly mask?: number;
  /** The rule's place among others; the kernel's choice where it is left out. */
  readonly preference?: number;
  readonly table: number;
  readonly because: Because;
}

/** Everything in that table is delivered to this machine. */
export interface LocalRoute {
  readonly family: Family;
  readonly device: 'lo';
  readonly table: number;
  readonly because: Because;
}

/** An address on an interface. */
export interface Address {
  readonly family: Family;
  readonly address: string;
  readonly device: 'lo';
  readonly because: Because;
}

export interface Routing {
  readonly rules: readonly PolicyRule[];
  readonly routes: readonly LocalRoute[];
  readonly addresses: readonly Address[];
}

export const NO_ROUTING: Routing = { rules: [], routes: [], addresses: [] };

/** The routing of settings at a release, for the families that have rules. */
export function routingFor(
  values: SettingValues,
  switches: Pick<Switches, 'emptyInboundList'>,
  has: Profile['has'],
  ip6: boolean,
): Routing {
  const passthrough: Address = {
    family: 'ip6',
    address: '::6/128',
    device: 'lo',
    because: { text: 'The proxy delivers to the application from ::6.', settings: [] },
  };
  const addresses = ip6 && has('passthroughAddress') ? [passthrough] : [];
  const needed = values.mode === 'TPROXY' && (values['inbound.includePorts'].length > 0 || switches.emptyInboundList);
  const families = needed ? FAMILIES.filter((family) => family === 'ip' || (ip6 && has('routesAfterRules'))) : [];
  const mark = values['tproxy.mark'];
  const table = values['tproxy.routeTable'];
  const because: Because = {
    text: `Packets with mark ${mark} are delivered to the proxy by table ${table}.`,
    settings: ['mode', 'tproxy.mark', 'tproxy.routeTable'],
  };
  return {
    rules: families.map((family) => ({ family, mark, table, because })),
    routes: families.map((family) => ({ family, device: 'lo', table, because })),
    addresses,
  };
}

/** The routing in the words of the `ip` program, by the command that lists it: the golden `host` key. */
export type PrintedRouting = Readonly<Record<string, readonly string[]>>;

// A mark of zero is not shown: such a rule is for every packet.
function ruleText({ mark, mask, preference, table }: PolicyRule): string {
  const at = preference === undefined ? '' : `pref ${preference} `;
  const marked = mask === undefined ? `fwmark ${mark} ` : `fwmark ${hex(mark)}/${hex(mask)} `;
  return `${at}${mark === 0 ? '' : marked}lookup ${table}`;
}

/** What `ip rule`, `ip route`, `ip -6 rule`, `ip -6 route` and `ip -6 addr` would show; keys without a line are left out. */
export function printRouting(routing: Routing): PrintedRouting {
  const lines = (family: Family): readonly (readonly [string, readonly string[]])[] => {
    const ip = family === 'ip' ? 'ip' : 'ip -6';
    const of = <V extends { readonly family: Family }>(list: readonly V[]): readonly V[] => list.filter((item) => item.family === family);
    return [
      [`${ip} rule`, of(routing.rules).map(ruleText)],
      [`${ip} route`, of(routing.routes).map(({ device, table }) => `local default dev ${device} table ${table}`)],
      [`${ip} addr`, of(routing.addresses).map(({ address, device }) => `${address} dev ${device}`)],
    ];
  };
  return Object.fromEntries(FAMILIES.flatMap(lines).filter(([, list]) => list.length > 0));
}

/** The same as commands that set it up, in an order in which each works. */
export function printRoutingCommands(routing: Routing): readonly string[] {
  const flag = (family: Family): string => (family === 'ip' ? '-4' : '-6');
  return [
    ...routing.rules.map(({ family, mark, mask, preference, table }) => {
      const at = preference === undefined ? '' : `pref ${preference} `;
      return `ip ${flag(family)} rule add ${at}fwmark ${mask === undefined ? mark : `${hex(mark)}/${hex(mask)}`} lookup ${table}`;
    }),
    ...routing.routes.map(({ family, device, table }) => `ip ${flag(family)} route add local default dev ${device} table ${table}`),
    ...routing.addresses.map(({ family, address, device }) => `ip ${flag(family)} addr add ${address} dev ${device}`),
  ];
}
