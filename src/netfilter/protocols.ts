/** Names of IP protocols, as iptables prints them (from /etc/protocols and its own table). */
const NAMES: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipencap',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  41: 'ipv6',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'ipv6-icmp',
  89: 'ospf',
  94: 'ipip',
  103: 'pim',
  112: 'vrrp',
  115: 'l2tp',
  132: 'sctp',
  136: 'udplite',
};

const NUMBERS: ReadonlyMap<string, number> = new Map([
  ...Object.entries(NAMES).map(([number, name]) => [name, Number(number)] as const),
  ['icmpv6', 58],
  ['ipv6-nonxt', 59],
  ['mh', 135],
]);

/**
 * The name of a protocol given as a name or a number, in the kernel's spelling; `all` for 0 and `all`.
 * Null when it is neither a number from 0 to 255 nor a plain word.
 */
export function protocolName(text: string): string | null {
  const word = text.toLowerCase();
  if (word === 'all' || word === '0') return 'all';
  if (/^\d{1,3}$/.test(word)) return Number(word) > 255 ? null : (NAMES[Number(word)] ?? String(Number(word)));
  const number = NUMBERS.get(word);
  if (number !== undefined) return NAMES[number] ?? word;
  return /^[a-z][a-z0-9-]*$/.test(word) ? word : null;
}

/** The number of a protocol, which newer iptables prints in listings. Null for a name not known here. */
export function protocolNumber(name: string): number | null {
  if (/^\d+$/.test(name)) return Number(name);
  return NUMBERS.get(name) ?? null;
}

/** Protocols that have ports, so that `--sport` and `--dport` can follow `-p`. */
export const PROTOCOLS_WITH_PORTS: readonly string[] = ['tcp', 'udp', 'dccp', 'sctp', 'udplite'];
