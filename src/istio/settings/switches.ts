/** What only a release's own environment or a debugging flag can say: quirks of programs, no settings of ours. */

export interface Switches {
  /** Where captured DNS is sent: 15053, and 15013 where the older variable switched it on. */
  readonly dnsPort: number;
  /** ISTIO_META_DNS_CONNTRACK_ZONE. */
  readonly dnsZones: boolean;
  /** False where DISABLE_REDIRECTION_ON_LOCAL_LOOPBACK is set. */
  readonly redirectsOwnCalls: boolean;
  /** --iptables-trace-logging. */
  readonly traceLogging: boolean;
  /** ENABLE_INBOUND_IPV6. */
  readonly inbound6: boolean;
  /** --native-nftables: rules of nft instead of iptables'. */
  readonly native: boolean;
  /** `-b ,`: a list of inbound ports that is there and names none, so that only the jump of PREROUTING is made. */
  readonly emptyInboundList: boolean;
}

export const NO_SWITCHES: Switches = {
  dnsPort: 15053,
  dnsZones: false,
  redirectsOwnCalls: true,
  traceLogging: false,
  inbound6: false,
  native: false,
  emptyInboundList: false,
};
