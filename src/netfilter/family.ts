/** The two address families that a packet filter serves. */

/** `ip` is what iptables manages, `ip6` what ip6tables manages. */
export type Family = 'ip' | 'ip6';

/** Both families, in the order in which every output shows them. */
export const FAMILIES: readonly Family[] = ['ip', 'ip6'];

/** How people call a family. */
export const FAMILY_NAMES: Readonly<Record<Family, string>> = { ip: 'IPv4', ip6: 'IPv6' };

/** The family of a text that is an address, or begins with one. */
export function familyOfAddress(text: string): Family {
  return text.includes(':') ? 'ip6' : 'ip';
}

/** The family that is not this one. */
export function otherFamily(family: Family): Family {
  return family === 'ip' ? 'ip6' : 'ip';
}
