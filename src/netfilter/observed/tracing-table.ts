/** The table that has one connection traced: everything in it only looks. */

import type { Packet } from '../packet.ts';

/** Tables of this program begin so; behind it stands the number of the process that looks. */
export const TRACING_TABLE = 'istio_init_trace_';

/** What becomes of a packet that a chain of the tracing table sees: `made` and `arrives` begin a way, the others end it. */
export const TRACING_CHAINS = { made: 'made', arrives: 'arrives', delivered: 'delivered', leaves: 'leaves' } as const;

/**
 * The script that makes it. What is asked of packets is in a set whose only element is gone after `seconds`: where nobody
 * is left to remove the table, it traces nothing from then on.
 */
export function tracingScript(name: string, packet: Packet, seconds: number): string {
  const { family, destination = '', origin, inInterface, uid } = packet;
  const type = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
  const conditions = [
    `${family} daddr @asked`,
    ...(packet.source === undefined || packet.unbound === true ? [] : [`${family} saddr ${packet.source}`]),
    ...protocolOf(packet),
    ...(origin === 'local' && typeof uid === 'number' ? [`meta skuid ${uid}`] : []),
    ...(origin === 'remote' && inInterface !== undefined ? [`iifname "${inInterface}"`] : []),
    'meta nftrace set 1',
  ].join(' ');
  const hook = origin === 'local' ? 'output' : 'prerouting';
  const chain = (chainName: string, at: string, priority: number, rule: string): string =>
    `  chain ${chainName} {\n    type filter hook ${at} priority ${priority};\n    ${rule}\n  }\n`;
  // Before all tables; and behind them, where a packet is told of once more.
  return `table inet ${name} {
  set asked { type ${type}; flags timeout; elements = { ${destination} timeout ${seconds}s }; }
${chain(TRACING_CHAINS.made, 'output', -1000, hook === 'output' ? conditions : 'counter')}${chain(TRACING_CHAINS.arrives, 'prerouting', -1000, hook === 'prerouting' ? `iifname != "lo" ${conditions}` : 'counter')}${chain(TRACING_CHAINS.delivered, 'input', 2147483647, 'counter')}${chain(TRACING_CHAINS.leaves, 'postrouting', 2147483647, 'counter')}}
`;
}

function protocolOf({ protocol, sourcePort, destinationPort }: Packet): readonly string[] {
  if (protocol !== 'tcp' && protocol !== 'udp') return [`meta l4proto ${protocol ?? 'tcp'}`];
  return [
    ...(sourcePort === undefined ? [] : [`${protocol} sport ${sourcePort}`]),
    ...(destinationPort === undefined ? [`meta l4proto ${protocol}`] : [`${protocol} dport ${destinationPort}`]),
    ...(protocol === 'tcp' ? ['tcp flags & (fin | syn | rst | ack) == syn'] : []),
  ];
}
