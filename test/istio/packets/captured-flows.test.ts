// A reply port of 15001 or 15006 that nobody called is a proof: nat has sent the connection to the proxy.

import { describe, expect, it } from 'vitest';
import { capturedText, proofOf, provenFor } from '../../../src/istio/packets/captured-flows.ts';
import { readConntrack } from '../../../src/netfilter/conntrack-listing.ts';

const PORTS = { outbound: 15001, inbound: 15006, dns: [15053], others: [{ ports: [4140], owner: { uid: 2102, gid: undefined } }] };

const OUT =
  'tcp      6 431999 ESTABLISHED src=10.44.6.21 dst=10.20.0.9 sport=40112 dport=80 src=127.0.0.1 dst=10.44.6.21 sport=15001 dport=40112 [ASSURED] mark=0 use=1';
const IN =
  'tcp      6 117 TIME_WAIT src=10.44.1.9 dst=10.44.6.21 sport=51000 dport=8080 src=10.44.6.21 dst=10.44.1.9 sport=15006 dport=51000 [ASSURED] mark=0 use=1';
const PROC = `ipv4     2 ${OUT}`;
const OUT6 =
  'tcp      6 60 SYN_SENT src=2001:db8::7 dst=2001:db8:f::9 sport=40000 dport=443 src=::1 dst=2001:db8::7 sport=15001 dport=40000 mark=0 use=1';
const DNS =
  'udp      17 29 src=10.44.6.21 dst=10.96.0.10 sport=39000 dport=53 src=127.0.0.1 dst=10.44.6.21 sport=15053 dport=39000 mark=0 use=1';
const OTHER = OUT.replace('sport=15001', 'sport=4140');
const PLAIN =
  'tcp      6 431999 ESTABLISHED src=10.44.6.21 dst=10.20.0.9 sport=40113 dport=5432 src=10.20.0.9 dst=10.44.6.21 sport=5432 dport=40113 [ASSURED] mark=0 use=1';
const CALLED =
  'tcp      6 10 ESTABLISHED src=10.44.1.9 dst=10.44.6.21 sport=51001 dport=15006 src=10.44.6.21 dst=10.44.1.9 sport=15006 dport=51001 mark=0 use=1';
const UNREPLIED = OUT.replace(' src=127.0.0.1', ' [UNREPLIED] src=127.0.0.1').replace(' [ASSURED]', '');
const SERVICE = PLAIN.replace('src=10.20.0.9 dst=10.44.6.21', 'src=10.44.9.9 dst=10.44.6.21').replace(
  'sport=5432 dport=40113',
  'sport=15432 dport=40113',
);

function proofs(text: string) {
  return readConntrack(text).map((flow) => proofOf(flow, PORTS));
}

describe('an entry of conntrack proves', () => {
  it.each([
    ['outbound capture', OUT, ['envoy-outbound']],
    ['inbound capture', IN, ['envoy-inbound']],
    ['the same in the form of /proc', PROC, ['envoy-outbound']],
    ['the same of IPv6', OUT6, ['envoy-outbound']],
    ['captured DNS', DNS, ['dns-agent']],
    ['another proxy', OTHER, ['other-proxy']],
    ['capture though nobody has answered yet', UNREPLIED, ['envoy-outbound']],
    ['nothing where it went where it was sent', PLAIN, [undefined]],
    ["nothing where the proxy's own port was called", CALLED, [undefined]],
    ['nothing where a service was translated to a pod', SERVICE, [undefined]],
    ['nothing in a line that is no entry', 'conntrack v1.4.6 (conntrack-tools): 6 flow entries have been shown.', []],
    ['nothing in a line that is cut off', OUT.slice(0, 90), []],
  ])('%s', (_, text, expected) => {
    expect(proofs(text)).toEqual(expected);
  });

  it("is ztunnel's where that is the proxy", () => {
    expect(readConntrack(OUT).map((flow) => proofOf(flow, { ...PORTS, of: 'ztunnel' }))).toEqual(['ztunnel-outbound']);
  });
});

it('is told of the packets that are asked for, by what each proves', () => {
  const flows = readConntrack([OUT, OUT.replaceAll('40112', '40114'), IN, PLAIN].join('\n'));
  const packet = {
    family: 'ip',
    origin: 'local',
    protocol: 'tcp',
    destination: '10.20.0.9',
    destinationPort: 80,
    source: '10.44.6.21',
  } as const;
  expect(provenFor(flows, packet, PORTS)).toEqual([
    'envoy-outbound: 2 connections, as 10.44.6.21 > 10.20.0.9:80, answered from port 15001',
  ]);
  expect(provenFor(flows, { ...packet, destinationPort: 5432 }, PORTS)).toEqual([
    'not sent to the proxy: 1 connection, as 10.44.6.21 > 10.20.0.9:5432, answered from port 5432',
  ]);
  expect(provenFor(flows, { ...packet, destinationPort: 81 }, PORTS)).toEqual([]);
  expect(provenFor(flows, { ...packet, source: '10.44.6.22' }, PORTS)).toEqual([]);
  expect(capturedText(flows, PORTS)).toBe('4 connections, of which were caught: 2 envoy-outbound, 1 envoy-inbound');
  expect(capturedText(readConntrack(PLAIN), PORTS)).toBe('1 connection, none of which was sent to a port of the proxy');
});
