import type { Spans } from './known.ts';

/** Whose traffic a change touches; for what a program accepts, who notices. The words in which `changes` tells of it. */
export type Touches =
  | 'every pod'
  | 'pods that capture all inbound ports'
  | 'pods that capture some inbound ports, or none'
  | 'pods that drop invalid packets'
  | 'pods in TPROXY mode'
  | 'pods in TPROXY mode or with an IPv6 address'
  | 'pods in mode NONE'
  | 'pods on OpenShift'
  | 'pods on OpenShift in TPROXY mode'
  | 'pods with an IPv6 address'
  | 'pods with an IPv6 address and TPROXY, DNS capture or rerouted interfaces'
  | 'pods without an IPv6 address'
  | 'pods with dual stack'
  | 'pods with a link-local address in front'
  | 'pods with DNS capture'
  | 'pods with DNS capture of listed servers'
  | 'pods with DNS capture and no nameserver'
  | 'pods with excluded outbound ports'
  | 'pods with included outbound ports'
  | 'pods with included outbound ports and an IPv6 address'
  | 'pods with outbound ranges'
  | 'pods with included outbound ranges'
  | 'pods with a loopback address in the included ranges'
  | 'pods with a loopback range of their own'
  | 'pods with outbound owner groups'
  | 'pods with excluded interfaces'
  | 'pods with rerouted interfaces'
  | 'pods with trace logging'
  | 'pods with the CNI plugin'
  | 'pods with native nftables'
  | 'ambient pods'
  | 'every caller'
  | 'users of the flag'
  | 'users of the variable'
  | 'users of the annotation'
  | 'users of the Helm value'
  | 'whoever names no proxy user'
  | 'whoever passes an empty item in a list'
  | 'whoever passes an invalid range'
  | 'whoever excludes all outbound ranges'
  | 'whoever runs the program again'
  | 'whoever injects a pod again'
  /** The kernel holds the same rules before and after. */
  | 'no traffic';

interface ChangeNotes {
  /** Istio's commits that brought it; empty where they are not known here, and where it was there from the start. */
  readonly commits: readonly string[];
  readonly touches: Touches;
  /** What a release that has it does. */
  readonly what: string;
}

/** A named difference between releases; one that has ended says what holds since then. */
export type Change = ChangeNotes &
  (
    | { readonly spans: `${string} -` }
    | { readonly spans: Spans; readonly gone: { readonly what: string /** Those that undid it. */; readonly commits: readonly string[] } }
  );
