/** Words of a rule that have no form here: whether they ask something of a packet, do something with it, or change nothing. */

/** With these begins what is asked of a packet; the last ones are names of nft's JSON. */
const MATCHING: readonly string[] = [
  ...['ip', 'ip6', 'tcp', 'udp', 'udplite', 'sctp', 'dccp', 'th', 'icmp', 'icmpv6', 'igmp', 'ether', 'vlan', 'arp', 'ah', 'esp', 'comp'],
  ...['meta', 'ct', 'fib', 'socket', 'rt', 'osf', 'ipsec', 'limit', 'quota', 'numgen', 'jhash', 'symhash'],
  ...['exthdr', 'frag', 'hbh', 'dst', 'srh', 'mh', 'iif', 'oif', 'iifname', 'oifname', 'iiftype', 'oiftype', 'iifgroup', 'oifgroup'],
  ...['mark', 'skuid', 'skgid', 'pkttype', 'cgroup', 'rtclassid', 'cpu', 'day', 'hour', 'time', 'xt', 'match'],
];

/** Words of statements, wherever they stand: who begins with a question may end with one of these. */
const DOING =
  /(?:^|\s)(?:set|map|vmap|reject|notrack|tproxy|snat|dnat|redirect|masquerade|dup|fwd|queue|synproxy|flow|meter|add|update|delete|target|continue)(?:\s|$)/;

const SILENT = /^(?:comment|log|counter)(?:\s|$)/;

/** What words of a rule are. What begins with none of the known words may do anything. */
export function kindOfWords(text: string): 'asks' | 'does' | 'silent' {
  if (SILENT.test(text)) return 'silent';
  const bare = text.replace(/"[^"]*"/g, '""');
  return MATCHING.includes(bare.split(/\s/)[0] ?? '') && !DOING.test(bare) ? 'asks' : 'does';
}

/** What nft has no target for, under the name of that of iptables: those that change nothing here are known by it. */
const NAMED: readonly (readonly [RegExp, string])[] = [
  [/^masquerade(?: |$)/, 'MASQUERADE'],
  [/^log(?: |$)/, 'LOG'],
  [/^notrack$/, 'NOTRACK'],
  [/^meta nftrace set [01]$/, 'TRACE'],
  [/^meta priority set \S+$/, 'CLASSIFY'],
  [/^meta secmark set \S+$/, 'SECMARK'],
  [/^ip6? (?:dscp|ecn) set \S+$/, 'DSCP'],
  [/^ip (?:ttl) set \d+$/, 'TTL'],
  [/^tcp option maxseg size set (?:\d+|rt mtu)$/, 'TCPMSS'],
];

/** How a statement is called of which only its words are known. */
export function nameOfWords(text: string): string {
  const [, target] = /^xt target "?([^"\s]+)/.exec(text) ?? [];
  return target ?? NAMED.find(([pattern]) => pattern.test(text))?.[1] ?? text.split(' ')[0] ?? '';
}
