/** The kernel's routing as `ip rule` and `ip route show table all` list it: policy rules, and the routes of their tables. */

import type { Family } from '../family.ts';
import type { Masked } from '../numbers.ts';

/** What a rule does with the packets that it is for. */
export type RuleAction =
  /** Looks in a table; with `suppress`, a route whose prefix is that long or shorter does not count. */
  | { readonly kind: 'lookup'; readonly table: number; readonly suppress?: number }
  /** Goes on with the first rule of that priority. */
  | { readonly kind: 'goto'; readonly priority: number }
  | { readonly kind: 'nop' }
  /** The packet has no route. */
  | { readonly kind: 'refuse'; readonly word: string };

/** Numbers with both ends. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** A rule of `ip rule`; what it does not ask for is left out. */
export interface PolicyRule {
  readonly family: Family;
  readonly priority: number;
  readonly not?: boolean;
  /** Networks. */
  readonly from?: string;
  readonly to?: string;
  readonly mark?: Masked;
  /** Names of interfaces. What is made here comes in by `lo`; only a socket bound to an interface has one to leave by. */
  readonly iif?: string;
  readonly oif?: string;
  readonly users?: Span;
  readonly protocol?: number;
  readonly sourcePorts?: Span;
  readonly destinationPorts?: Span;
  /** What else it asks for, word for word: nobody here can tell whether that holds. */
  readonly unreadable?: string;
  readonly action: RuleAction;
}

/** The types of routes that deliver something; all others refuse it, but `throw`, which sends back to the rules. */
export type RouteType = 'unicast' | 'local' | 'broadcast' | 'anycast' | 'multicast' | 'throw' | 'refuse';

export interface TableRoute {
  readonly family: Family;
  readonly table: number;
  /** A network; 0.0.0.0/0 or ::/0 for `default`. */
  readonly destination: string;
  readonly type: RouteType;
  /** Of several to one destination, the lowest counts. */
  readonly metric: number;
  /** One for each next hop; none where it refuses. */
  readonly interfaces: readonly string[];
  /** The kernel made it, for an address; not somebody. */
  readonly byKernel?: boolean;
  /** Of its only next hop. */
  readonly gateway?: string;
  /** The source that it gives to what asks for none. */
  readonly source?: string;
}

export interface KernelRouting {
  readonly rules: readonly PolicyRule[];
  readonly routes: readonly TableRoute[];
  /** `rp_filter` by interface, of IPv4: 1 strict, 2 loose. Left out: none. */
  readonly reversePath?: Readonly<Record<string, number>>;
}

/** The number of the table of the machine's own addresses. */
export const LOCAL_TABLE = 255;

/** Of the table that routes are put into where nobody names another. */
export const MAIN_TABLE = 254;

/** Of the table that is asked last, and is empty where nobody puts something into it. */
export const DEFAULT_TABLE = 253;
