/** Texts that a program was given to values: what the release or iptables would refuse is a problem here. */

import type { Network } from '../../netfilter/address/network.ts';
import { parseNetwork } from '../../netfilter/address/network.ts';
import type { OwnerRange, PortRange } from '../../netfilter/numbers.ts';
import { ALL_BITS, parseNumber, parseOwnerRange, parsePortRange } from '../../netfilter/numbers.ts';
import { MATCH_OPTIONS } from '../../netfilter/rule/options.ts';
import type { Sourced } from '../origin.ts';
import type { Problem } from '../problems.ts';
import { notAValue, problem, quoted } from '../problems.ts';
import type { Profile } from '../releases/profile.ts';
import type { Facts } from '../settings/facts.ts';
import type { AllOr, SettingKey, SettingValues } from '../settings/settings.ts';
import { SETTINGS } from '../settings/settings.ts';

/** A text and the setting it is for. */
export interface GivenText extends Sourced<string> {
  readonly key: SettingKey;
}

/** Reads texts; collects what is wrong with them in `problems`. */
export interface ArgumentReader {
  readonly problems: Problem[];
  readonly port: (given: GivenText) => Sourced<number>;
  /** The mark or the table of TPROXY; in another mode nobody looks at it. */
  readonly routing: (given: GivenText, mode: SettingValues['mode']) => Sourced<number>;
  readonly ports: (given: GivenText) => Sourced<readonly PortRange[]>;
  readonly owners: (given: GivenText) => Sourced<readonly OwnerRange[]>;
  readonly ranges: (given: GivenText) => Sourced<readonly Network[]>;
  readonly interfaces: (given: GivenText) => Sourced<readonly string[]>;
  readonly loopback: (given: GivenText) => Sourced<Network>;
  readonly mode: (given: GivenText) => Sourced<SettingValues['mode']>;
}

/**
 * An annotation may have 256 KiB, which is 131,000 items: Istio's program makes a rule, or starts a process, for each of
 * them, and one pod must not take down the work on a whole cluster. All 65,535 ports in ranges of one are no list that works.
 */
const MOST_ITEMS = 20_000;

/** `*` where that is the whole text; otherwise the list. */
export function allOr<V>(given: GivenText, read: (given: GivenText) => Sourced<readonly V[]>): Sourced<AllOr<V>> {
  return given.value === '*' ? { value: '*', source: given.source } : read(given);
}

/** The reader of a release's program. */
export function argumentReader(profile: Profile, facts: Facts = {}, native = false): ArgumentReader {
  const problems: Problem[] = [];
  const refuse = ({ key, source }: GivenText, text: string, allowed: string): void => {
    problems.push(notAValue(key, { value: text, source }, allowed));
  };
  const one = <V>(given: GivenText, read: (text: string) => V | null, standby: V): Sourced<V> => {
    const value = read(given.value);
    if (value === null) refuse(given, given.value, SETTINGS[given.key].allowed);
    return { value: value ?? standby, source: given.source };
  };
  const items = (given: GivenText): readonly string[] => {
    if (isTooLong(given, problems)) return [];
    const all = given.value.split(',');
    const kept = all.filter((item) => item !== '');
    // Bash's read drops one empty item at the end, the Go program all of them, once it had learnt to.
    const tolerated =
      given.value === '' ||
      kept.length === all.length ||
      profile.has('emptyItemsDropped') ||
      (profile.has('shellProgram') && !all.slice(0, -1).includes(''));
    if (!tolerated)
      problems.push(problem('empty-item', given.source, { name: given.key, value: quoted(given.value), release: profile.release }));
    return kept;
  };
  const list = <V>(given: GivenText, read: (text: string) => V | null, allowed = SETTINGS[given.key].allowed): Sourced<readonly V[]> => ({
    value: items(given).flatMap((item) => {
      const value = read(withoutSpaces(item));
      if (value === null) refuse(given, item, allowed);
      return value ?? [];
    }),
    source: given.source,
  });
  return {
    problems,
    // iptables takes the name of a service here as well.
    port: (given) => one(given, (text) => parseNumber(text, 65535) ?? servicePort(text, facts), 0),
    routing: (given, mode) => {
      const read = one(given, (text) => parseNumber(text, 0xffffffff), 0);
      if (mode !== 'TPROXY') return read;
      if (profile.has('routingInGo') && /^0x/i.test(given.value)) refuse(given, given.value, 'a decimal number');
      else if (!native && /^0+$/.test(given.value)) problems.push(problem('mark-of-all', given.source, { name: given.key }));
      return read;
    },
    ports: (given) =>
      native
        ? list(given, readNativePorts, 'a port (0 to 65535), a range of native rules (a-b) or the name of a service')
        : list(given, parsePortRange, 'a port (0 to 65535), a range (a:b, a:, :b) or the name of a service'),
    owners: (given) => list(given, native ? readNativeOwner : parseOwnerRange),
    ranges: (given) => ({ value: readRanges(given, profile, problems), source: given.source }),
    interfaces: (given) => list(given, native ? readNativeInterface : readInterface, 'an interface name of 1 to 15 characters'),
    loopback: (given) => one(given, readLoopback, LOOPBACK),
    mode: ({ value, source, key }) => {
      if (!['', 'REDIRECT', 'TPROXY'].includes(value)) problems.push(problem('other-mode', source, { name: key, value: quoted(value) }));
      return { value: value === 'TPROXY' ? 'TPROXY' : 'REDIRECT', source };
    },
  };
}

function servicePort(name: string, { services = {} }: Facts): number | null {
  return Object.hasOwn(services, name) ? (services[name] ?? null) : null;
}

/** Whether a list has more items than are taken, which is a problem. */
function isTooLong({ key, value, source }: GivenText, problems: Problem[]): boolean {
  const count = value.split(',').length;
  if (count > MOST_ITEMS) problems.push(problem('too-many-items', source, { name: key, count: `${count}`, most: `${MOST_ITEMS}` }));
  return count > MOST_ITEMS;
}

/** Spaces around an item vanish when the line is split into words again; other white space, a newline above all, does not. */
function withoutSpaces(item: string): string {
  return /[^\S \t]/.test(item) ? item : item.trim();
}

function readInterface(text: string): string | null {
  return MATCH_OPTIONS['in-interface'].read(text, 'ip');
}

/** nft's wildcard at the end of a name is `*`, and its grammar knows no `+`. */
function readNativeInterface(text: string): string | null {
  if (text.includes('+')) return null;
  return readInterface(text.replace(/\*$/, '+'));
}

/** As nft's grammar has them: `8000-8099`. */
function readNativePorts(text: string): PortRange | null {
  return text.includes(':') ? null : parsePortRange(/^\d+-\d+$/.test(text) ? text.replace('-', ':') : text);
}

/** nft takes the id that stands for none, too. */
function readNativeOwner(text: string): OwnerRange | null {
  return text === `${ALL_BITS}` ? { first: ALL_BITS, last: ALL_BITS } : parseOwnerRange(text);
}

const LOOPBACK: Network = { family: 'ip', address: '127.0.0.1', prefix: 32 };

function readLoopback(text: string): Network | null {
  return text.includes('/') ? (SETTINGS['outbound.loopback'].read(text) as Network | null) : null;
}

/** Ranges: Go wants a prefix length and ignored what it could not read until 1.27; the shell split by a pattern and left the rest to iptables. */
function readRanges(given: GivenText, profile: Profile, problems: Problem[]): readonly Network[] {
  const { key, source, value } = given;
  if (value === '*' && profile.has('excludeAllRangesRefused')) {
    problems.push(problem('no-exclude-all', source, { name: key, release: profile.release }));
    return [];
  }
  if (isTooLong(given, problems)) return [];
  return value
    .split(',')
    .filter((item) => item !== '')
    .flatMap((item) => {
      const shell = profile.has('shellProgram');
      const taken = shell ? !profile.has('ranges6') || looksLikeRange(item) : item.includes('/');
      const network = taken ? parseNetwork(profile.has('rangesByParseCidr') ? byParseCidr(item) : item) : null;
      if (network !== null && (network.family === 'ip' || profile.has('ranges6'))) return [network];
      const ignored = shell ? !taken : !profile.has('strictRanges');
      const args = { name: key, value: quoted(item), allowed: SETTINGS[key].allowed, release: profile.release };
      problems.push(problem(ignored ? 'dropped-range' : 'not-a-value', source, args));
      return [];
    });
}

/** A range as net.ParseCIDR reads it: zeros before the length, and IPv4 as IPv6. */
function byParseCidr(text: string): string {
  const plain = text.replace(/\/0+(?=\d)/, '/');
  const [, address, length] = /^::ffff:(\d+\.\d+\.\d+\.\d+)\/(\d+)$/i.exec(plain) ?? [];
  return address === undefined || Number(length) < 96 ? plain : `${address}/${Number(length) - 96}`;
}

// What the scripts of 1.2 to 1.4 took for an address: `::1` is none of it; octets and lengths were left to iptables to check.
function looksLikeRange(text: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(text) || /^[0-9a-fA-F]+[0-9a-fA-F:]*(\/\d+)?$/.test(text);
}
