import { describe, expect, it } from 'vitest';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { escapesOf } from '../../../src/istio/packets/escapes.ts';
import type { PodNetwork } from '../../../src/istio/packets/pod-network.ts';
import { podNetworkOfPlan, traceIn, verdictIn } from '../../../src/istio/packets/pod-network.ts';
import { regionHas } from '../../../src/netfilter/behavior/region.ts';
import type { Packet } from '../../../src/netfilter/packet.ts';

const FACTS = { addresses: ['10.1.2.3', '2001:db8::3'] };

function pod(...sets: readonly string[]): PodNetwork {
  return podNetworkOfPlan(planFromSettings({ sets, facts: FACTS }), { facts: FACTS });
}

const words = (network: PodNetwork): readonly string[] =>
  (['ip', 'ip6'] as const).flatMap((family) => (escapesOf(network, family) ?? []).map((one) => `${one.direction} ${one.words}`));

const SETTINGS: readonly (readonly [readonly string[], readonly string[]])[] = [
  [['dualStack=true'], []],
  [
    ['dualStack=true', 'inbound.excludePorts=9100,15090,15021,15020'],
    ['inbound TCP to port 9100 from outside', 'inbound TCP to port 9100 from outside'],
  ],
  [[], ['inbound TCP from outside', 'outbound TCP from the pod']],
  [['dualStack=true', 'outbound.excludeRanges=10.9.0.0/16'], ['outbound TCP to 10.9.0.0/16 from the pod']],
];

describe('escapes', () => {
  it.each(SETTINGS)('of %j are %j', (sets, expected) => {
    expect(words(pod(...sets))).toEqual(expected);
  });

  it('hold every packet that is not caught, and none that is', () => {
    const networks = [
      pod('dualStack=true', 'outbound.excludePorts=3306', 'outbound.excludeRanges=10.9.0.0/16,2001:db8:9::/48'),
      pod('dualStack=true', 'inbound.includePorts=8080', 'outbound.includeRanges=10.0.0.0/8', 'outbound.includePorts=443'),
      pod('mode=TPROXY', 'inbound.excludePorts=22,9100'),
    ];
    const ports = [22, 80, 443, 3306, 8080, 9100, 15001];
    let caught = 0;
    for (const network of networks) {
      for (const family of ['ip', 'ip6'] as const) {
        const escapes = escapesOf(network, family) ?? [];
        const far = family === 'ip' ? ['10.9.1.1', '10.8.1.1', '203.0.113.7'] : ['2001:db8:9::1', '2001:db8:8::1'];
        const own = family === 'ip' ? '10.1.2.3' : '2001:db8::3';
        const packets = ports.flatMap((destinationPort): readonly Packet[] => [
          ...far.map((destination): Packet => ({ ...BORN, family, origin: 'local', uid: 1000, gid: 1000, destination, destinationPort })),
          { ...BORN, family, origin: 'remote', source: far[0], destination: own, destinationPort, inInterface: 'eth0' },
        ]);
        for (const packet of packets) {
          const verdict = verdictIn(network, traceIn(network, packet)).id;
          caught += Number(verdict.startsWith('envoy'));
          expect({ packet, escapes: escapes.some((region) => regionHas(region, packet)) }).toEqual({
            packet,
            escapes: verdict === 'direct',
          });
        }
      }
    }
    expect(caught).toBeGreaterThan(50);
  });
});

const BORN = { protocol: 'tcp', sourcePort: 40000, state: 'NEW', mark: 0, socket: false } as const;
