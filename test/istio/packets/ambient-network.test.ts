// Pods of ambient mode, as the node agent of 1.21 to 1.30 makes their rules. That a probe from 169.254.7.127 comes straight to
// the application, and that answers to ztunnel come back by the mark 0x111, is what these rules are for (cni/pkg/iptables).

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { isAmbient } from '../../../src/istio/packets/ambient.ts';
import { compareBehavior } from '../../../src/istio/packets/behavior.ts';
import { escapesOf } from '../../../src/istio/packets/escapes.ts';
import { packetFromWords } from '../../../src/istio/packets/packet/words.ts';
import { hostIn, podNetworkOfPlan, traceIn, verdictIn } from '../../../src/istio/packets/pod-network.ts';
import { simulateRequest } from '../../../src/istio/packets/stories.ts';
import { planAmbient } from '../../../src/istio/plan/ambient/ambient-plan.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import { networkOf } from './found-network.ts';

const REDIRECT = readFileSync(new URL('ambient.save', import.meta.url), 'utf8');
const TPROXY = readFileSync(new URL('ambient-tproxy.save', import.meta.url), 'utf8');

function asked(text: string, words: Readonly<Record<string, string>>) {
  const network = networkOf(text, ['10.44.6.21']);
  const { packet, taken } = packetFromWords(words, network.pod, hostIn(network));
  return { ...verdictIn(network, traceIn(network, packet)), taken };
}

function told(id: string, text = REDIRECT) {
  const { calls, story } = simulateRequest(id, networkOf(text, ['10.44.6.21']));
  const hops = calls.flatMap((call) => call.hops.filter(({ kind }) => kind === 'connection').map(({ verdict }) => verdict.id));
  return { hops, outcomes: calls.map(({ outcome }) => outcome), story };
}

describe.each([
  ['REDIRECT', REDIRECT],
  ['TPROXY', TPROXY],
])('the proxy of an ambient pod is ztunnel, with %s', (_, text) => {
  it.each([
    [{ from: 'app', to: '10.0.0.5:80' }, 'ztunnel-outbound', 'caught by ztunnel (15001)'],
    [{ from: 'outside', to: 'pod:8080' }, 'ztunnel-inbound', 'caught by ztunnel (15006)'],
    [{ from: 'outside', to: 'pod:15020' }, 'ztunnel-inbound', 'caught by ztunnel (15006)'],
    [{ from: 'outside', to: 'pod:8080', source: '169.254.7.127' }, 'direct', 'reaches port 8080 of the pod, not caught'],
    [{ from: 'proxy', to: '10.0.0.5:15008' }, 'direct', 'leaves the pod by eth0, not caught'],
    [{ from: 'app', to: 'localhost:8080' }, 'direct', 'reaches port 8080 of the pod, not caught'],
    [{ from: 'app', to: '10.96.0.10:53', protocol: 'udp' }, 'dns-agent', 'caught by ztunnel, which answers DNS (15053)'],
    [{ from: 'uid:1337,gid:1337', to: '10.0.0.5:80' }, 'ztunnel-outbound', 'caught by ztunnel (15001)'],
  ])('%j is %s', (words, id, phrase) => {
    expect(asked(text, words)).toMatchObject({ id, words: phrase });
  });

  it('gets what comes to the port of the tunnel', () => {
    expect(asked(text, { from: 'outside', to: 'pod:15008' }).id).toBe('ztunnel-inbound');
  });

  it('is told in its own stories, and the answers come back', () => {
    expect(told('client-to-app', text)).toMatchObject({
      hops: ['ztunnel-inbound', 'direct'],
      outcomes: [{ kind: 'answered', proxied: true, asMeant: true, path: ['ztunnel inbound', 'the application'] }],
    });
    expect(told('app-to-service', text)).toMatchObject({
      hops: ['ztunnel-outbound', 'direct', 'ztunnel-inbound', 'direct'],
      outcomes: [{ kind: 'answered', path: ['ztunnel outbound', "the service's pod", 'ztunnel inbound', 'the application'] }],
    });
    expect(told('tunnel', text)).toMatchObject({ hops: ['ztunnel-inbound', 'direct'], outcomes: [{ kind: 'answered' }] });
  });
});

describe('what is assumed in an ambient pod', () => {
  it('is an ordinary client, which is said, where nobody says the source', () => {
    expect(asked(REDIRECT, { from: 'outside', to: 'pod:8080' }).taken).toEqual([
      "its source is a client's address, 198.51.100.7; the rules let the node's own addresses pass (--source sets it)",
    ]);
    expect(asked(REDIRECT, { from: 'outside', to: 'pod:8080', source: '10.9.9.9' }).taken).toEqual([]);
  });

  it("is ztunnel's mark on what ztunnel sends, unless another is given", () => {
    expect(asked(REDIRECT, { from: 'proxy', to: '10.0.0.5:80' }).id).toBe('direct');
    expect(asked(REDIRECT, { from: 'proxy', to: '10.0.0.5:80', mark: '0' }).id).toBe('ztunnel-outbound');
  });
});

describe('stories of an ambient pod', () => {
  it('have the kubelet ask the application, past ztunnel, from the address of probes', () => {
    const { hops, outcomes, story } = told('health-check');
    expect({ hops, kinds: outcomes.map(({ kind }) => kind) }).toEqual({ hops: ['direct'], kinds: ['answered'] });
    expect(outcomes[0]?.asMeant).toBe(true);
    expect(story.remark).toBeUndefined();
    expect(JSON.stringify(outcomes)).not.toMatch(/Envoy|agent/);
  });

  it.each([
    'prometheus-scrape',
    'proxy-to-outside',
    'app-as-proxy-user',
    'init-container-before-proxy',
    'virtual-machine',
    'excluded-port',
  ])('are none of a sidecar: %s is refused in words', (id) => {
    expect(() => told(id)).toThrow(ProblemError);
    expect(() => told(id)).toThrow(/ambient mode: it has ztunnel, and neither Envoy nor an agent/);
  });

  it('name Envoy in no connection of any story', () => {
    for (const id of [
      'client-to-app',
      'app-to-service',
      'app-to-outside',
      'app-to-itself',
      'dns-lookup',
      'udp-to-service',
      'ssh',
      'tunnel',
    ]) {
      const { calls } = simulateRequest(id, networkOf(REDIRECT, ['10.44.6.21']));
      const says = calls.flatMap(({ hops, outcome }) => [outcome.words, ...hops.flatMap((hop) => [hop.label, hop.verdict.words])]);
      expect(says.filter((text) => /Envoy|the agent/.test(text))).toEqual([]);
    }
  });
});

it('is no ambient pod where chains of a sidecar stand beside', () => {
  const both = `${REDIRECT}*nat\n:ISTIO_REDIRECT - [0:0]\n-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001\nCOMMIT\n`;
  expect(networkOf(both).ports.of).toBeUndefined();
});

describe('rules of nft, and those of iptables for the same knobs', () => {
  const plans = (['iptables', 'nftables'] as const).map((backend) => planAmbient({ backend, dns: true }, { release: '1.30' }));
  const networks = plans.map(({ ip, ip6 }) => podNetworkOfPlan({ ...planFromSettings({}), ip, ip6 }));

  it('have ztunnel for their proxy', () => {
    expect(networks.map(({ ports }) => ports.of)).toEqual(['ztunnel', 'ztunnel']);
  });

  it('do the same to all packets of IPv4', () => {
    const [left, right] = networks as [(typeof networks)[0], (typeof networks)[0]];
    expect(compareBehavior(left, right, { family: 'ip' }).answer).toBe('equal');
  });

  it('let nothing pass but health checks, of whatever user', () => {
    for (const network of networks) {
      expect((escapesOf(network, 'ip') ?? []).map(({ words }) => words)).toEqual([
        'TCP from outside with source 169.254.7.127',
        'TCP to 169.254.7.127 from the pod',
      ]);
    }
  });

  it('are those of a node where they hang in postrouting: no pod is traced there as ambient', () => {
    const { ip, ip6 } = planAmbient({ where: 'host', backend: 'nftables' }, { release: '1.30' });
    expect(isAmbient({ ip, ip6 })).toBe(false);
  });
});
