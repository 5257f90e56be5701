/** Who listens in a network namespace, as `ss` lists sockets: it knows, other than /proc/net, which take IPv4 on a socket of IPv6. */

import { parseNetwork } from '../../netfilter/address/network.ts';
import type { Listener } from '../../netfilter/trace/host.ts';

export const LISTENERS_COMMAND = ['ss', '-H', '-l', '-n', '-t', '-u', '-e', '--inet-sockopt'] as const;

/** Reads a socket for each line, and what belongs to it on indented lines below. */
export function readListeners(text: string): readonly Listener[] {
  return text.split(/\n(?=\S)/).flatMap((entry) => readListener(entry) ?? []);
}

function readListener(entry: string): Listener | undefined {
  const [, protocol, address = '', port = ''] = /^(tcp|udp)\s+(?:LISTEN|UNCONN)\s+\d+\s+\d+\s+(\S+):(\d+)\s/.exec(entry) ?? [];
  if (protocol !== 'tcp' && protocol !== 'udp') return undefined;
  const uid = /\suid:(\d+)/.exec(entry)?.[1] ?? '0';
  const bare = address.replace(/[[\]]/g, '').replace(/%.*/, '');
  const mapped = bare.startsWith('::ffff:') ? bare.slice(7) : bare;
  const family = parseNetwork(mapped)?.family;
  const any = bare === '*' || bare === '0.0.0.0' || bare === '::';
  return {
    protocol,
    families: bare === '*' ? ['ip', 'ip6'] : [family ?? 'ip'],
    ...(!any && { address: mapped }),
    port: Number(port),
    uid: Number(uid),
    ...(entry.includes('inet-sockopt:') && { transparent: /\stransparent\s/.test(entry) }),
  };
}
