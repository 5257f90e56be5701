/** The pod that packets meet: who its processes are, and its addresses. */

import { bareAddress } from '../../netfilter/address/network.ts';
import type { Family } from '../../netfilter/family.ts';
import type { OwnerRange } from '../../netfilter/numbers.ts';
import type { Facts } from '../settings/facts.ts';
import { withNumbers } from '../settings/name-resolution.ts';
import type { SettingValues } from '../settings/settings.ts';
import { PLACEHOLDER } from './trace-plan.ts';

/** A user and a group. Undefined: not known, as of a name without a number. */
export interface Owner {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

export interface Pod {
  readonly proxy: Owner;
  /** What the proxy marks its own calls with, where the rules know it by that. */
  readonly proxyMark?: number;
  /**
   * The container of a manifest that the rules are likeliest to let through; of what it does not say, and without one, the
   * first user from 1000 on, and the first group, that are none of the proxy's.
   */
  readonly app: Owner;
  /** The container that it is, where a manifest says who that runs as: `sleep runs as uid 1337 (securityContext)`. */
  readonly appIs?: string;
  /** Who an ordinary client is, where the rules ask for the source of probes: what nobody says comes from there. */
  readonly client?: Readonly<Record<Family, string>>;
  /** Each container with its own user and group, where a manifest has several that differ: the rules may treat them differently. */
  readonly apps?: readonly (Owner & { readonly name: string })[];
  /** Without the length of their network, and never empty: where the facts tell none of a family, one that stands for it. */
  readonly addresses: Readonly<Record<Family, readonly string[]>>;
  /** Whether the facts tell the addresses of a family. */
  readonly known: Readonly<Record<Family, boolean>>;
}

/** The pod of settings. `proxy` says who the proxy really runs as, where it is not whom the rules name. */
export function podOf(settings: SettingValues, facts: Facts, proxy?: Owner): Pod {
  const values = withNumbers(settings, facts);
  const own = (family: Family): readonly string[] =>
    (facts.addresses ?? []).filter((address) => address.includes(':') === (family === 'ip6')).map(bareAddress);
  const addresses = (family: Family): readonly string[] => (own(family).length > 0 ? own(family) : [PLACEHOLDER[family]]);
  return {
    proxy: proxy ?? { ...proxyOf(values), ...facts.proxy },
    ...appOf(values, facts),
    addresses: { ip: addresses('ip'), ip6: addresses('ip6') },
    known: { ip: own('ip').length > 0, ip6: own('ip6').length > 0 },
  };
}

/**
 * The first user and group that the rules take for the proxy's. Only a transparent proxy is root: it needs NET_ADMIN,
 * and every release's injection template lets it run so (`runAsUser: 0`, `runAsGroup: 1337` with TPROXY).
 */
function proxyOf(values: SettingValues): Owner {
  const gid = firstOf(values['proxy.gids']);
  return { uid: values.mode === 'TPROXY' ? 0 : firstOf(values['proxy.uids']), gid };
}

function firstOf([range]: readonly OwnerRange[]): number | undefined {
  return range !== undefined && 'first' in range ? range.first : undefined;
}

function appOf(values: SettingValues, { containers = [] }: Facts): Pick<Pod, 'app' | 'appIs' | 'apps'> {
  const nobody = { uid: noneOf(values['proxy.uids']), gid: noneOf(values['proxy.gids']) };
  const isLetThrough = ({ uid, gid }: NonNullable<Facts['containers']>[number]): boolean =>
    isAmong(values['proxy.uids'], uid) || isAmong(values['proxy.gids'], gid) || isAmong(values['outbound.excludeOwnerGroups'], gid);
  const one = containers.find(isLetThrough) ?? containers.find(({ uid, gid }) => uid !== undefined || gid !== undefined);
  if (one === undefined) return { app: nobody, ...strangerText(nobody) };
  const ids = [one.uid === undefined ? [] : `uid ${one.uid}`, one.gid === undefined ? [] : `gid ${one.gid}`].flat().join(', ');
  const others = containers.length > 1 && isLetThrough(one) ? ', and is the container that the rules let through' : '';
  const apps = containers.map(({ name, uid = nobody.uid, gid = nobody.gid }) => ({ name, uid, gid }));
  const differ = apps.some(({ uid, gid }) => uid !== apps[0]?.uid || gid !== apps[0]?.gid);
  return {
    ...(differ && { apps }),
    app: { uid: one.uid ?? nobody.uid, gid: one.gid ?? nobody.gid },
    appIs: `the container ${one.name} runs as ${ids} (securityContext)${others}`,
  };
}

/** Who has other ids than applications have, so that the rules do not let it through, is an assumption. */
function strangerText({ uid, gid }: { readonly uid: number; readonly gid: number }): Pick<Pod, 'appIs'> {
  const ids = [...(uid === FIRST_USER ? [] : [`uid ${uid}`]), ...(gid === FIRST_USER ? [] : [`gid ${gid}`])];
  if (ids.length === 0) return {};
  return {
    appIs: `the app runs as ${ids.join(' and ')}: the rules let ${FIRST_USER} through as the proxy (--from uid:UID,gid:GID sets it)`,
  };
}

/** Whether an id is among owners of whom the numbers are known. */
export function isAmong(ranges: readonly OwnerRange[], id: number | undefined): boolean {
  return id !== undefined && ranges.some((range) => 'first' in range && range.first <= id && id <= range.last);
}

const FIRST_USER = 1000;
// Where the 16 bits end that images have their users in, nobody; a higher one is nobody's to assume.
const LAST_USER = 65_533;

/** The first id that is none of these; where they are all, one of them: then the rules let the application through. */
function noneOf(ranges: readonly OwnerRange[]): number {
  let id = FIRST_USER;
  for (const { first, last } of ranges.flatMap((range) => ('first' in range ? [range] : [])).toSorted((a, b) => a.first - b.first))
    if (first <= id) id = Math.max(id, last + 1);
  return id > LAST_USER ? FIRST_USER : id;
}
