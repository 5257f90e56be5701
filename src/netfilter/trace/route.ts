/** What routing says of a packet. */

export interface Route {
  /** `nowhere`: refused, or there is none. */
  readonly to: 'local' | 'away' | 'nowhere';
  readonly by: 'address' | 'mark';
  /** What it leaves by; all that it may be, where that is not known. */
  readonly out?: string | readonly string[];
  /** Its destination is many: a broadcast or a multicast address. */
  readonly many?: boolean;
  /** Why it goes nowhere. */
  readonly why?: string;
}
