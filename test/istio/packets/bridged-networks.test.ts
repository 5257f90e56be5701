/** Docker and its like beside a proxy: what they publish is reached through their bridge, and stands before Istio's rules. */

import { describe, expect, it } from 'vitest';
import { comparePackets } from '../../../src/cli/diff/by-packets.ts';
import { identify } from '../../../src/istio/found/identify.ts';
import { bridgedNetworks } from '../../../src/istio/packets/bridged-networks.ts';
import { tracePacket } from '../../../src/istio/packets/trace-plan.ts';
import { verdictOf } from '../../../src/istio/packets/verdict.ts';
import { observeAll, observeText } from '../../../src/netfilter/observation.ts';
import { readRules } from '../../../src/netfilter/read.ts';

function networks(...rules: readonly string[]): readonly string[] {
  const { rulesets } = readRules(`*nat\n${rules.map((rule) => `-A POSTROUTING ${rule}`).join('\n')}\nCOMMIT\n`);
  return rulesets.flatMap(bridgedNetworks).map(({ network, interface: by }) => `${network} ${by}`);
}

describe('a network behind an interface', () => {
  it.each([
    ['-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE', ['172.17.0.0/16 docker0']],
    ['-s 172.18.0.0/16 ! -o br-4f1c0a -j MASQUERADE', ['172.18.0.0/16 br-4f1c0a']],
    ['-s 10.88.0.0/16 ! -o podman0 -m comment --comment "podman" -j MASQUERADE', ['10.88.0.0/16 podman0']],
    ['-s 10.22.0.0/16 ! -o cni0 -j MASQUERADE --random-fully', ['10.22.0.0/16 cni0']],
    ['-s 10.0.0.0/8 ! -o br+ -j MASQUERADE', []],
    ['-s 10.0.0.0/8 -o eth0 -j MASQUERADE', []],
    ['! -s 10.0.0.0/8 ! -o eth0 -j MASQUERADE', []],
    ['-s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 8080 -j MASQUERADE', []],
    ['-s 172.17.0.0/16 ! -o docker0 -j ACCEPT', []],
    ['-s 172.17.0.0/16 ! -o docker0 -m mark --mark 1 -j MASQUERADE', []],
  ])('is told by %s', (rule, expected) => {
    expect(networks(rule)).toEqual(expected);
  });
});

// A virtual machine with Docker (istio/istio#42822); each answer was measured in a kernel with these rules.
const SAVE = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 8080 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
:ISTIO_INBOUND - [0:0]
:ISTIO_IN_REDIRECT - [0:0]
:ISTIO_OUTPUT - [0:0]
:ISTIO_REDIRECT - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A PREROUTING -p tcp -j ISTIO_INBOUND
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:8080
-A ISTIO_INBOUND -p tcp -m tcp --dport 15008 -j RETURN
-A ISTIO_INBOUND -p tcp -m tcp --dport 443 -j ISTIO_IN_REDIRECT
-A ISTIO_INBOUND -p tcp -m tcp --dport 8080 -j ISTIO_IN_REDIRECT
-A ISTIO_INBOUND -p tcp -m tcp --dport 9090 -j ISTIO_IN_REDIRECT
-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006
-A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN
-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -m owner --uid-owner 113 -j ISTIO_IN_REDIRECT
-A ISTIO_OUTPUT -o lo -m owner ! --uid-owner 113 -j RETURN
-A ISTIO_OUTPUT -m owner --uid-owner 113 -j RETURN
-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -m owner --gid-owner 113 -j ISTIO_IN_REDIRECT
-A ISTIO_OUTPUT -o lo -m owner ! --gid-owner 113 -j RETURN
-A ISTIO_OUTPUT -m owner --gid-owner 113 -j RETURN
-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
-A ISTIO_OUTPUT -d 10.16.0.0/14 -j ISTIO_REDIRECT
-A ISTIO_OUTPUT -j RETURN
-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
COMMIT
`;

describe('a machine with Docker beside the proxy', () => {
  const seen = observeText(readRules(SAVE));
  const [answer] = identify(seen).answers;
  if (answer === undefined) throw new Error('these are the rules of a release');
  const plan = { ...answer.plan, ip: seen.ip, ip6: seen.ip6 };

  it.each([
    [{ destinationPort: 8080 }, 'direct: is forwarded by docker0'],
    [{ destinationPort: 9090 }, 'envoy-inbound: caught by Envoy inbound (15006)'],
    [
      { destination: '203.0.113.9', destinationPort: 443, source: '172.17.0.2', inInterface: 'docker0' },
      'envoy-inbound: caught by Envoy inbound (15006)',
    ],
  ])('has its published ports before the proxy: %j is %s', (packet, expected) => {
    const { end } = tracePacket(
      plan,
      { family: 'ip', origin: 'remote', protocol: 'tcp', state: 'NEW', source: '198.51.100.7', destination: '192.0.2.10', ...packet },
      { addresses: ['192.0.2.10'] },
    );
    const { id, words } = verdictOf(end, { outbound: 15001, inbound: 15006, dns: [] });
    expect(`${id}: ${words}`).toContain(expected);
  });

  it('differs for the packets that Docker takes, and not for those that are none of the proxy’s', () => {
    const left = { name: 'save', seen, problems: [], notes: [] };
    const right = { name: 'plan', seen: observeAll(answer.plan), plan: answer.plan, problems: [], notes: [] };
    const { behavior } = comparePackets(left, right, { all: false }, { addresses: ['192.0.2.10'] });
    const told = JSON.stringify(behavior);
    expect(told).toContain('direct, sent to 172.17.0.2:8080');
    expect(told).not.toContain('"direct, sent to [');
  });
});
