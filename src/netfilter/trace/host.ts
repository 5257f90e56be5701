import type { Family } from '../family.ts';
import { ALL_BITS } from '../numbers.ts';
import type { KernelRouting } from './kernel-routing.ts';

/** A network interface. */
export interface Interface {
  readonly name: string;
  /** Addresses without prefix, in the kernel's order: REDIRECT of what arrives takes the first that fits. */
  readonly addresses: readonly string[];
  /** The same with the length of their networks (`10.0.0.7/24`), where it is known: each has a broadcast address. */
  readonly networks?: readonly string[] | undefined;
}

/** A socket that takes connections, or packets of UDP. */
export interface Listener {
  readonly protocol: 'tcp' | 'udp';
  /** The families that it takes: a socket of IPv6 on any address may take both. */
  readonly families: readonly Family[];
  /** Undefined for any address. */
  readonly address?: string;
  readonly port: number;
  readonly uid?: number;
  readonly transparent?: boolean;
}

/** Packets with a mark are delivered on this machine, whatever their destination: `ip rule fwmark` to a table with a local default route. */
export interface LocalByMark {
  readonly family: Family;
  readonly mark: number;
  /** Bits of the mark that count; without it all, and of a mark of zero none. */
  readonly mask?: number;
}

/** The bits that count: a policy rule for the mark 0 without a mask is for every packet (`fib_nl_newrule`). */
export function maskOf({ mark, mask }: LocalByMark): number {
  return mask ?? (mark === 0 ? 0 : ALL_BITS);
}

/** A network that is reached by an interface of its own, as a bridge of containers. */
export interface NetworkBehind {
  readonly network: string;
  readonly interface: string;
}

export interface Host {
  /** All there are. 127.0.0.0/8 and ::1 are local without being listed; `lo` is listed where it has other addresses (`::6`). */
  readonly interfaces: readonly Interface[];
  /** Where packets to other machines leave; unknown without it if there are several interfaces beside `lo`. */
  readonly defaultInterface?: string | undefined;
  /** Where packets to some networks leave, if not as to all others. */
  readonly behind?: readonly NetworkBehind[] | undefined;
  readonly localByMark: readonly LocalByMark[];
  /** All policy rules and routes there are, where they are known: then they decide, and `defaultInterface` and `localByMark` do not. */
  readonly routing?: KernelRouting | undefined;
  /** Ports on which a transparent socket listens on all addresses, so that TPROXY finds it. Undefined: not known. */
  readonly transparentPorts?: readonly number[] | undefined;
  /** Listeners bound to one address (`-m socket` finds only these for a first packet). Undefined: not known. */
  readonly boundListeners?: readonly { readonly address: string; readonly port: number }[] | undefined;
  /** Broadcast and multicast addresses are taken for any others: for sets of packets, which do not tell them apart. */
  readonly ignoresMany?: boolean | undefined;
  /** Whether packets of other machines to other machines are passed on. Undefined: not known. */
  readonly forwarding?: boolean | undefined;
}
