/** Sets and maps that have a name in a table of nft. */

/** A named set of values, which rules ask as `@NAME`. */
export interface NftSet {
  readonly name: string;
  /** `ipv4_addr`, `ipv6_addr`, `inet_service`, ... */
  readonly type: string;
  /** Of a map, what its values are: `verdict`, ... */
  readonly data?: string;
  /** What else it says of itself: `flags interval`, `timeout 1h`, ... */
  readonly lines?: readonly string[];
  readonly comment?: string;
  readonly elements: readonly SetElement[];
}

export interface SetElement {
  readonly value: string;
  readonly comment?: string;
  /** Of a map, what stands there: `accept`, `goto CHAIN`, an address, ... */
  readonly to?: string;
}
