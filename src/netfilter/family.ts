/** The two address families that a packet filter serves. */

/** `ip` is what iptables manages, `ip6` what ip6tables manages. */
export type Family = 'ip' | 'ip6';

/** Both families, in the order in which every output shows them. */
export const FAMILIES: readonly Family[] = ['ip', 'ip6'];
