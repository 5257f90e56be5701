/** The packet simulator: how many packets it walks in a second, with and without their trails. */

import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import { hostOf } from '../../src/istio/packets/trace-plan.ts';
import type { Packet } from '../../src/netfilter/packet.ts';
import { firstPacket } from '../../src/netfilter/packet.ts';
import { simulatorFor } from '../../src/netfilter/trace.ts';
import { perSecond } from './rate.ts';
import type { Table } from './table.ts';

const FACTS = { addresses: ['10.0.0.5/24'] };

const TCP = { family: 'ip', protocol: 'tcp', sourcePort: 40_000, socket: false } as const;

/** One packet of each kind that a pod sees all day. */
const PACKETS: readonly Packet[] = (
  [
    { ...TCP, origin: 'local', source: '10.0.0.5', destination: '10.1.2.3', destinationPort: 80, uid: 1000, gid: 1000 },
    { ...TCP, origin: 'local', source: '10.0.0.5', destination: '10.1.2.3', destinationPort: 80, uid: 1337, gid: 1337 },
    { ...TCP, origin: 'local', source: '127.0.0.6', destination: '10.0.0.5', destinationPort: 8080, uid: 1337, gid: 1337 },
    { ...TCP, origin: 'remote', source: '10.1.2.3', destination: '10.0.0.5', destinationPort: 8080, inInterface: 'eth0' },
  ] satisfies Packet[]
).map((packet) => firstPacket(packet));

export function benchTrace(): Table {
  const rows = (['REDIRECT', 'TPROXY'] as const).map((mode) => {
    const plan = planFromSettings({ sets: [`mode=${mode}`], facts: FACTS });
    const simulator = simulatorFor(plan.ip, hostOf(plan, FACTS));
    let next = 0;
    const packet = (): Packet => PACKETS[next++ % PACKETS.length] as Packet;
    const rates = [perSecond(() => simulator.end(packet())), perSecond(() => simulator.trace(packet()))];
    return [`a default pod, ${mode}`, ...rates.map((rate) => Math.round(rate).toString())];
  });
  return { title: 'Packets walked through the rules', head: ['', 'ends per second', 'traces per second'], rows, limits: [] };
}
