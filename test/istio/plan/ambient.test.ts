import { describe, expect, it } from 'vitest';
import { planAmbient } from '../../../src/istio/plan/ambient/ambient-plan.ts';
import type { AmbientKnobs } from '../../../src/istio/plan/ambient/knobs.ts';
import { compareRulesets } from '../../../src/netfilter/compare.ts';
import { firstPacket } from '../../../src/netfilter/packet.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { readRules } from '../../../src/netfilter/read.ts';
import type { End } from '../../../src/netfilter/trace/result.ts';
import { simulatorFor } from '../../../src/netfilter/trace.ts';

const HOST = {
  interfaces: [
    { name: 'lo', addresses: ['127.0.0.1'] },
    { name: 'eth0', addresses: ['10.244.1.5'] },
  ],
  localByMark: [],
};

const ends = (knobs: AmbientKnobs): readonly unknown[] => {
  const { ip } = planAmbient(knobs, { release: '1.30' });
  const end = (packet: Parameters<typeof firstPacket>[0]): unknown => {
    const { kind, ...rest } = simulatorFor(ip, HOST).trace(firstPacket(packet)).end as End & { port?: number; outInterface?: string };
    return [kind, rest.port ?? rest.outInterface];
  };
  const out = { family: 'ip', origin: 'local', protocol: 'tcp', destination: '10.20.0.9' } as const;
  const into = { family: 'ip', origin: 'remote', protocol: 'tcp', destination: '10.244.1.5', inInterface: 'eth0' } as const;
  return [
    end({ ...out, destinationPort: 80, mark: 0 }),
    end({ ...out, destinationPort: 80, mark: 0x539 }),
    end({ ...out, protocol: 'udp', destinationPort: 53, mark: 0 }),
    end({ ...out, destination: '169.254.7.127', destinationPort: 4000, mark: 0 }),
    end({ ...into, source: '10.244.2.9', destinationPort: 8080, mark: 0 }),
    end({ ...into, source: '10.244.2.9', destinationPort: 15008, mark: 0 }),
    end({ ...into, source: '169.254.7.127', destinationPort: 8080, mark: 0 }),
  ];
};

describe('in an ambient pod', () => {
  it.each(['iptables', 'nftables'] as const)("everything but health checks and ztunnel's own goes to ztunnel: %s", (backend) => {
    expect(ends({ backend, dns: true })).toEqual([
      ['local', 15001],
      ['sent', 'eth0'],
      ['local', 15053],
      ['sent', 'eth0'],
      ['local', 15006],
      ['local', 15008],
      ['local', 8080],
    ]);
  });

  it('the rules are the same as those of their save, which loads modules that ask nothing', () => {
    const { ip } = planAmbient({ dns: true }, { release: '1.30' });
    expect(compareRulesets([ip], readRules(printSave(ip), { family: 'ip' }).rulesets)).toEqual([]);
  });
});

describe('knobs', () => {
  it.each([
    [{ ipv6: true }, '1.22', 'ipv6: true is not known to the node agent of Istio 1.22.8'],
    [{ tproxy: true }, '1.25', 'tproxy: true is not known'],
    [{ tproxy: false }, '1.23.0', 'tproxy: false is not known'],
    [{ backend: 'nftables' }, '1.27', 'backend: "nftables" is not known'],
    [{ virtualInterfaces: ['eth+'], backend: 'nftables' }, '1.30', '"eth+" is no name of an interface that nft takes'],
    [{ virtualInterfaces: ['a b'] }, '1.30', '"a b" is no name of an interface that iptables takes'],
    [{ where: 'host', backend: 'nftables', kubelet: null }, '1.30', 'no process is named kubelet'],
    [{ where: 'host', backend: 'nftables' }, '1.28.0', 'with IPv6 off its rule names a set that was not made'],
    [{ probeV4: '10.0.0.0/8' }, '1.30', 'probeV4: "10.0.0.0/8" is not an address of IPv4'],
  ] as const)('%j of %s are refused: %s', (knobs, release, words) => {
    expect(() => planAmbient(knobs as AmbientKnobs, { release })).toThrow(words);
  });
});
