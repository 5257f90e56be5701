// Two proxies in one pod: r2-12 was measured with users 1337 and 2102, which each took 200 connections of the other before
// it was stopped. The rules of Linkerd, Consul, Telepresence and Kuma are those of their init programs.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { traceIn, verdictIn } from '../../../src/istio/packets/pod-network.ts';
import { simulateRequest } from '../../../src/istio/packets/stories.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { networkOf, save } from './found-network.ts';

const ISTIO = printSave(planFromSettings({}).ip);
const ISTIO_RULES = ISTIO.split('\n').filter((line) => line.startsWith('-A'));

/** Istio's rules, and those of another program behind them, in one table nat. */
function beside(...rules: readonly string[]): string {
  return save('nat', [...ISTIO_RULES, ...rules]);
}

const LINKERD = [
  '-A PREROUTING -m comment --comment "proxy-init/install-proxy-init-prerouting" -j PROXY_INIT_REDIRECT',
  '-A OUTPUT -m comment --comment "proxy-init/install-proxy-init-output" -j PROXY_INIT_OUTPUT',
  '-A PROXY_INIT_OUTPUT -m owner --uid-owner 2102 -m comment --comment "proxy-init/ignore-proxy-user-id" -j RETURN',
  '-A PROXY_INIT_OUTPUT -o lo -j RETURN',
  '-A PROXY_INIT_OUTPUT -p tcp -j REDIRECT --to-ports 4140',
  '-A PROXY_INIT_REDIRECT -p tcp -j REDIRECT --to-ports 4143',
];

const CONSUL = [
  '-A PREROUTING -p tcp -j CONSUL_PROXY_INBOUND',
  '-A OUTPUT -p tcp -j CONSUL_PROXY_OUTPUT',
  '-A CONSUL_PROXY_INBOUND -p tcp -j CONSUL_PROXY_IN_REDIRECT',
  '-A CONSUL_PROXY_IN_REDIRECT -p tcp -j REDIRECT --to-ports 20000',
  '-A CONSUL_PROXY_OUTPUT -m owner --uid-owner 5995 -j RETURN',
  '-A CONSUL_PROXY_OUTPUT -d 127.0.0.1/32 -j RETURN',
  '-A CONSUL_PROXY_OUTPUT -j CONSUL_PROXY_REDIRECT',
  '-A CONSUL_PROXY_REDIRECT -p tcp -j REDIRECT --to-ports 15101',
];

const TELEPRESENCE = [
  '-A PREROUTING -p tcp -j TEL_INBOUND',
  '-A OUTPUT -o lo -p tcp -m owner --uid-owner 7777 -j ACCEPT',
  '-A OUTPUT -p tcp -m tcp --dport 8080 -m owner ! --uid-owner 7777 -j REDIRECT --to-ports 9900',
  '-A TEL_INBOUND -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 9900',
];

const KUMA = [
  '-A PREROUTING -p tcp -j KUMA_MESH_INBOUND',
  '-A OUTPUT -p tcp -j KUMA_MESH_OUTBOUND',
  '-A KUMA_MESH_INBOUND -p tcp -j KUMA_MESH_INBOUND_REDIRECT',
  '-A KUMA_MESH_INBOUND_REDIRECT -p tcp -j REDIRECT --to-ports 15006',
  '-A KUMA_MESH_OUTBOUND -m owner --uid-owner 5678 -j RETURN',
  '-A KUMA_MESH_OUTBOUND -j KUMA_MESH_OUTBOUND_REDIRECT',
  '-A KUMA_MESH_OUTBOUND_REDIRECT -p tcp -j REDIRECT --to-ports 15001',
];

function othersIn(text: string) {
  return networkOf(text).ports.others ?? [];
}

describe('another proxy is known by whom its own rules let through', () => {
  it.each([
    ["Linkerd's", beside(...LINKERD), [{ ports: [4140, 4143], owner: { uid: 2102 } }]],
    ["Consul's", beside(...CONSUL), [{ ports: [15101, 20000], owner: { uid: 5995 } }]],
    ["Telepresence's, by a user that the rule itself excepts", beside(...TELEPRESENCE), [{ ports: [9900], owner: { uid: 7777 } }]],
    ["Kuma's, on the ports of Istio, where no rule is Istio's", save('nat', KUMA), [{ ports: [15001, 15006], owner: { uid: 5678 } }]],
    [
      'one by its group',
      beside('-A OUTPUT -m owner --gid-owner 911 -j RETURN', '-A OUTPUT -p tcp -j REDIRECT --to-ports 9001'),
      [{ ports: [9001], owner: { gid: 911 } }],
    ],
    [
      'one by its mark',
      beside('-A OUTPUT -p tcp -m mark ! --mark 0x200/0xf00 -j REDIRECT --to-ports 9002'),
      [{ ports: [9002], owner: {}, mark: 0x200 }],
    ],
    [
      'one by a user that the jump to its chain excepts, reached by DNAT',
      beside('-A OUTPUT -p tcp -m owner ! --uid-owner 1500 -j SHIELD_OUT', '-A SHIELD_OUT -p tcp -j DNAT --to-destination 127.0.0.1:9003'),
      [{ ports: [9003], owner: { uid: 1500 } }],
    ],
    [
      'two, each by its own user',
      beside(
        ...LINKERD,
        '-A OUTPUT -j GUARD_OUT',
        '-A GUARD_OUT -m owner --uid-owner 1500 -j RETURN',
        '-A GUARD_OUT -p tcp -j REDIRECT --to-ports 9004',
      ),
      [
        { ports: [4140, 4143], owner: { uid: 2102 } },
        { ports: [9004], owner: { uid: 1500 } },
      ],
    ],
    [
      'one whose rules let the proxy of Istio through as well',
      beside(
        '-A OUTPUT -j GUARD_OUT',
        '-A GUARD_OUT -m owner --uid-owner 1337 -j RETURN',
        '-A GUARD_OUT -m owner --uid-owner 1500 -j RETURN',
        '-A GUARD_OUT -p tcp -j REDIRECT --to-ports 9004',
      ),
      [{ ports: [9004], owner: { uid: 1500 } }],
    ],
    ['none in rules of Istio alone', ISTIO, []],
    ['none where the rules name nobody', beside('-A OUTPUT -p tcp -m tcp --dport 3306 -j REDIRECT --to-ports 13306'), []],
    [
      'none where a user is let through to one port only',
      beside('-A OUTPUT -p tcp -m tcp --dport 53 -m owner --uid-owner 1500 -j RETURN', '-A OUTPUT -p tcp -j REDIRECT --to-ports 9005'),
      [],
    ],
  ])('%s', (_, text, expected) => {
    expect(othersIn(text)).toEqual(expected);
  });
});

const CALL = {
  family: 'ip',
  origin: 'local',
  protocol: 'tcp',
  state: 'NEW',
  mark: 0,
  source: '10.44.1.9',
  destination: '10.20.0.9',
} as const;

describe('what comes to it', () => {
  it("of the proxy's own calls is no more direct", () => {
    const network = networkOf(beside(...LINKERD));
    const trace = traceIn(network, { ...CALL, destinationPort: 80, uid: 1337, gid: 1337 });
    expect(verdictIn(network, trace)).toEqual({ id: 'other-proxy', words: 'caught by another proxy (4140, uid 2102)' });
  });

  it.each([
    ["Linkerd's", LINKERD, 'LOOPS between 15001 and 4140'],
    ["Consul's", CONSUL, 'LOOPS between 15001 and 15101'],
    ["Telepresence's, which lets its own user pass on lo alone,", TELEPRESENCE, 'LOOPS between 15001 and 9900'],
    [
      'a group',
      ['-A OUTPUT -m owner --gid-owner 911 -j RETURN', '-A OUTPUT -p tcp -j REDIRECT --to-ports 9001'],
      'LOOPS between 15001 and 9001',
    ],
  ])('loops where each sends the calls of the other to itself: %s', (_, rules, words) => {
    const [call] = simulateRequest('app-to-service', networkOf(beside(...rules))).calls;
    expect(call?.outcome.words).toContain(words);
    expect(call?.outcome).toMatchObject({ kind: 'loop', asMeant: false });
  });

  it('is not known where only a mark says who it is: whose rules let its user through is open', () => {
    const rules = beside('-A OUTPUT -p tcp -m mark ! --mark 0x200/0xf00 -j REDIRECT --to-ports 9002');
    const [call] = simulateRequest('app-to-service', networkOf(rules)).calls;
    expect(call?.hops.map(({ verdict: { id } }) => id)).toEqual(['envoy-outbound', 'other-proxy', 'unknown']);
    expect(call?.outcome.kind).toBe('unknown');
  });

  it('goes on to where it was called, where each lets the other through', () => {
    const rules = beside(
      '-A OUTPUT -j GUARD_OUT',
      '-A GUARD_OUT -m owner --uid-owner 1337 -j RETURN',
      '-A GUARD_OUT -m owner --uid-owner 1500 -j RETURN',
      '-A GUARD_OUT -p tcp -j REDIRECT --to-ports 9004',
    );
    const [call] = simulateRequest('app-to-service', networkOf(rules)).calls;
    expect(call?.outcome).toMatchObject({ kind: 'answered', proxied: true });
  });

  it('comes to the application from outside by either proxy, and the answers come back', () => {
    const istioFirst = simulateRequest('client-to-app', networkOf(beside(...LINKERD))).calls[0]?.outcome;
    expect(istioFirst).toMatchObject({ kind: 'answered', path: ['Envoy inbound', 'the application'] });
    const alone = simulateRequest('client-to-app', networkOf(save('nat', LINKERD))).calls[0]?.outcome;
    expect(alone).toMatchObject({ kind: 'answered', proxied: false, path: ['the proxy on 4143', 'the application'] });
  });
});

it('is told of the file that was measured', () => {
  const text = readFileSync(new URL('two-meshes.save', import.meta.url), 'utf8');
  const [call] = simulateRequest('app-to-service', networkOf(text)).calls;
  expect(call?.hops.map(({ verdict: { id } }) => id)).toEqual(['envoy-outbound', 'other-proxy', 'envoy-outbound']);
  expect(call?.outcome.words).toContain('LOOPS between 15001 and 4140');
});
