/** The two families as people read them. */

import type { Family } from '../../netfilter/family.ts';

/** How people call a family. */
export const FAMILY_NAMES: Readonly<Record<Family, string>> = { ip: 'IPv4', ip6: 'IPv6' };
