// What Envoy and the rules do with whole requests, release by release, as istio-history.md, Istio's documents and its issues
// tell it. The paths of client-to-app, app-to-itself and the TPROXY loop were seen on a kernel with real sockets as well.

import { describe, expect, it } from 'vitest';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { readEndpoint } from '../../../src/istio/packets/packet/endpoint.ts';
import type { Owner } from '../../../src/istio/packets/pod.ts';
import { podNetworkOfPlan, podNetworkOfRules } from '../../../src/istio/packets/pod-network.ts';
import type { SimulatedCall, SimulatedRequest } from '../../../src/istio/packets/stories.ts';
import { STORIES, STORY_IDS, simulateRequest } from '../../../src/istio/packets/stories.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import type { Facts } from '../../../src/istio/settings/facts.ts';
import type { Family } from '../../../src/netfilter/family.ts';
import { FAMILIES } from '../../../src/netfilter/family.ts';
import { observeText } from '../../../src/netfilter/observation.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { readRules } from '../../../src/netfilter/read.ts';

interface Pod {
  readonly release?: string;
  readonly sets?: readonly string[];
  readonly facts?: Facts;
  readonly proxy?: Owner;
  readonly beforeProxy?: boolean;
  readonly family?: Family;
  readonly to?: string;
}

function planOf({ release = '1.30', sets = [], facts = {} }: Pod) {
  return planFromSettings({ sets, facts, release: { value: release, source: { kind: 'option', option: '--release' } } });
}

function told(id: string, pod: Pod = {}): SimulatedRequest {
  const { facts = {}, proxy, beforeProxy = false, family, to } = pod;
  const podNetwork = podNetworkOfPlan(planOf(pod), { facts, state: { beforeProxy }, ...(proxy && { proxy }) });
  const endpoint = to === undefined ? undefined : readEndpoint(to);
  if (typeof endpoint === 'string') throw new Error(endpoint);
  return simulateRequest(id, podNetwork, { ...(family && { family }), ...(endpoint && { to: endpoint }) });
}

/** `envoy-inbound 198.51.100.7 > 192.0.2.1:8080`: each connection with its verdict. */
function connections({ hops }: SimulatedCall): readonly string[] {
  return hops
    .filter(({ kind }) => kind === 'connection')
    .map(({ verdict: { id }, trace: { packet } }) => `${id} ${packet.source ?? '?'} > ${packet.destination}:${packet.destinationPort}`);
}

function only({ calls }: SimulatedRequest): SimulatedCall {
  const [call, ...others] = calls;
  if (call === undefined || others.length > 0) throw new Error(`${calls.length} calls`);
  return call;
}

/** The verdicts of the connections, and what becomes of the request: `envoy-inbound direct: answered`. */
function way(call: SimulatedCall): string {
  const ids = call.hops.filter(({ kind }) => kind === 'connection').map(({ verdict }) => verdict.id);
  return `${ids.join(' ')}: ${call.outcome.kind}`;
}

const ALL_PORTS = ['inbound.includePorts=*'];
const TPROXY = [...ALL_PORTS, 'mode=TPROXY'];

describe('a client calls the application', () => {
  it('comes to 15006, and Envoy calls the application from 127.0.0.6 by the address of the pod', () => {
    const call = only(told('client-to-app'));
    expect(connections(call)).toEqual(['envoy-inbound 198.51.100.7 > 192.0.2.1:8080', 'direct 127.0.0.6 > 192.0.2.1:8080']);
    expect(call.hops.map(({ verdict }) => verdict.words)).toEqual([
      'caught by Envoy inbound (15006)',
      'reaches port 8080 of the pod, not caught',
      'goes back to the socket that opened the connection',
      'leaves the pod by eth0, not caught',
    ]);
    expect(call.hops.map(({ trace: { packet } }) => packet.uid)).toEqual([undefined, 1337, 1000, 1337]);
    expect(call.outcome).toEqual({
      kind: 'answered',
      path: ['Envoy inbound', 'the application'],
      proxied: true,
      asMeant: true,
      words: 'comes to Envoy inbound, then the application; the answers come back',
    });
  });

  it.each([
    ['1.0', 15001, '127.0.0.1 > 127.0.0.1'],
    ['1.2', 15001, '127.0.0.1 > 127.0.0.1'],
    ['1.3', 15006, '127.0.0.1 > 127.0.0.1'],
    ['1.9', 15006, '127.0.0.1 > 127.0.0.1'],
    ['1.10', 15006, '127.0.0.6 > 192.0.2.1'],
    ['1.18', 15006, '127.0.0.6 > 192.0.2.1'],
  ])('in %s it comes to %i, and Envoy calls the application as %s', (release, port, delivery) => {
    const call = only(told('client-to-app', { release, sets: ALL_PORTS }));
    expect(call.hops[0]?.verdict).toEqual({ id: 'envoy-inbound', words: `caught by Envoy inbound (${port})` });
    expect(connections(call)[1]).toBe(`direct ${delivery}:8080`);
    expect(call.outcome.kind).toBe('answered');
  });

  it('in releases that capture declared ports alone, bypasses the proxy of a pod that declares none', () => {
    const call = only(told('client-to-app', { release: '1.2' }));
    expect(way(call)).toBe('direct: answered');
    expect(call.outcome).toMatchObject({ asMeant: false, words: 'BYPASSES the proxy: it comes to the application; the answers come back' });
  });

  it.each([
    ['1.5', 15001],
    ['1.6', 15006],
  ])('to a listed port comes in %s to %i', (release, port) => {
    const call = only(told('client-to-app', { release, sets: ['inbound.includePorts=9080'] }));
    expect(call.hops[0]?.verdict).toEqual({ id: 'envoy-inbound', words: `caught by Envoy inbound (${port})` });
    expect(call.hops[0]?.trace.packet.destinationPort).toBe(9080);
    expect(call.outcome.kind).toBe('answered');
  });

  it('to a port that is not listed bypasses the proxy', () => {
    expect(way(only(told('client-to-app', { sets: ['inbound.includePorts=9080'], to: 'pod:9090' })))).toBe('direct: answered');
  });

  it('with IPv6 comes to 15006, and Envoy calls from ::6', () => {
    const facts = { addresses: ['fd00::5'] };
    expect(connections(only(told('client-to-app', { facts, family: 'ip6' })))).toEqual([
      'envoy-inbound 2001:db8:1::7 > fd00::5:8080',
      'direct ::6 > fd00::5:8080',
    ]);
  });

  it('with IPv6 bypasses the proxy of a pod that is known with IPv4 alone (istio#46625)', () => {
    const facts = { addresses: ['10.0.0.5', 'fd00::5'] };
    expect(way(only(told('client-to-app', { facts, family: 'ip6' })))).toBe('direct: answered');
    expect(way(only(told('client-to-app', { facts, family: 'ip6', sets: ['dualStack=true'] })))).toBe('envoy-inbound direct: answered');
  });

  it('is refused before the proxy listens', () => {
    const { outcome } = only(told('client-to-app', { beforeProxy: true }));
    expect(outcome).toMatchObject({
      kind: 'refused',
      words: 'is REFUSED: it is caught by Envoy inbound (15006), where nothing listens yet, and the connection is refused',
    });
  });
});

describe('a client calls the application in mode TPROXY', () => {
  it.each(['1.9', '1.10', '1.11', '1.30'])(
    "in %s Envoy keeps the client's address, marks its call, and gets the answer back by the mark",
    (release) => {
      const call = only(told('client-to-app', { release, sets: TPROXY }));
      expect(connections(call)).toEqual(['envoy-inbound 198.51.100.7 > 192.0.2.1:8080', 'direct 198.51.100.7 > 192.0.2.1:8080']);
      expect(call.hops[1]?.trace.packet).toMatchObject({ uid: 0, gid: 1337, mark: 1337 });
      expect(call.hops[2]?.trace.steps).toContainEqual({ kind: 'routing', again: true, to: 'local', by: 'mark', outInterface: 'lo' });
      expect(call.outcome.kind).toBe('answered');
    },
  );

  it.each(['1.6', '1.7', '1.8'])('in %s loops: 15001 is not inbound any more, and Envoy calls itself (istio#23369)', (release) => {
    const call = only(told('client-to-app', { release, sets: TPROXY }));
    expect(way(call)).toBe('envoy-inbound envoy-inbound: loop');
    expect(call.outcome.words).toBe('LOOPS: what Envoy opens comes back to Envoy outbound, which opens it again, without end');
  });

  it.each(['1.1', '1.5'])('in %s comes to 15001, and Envoy calls the application by localhost', (release) => {
    const call = only(told('client-to-app', { release, sets: TPROXY }));
    expect(connections(call)).toEqual(['envoy-inbound 198.51.100.7 > 192.0.2.1:8080', 'direct 127.0.0.1 > 127.0.0.1:8080']);
    expect(call.outcome.kind).toBe('answered');
  });

  it('loops where the rules use another mark than Envoy, whose filter original_src has 1337 in it', () => {
    expect(way(only(told('client-to-app', { sets: [...TPROXY, 'tproxy.mark=1234'] })))).toBe('envoy-inbound envoy-inbound: loop');
  });

  it("loses the application's answer where no rule gives it the mark of its connection", () => {
    const plan = planOf({ sets: TPROXY });
    const text = printSave(plan.ip)
      .split('\n')
      .filter((line) => !line.includes('--restore-mark'));
    const call = only(simulateRequest('client-to-app', podNetworkOfRules(observeText(readRules(text.join('\n'))), plan)));
    expect(call.outcome).toMatchObject({
      kind: 'answer lost',
      words:
        'comes to Envoy inbound, then the application, but an ANSWER IS LOST: The application answers Envoy, and it leaves the pod by eth0, not caught',
    });
  });

  it('is dropped before the proxy listens', () => {
    expect(way(only(told('client-to-app', { sets: TPROXY, beforeProxy: true })))).toBe('dropped: dropped');
  });
});

describe('an application calls', () => {
  it("a service: through Envoy here, and through the service's own Envoy there", () => {
    const call = only(told('app-to-service'));
    expect(connections(call)).toEqual([
      'envoy-outbound 192.0.2.1 > 203.0.113.80:80',
      'direct 192.0.2.1 > 198.51.100.22:8080',
      'envoy-inbound 192.0.2.1 > 198.51.100.22:8080',
      'direct 127.0.0.6 > 198.51.100.22:8080',
    ]);
    expect(call.hops.map(({ pod }) => pod)).toEqual(['this', 'this', 'other', 'other', 'other', 'other', 'this', 'this']);
    expect(call.outcome.path).toEqual(['Envoy outbound', "the service's pod", 'Envoy inbound', 'the application']);
  });

  it('a service in the ranges that are captured', () => {
    const pod = { sets: ['outbound.includeRanges=10.96.0.0/12'] };
    expect(connections(only(told('app-to-service', pod)))[0]).toBe('envoy-outbound 192.0.2.1 > 10.96.0.10:80');
    expect(only(told('app-to-outside', pod)).outcome).toMatchObject({ kind: 'answered', proxied: false, asMeant: false });
  });

  it('an excluded port, which bypasses the proxy as is meant', () => {
    const { outcome } = only(told('app-to-excluded-port', { sets: ['outbound.excludePorts=3306'] }));
    expect(outcome).toMatchObject({ asMeant: true, words: 'is not captured: it comes to the other side; the answers come back' });
  });

  it('outside as the user of the proxy, and bypasses it (istio#4286)', () => {
    const { outcome, hops } = only(told('app-as-proxy-user'));
    expect(hops[0]?.trace.packet).toMatchObject({ uid: 1337, gid: 1337 });
    expect(outcome).toMatchObject({ proxied: false, asMeant: false });
    expect(outcome.words).toMatch(/^BYPASSES the proxy: it comes to the service's pod/);
  });

  it.each([
    ['1.0', [], 'a proxy that is nobody the rules know', { uid: 1001, gid: 1001 }],
    ['1.30', [], 'a proxy that is nobody the rules know', { uid: 1001, gid: 1001 }],
    [
      '1.30',
      ['proxy.uids=1000640000', 'proxy.gids=1000640000'],
      'rules for another namespace of OpenShift',
      { uid: 1000650000, gid: 1000650000 },
    ],
  ])('in %s%s outside, and loops with %s', (release, sets, _, proxy) => {
    const call = only(told('app-to-outside', { release, sets, proxy }));
    expect(way(call)).toBe('envoy-outbound envoy-outbound: loop');
    expect(call.outcome.words).toBe(
      `LOOPS: what Envoy opens comes back to Envoy outbound, which opens it again, without end; the proxy runs as uid ${proxy.uid}, gid ${proxy.gid}, which no rule lets through`,
    );
  });

  it('outside, and gets through where the proxy has its group at least', () => {
    expect(way(only(told('app-to-outside', { proxy: { uid: 1001, gid: 1337 } })))).toBe('envoy-outbound direct: answered');
  });

  it('by UDP, which nobody captures', () => {
    expect(way(only(told('udp-to-service')))).toBe('direct: answered');
  });
});

describe('the application calls itself', () => {
  it.each([
    ['1.0', 'envoy-outbound envoy-outbound direct', 'one port takes both directions'],
    ['1.2', 'envoy-outbound envoy-outbound direct', 'one port takes both directions'],
    ['1.3', 'envoy-outbound envoy-inbound direct', 'it comes back in by 15006'],
    ['1.5', 'envoy-outbound envoy-inbound direct', 'it comes back in by 15006'],
    ['1.30', 'envoy-outbound envoy-inbound direct', 'it comes back in by 15006'],
  ])('by its service in %s: %s, for %s', (release, ids) => {
    const call = only(told('app-to-itself-by-service-ip', { release, sets: ALL_PORTS }));
    expect(way(call)).toBe(`${ids}: answered`);
    expect(call.outcome.path).toEqual(['Envoy outbound', 'Envoy inbound', 'the application']);
  });

  it.each([
    ['1.2', 'envoy-outbound direct'],
    ['1.3', 'envoy-inbound direct'],
    ['1.4', 'envoy-inbound direct'],
    ['1.5', 'direct'],
    ['1.30', 'direct'],
  ])('by the address of its pod in %s: %s', (release, ids) => {
    expect(way(only(told('app-to-itself-by-pod-ip', { release, sets: ALL_PORTS })))).toBe(`${ids}: answered`);
  });

  it.each([
    ['1.10', 'envoy-inbound direct'],
    ['1.11', 'direct'],
    ['1.30', 'direct'],
  ])('by the address of its pod with TPROXY in %s: %s (istio#31165)', (release, ids) => {
    expect(way(only(told('app-to-itself-by-pod-ip', { release, sets: TPROXY })))).toBe(`${ids}: answered`);
  });

  it('by its service with TPROXY: marked 1338, it is taken by TPROXY over lo', () => {
    const call = only(told('app-to-itself-by-service-ip', { sets: TPROXY }));
    expect(way(call)).toBe('envoy-outbound envoy-inbound direct: answered');
    expect(call.hops[1]?.trace.end).toMatchObject({ kind: 'local', how: 'tproxy', port: 15006 });
  });

  it('by localhost: never captured', () => {
    for (const release of ['1.0', '1.4', '1.30'])
      expect(way(only(told('app-to-itself-localhost', { release, sets: ALL_PORTS })))).toBe('direct: answered');
  });

  it('in each of these ways, one after the other', () => {
    expect(told('app-to-itself').calls.map(way)).toEqual([
      'envoy-outbound envoy-inbound direct: answered',
      'direct: answered',
      'direct: answered',
    ]);
  });
});

describe('DNS', () => {
  const facts = { nameservers: ['10.96.0.10'] };
  const captured = (release: string) => ({ release, facts, sets: ['dns.capture=servers'] });

  it.each(['1.7', '1.8', '1.9', '1.10', '1.20', '1.22', '1.23', '1.25', '1.30'])(
    'captured in %s comes to the agent, which asks on',
    (release) => {
      const call = only(told('dns-lookup', captured(release)));
      expect(connections(call)).toEqual(['dns-agent 192.0.2.1 > 10.96.0.10:53', 'direct 192.0.2.1 > 10.96.0.10:53']);
      expect(call.hops[0]?.verdict.words).toBe('caught by the DNS agent (15053)');
      expect(call.outcome.kind).toBe('answered');
      expect(call.hops.some(({ stray }) => stray === true)).toBe(false);
    },
  );

  it.each(['1.11', '1.12', '1.19'])(
    'captured in %s is answered, but the server is looked for in the wrong zone (istio#33469)',
    (release) => {
      const call = only(told('dns-lookup', captured(release)));
      expect(call.outcome.kind).toBe('answered');
      expect(call.hops.filter(({ stray }) => stray === true).map(({ label }) => label)).toEqual(['The nameserver answers the agent']);
    },
  );

  it('by TCP is taken by Envoy in 1.7, and by the agent since 1.8', () => {
    expect(way(only(told('dns-lookup-by-tcp', captured('1.7'))))).toBe('envoy-outbound direct: answered');
    expect(way(only(told('dns-lookup-by-tcp', captured('1.8'))))).toBe('dns-agent direct: answered');
    expect(way(only(told('dns-lookup-by-tcp', captured('1.30'))))).toBe('dns-agent direct: answered');
  });

  it('that is not captured goes to the nameserver by UDP, and to Envoy by TCP', () => {
    expect(way(only(told('dns-lookup')))).toBe('direct: answered');
    expect(way(only(told('dns-lookup-by-tcp')))).toBe('envoy-outbound direct: answered');
  });

  it('loops where the agent is nobody the rules know', () => {
    const call = only(told('dns-lookup', { ...captured('1.30'), proxy: { uid: 5, gid: 5 } }));
    expect(way(call)).toBe('dns-agent dns-agent: loop');
    expect(call.outcome.words).toMatch(/^LOOPS: what the agent opens comes back to the agent/);
  });

  it('of a server that is not listed is not captured', () => {
    expect(way(only(told('dns-lookup', { ...captured('1.30'), to: '10.96.0.11:53' })))).toBe('direct: answered');
    expect(way(only(told('dns-lookup', { sets: ['dns.capture=all'], to: '10.96.0.11:53' })))).toBe('dns-agent direct: answered');
  });
});

describe("Istio's own ports", () => {
  it.each([
    ['1.0', [15020, 15020]],
    ['1.5', [15020, 15020]],
    ['1.6', [15021, 15020]],
    ['1.30', [15021, 15020]],
  ])('the kubelet of %s asks by %j', (release, ports) => {
    const { calls } = told('health-check', { release });
    expect(calls.map(({ hops }) => hops[0]?.trace.packet.destinationPort)).toEqual(ports);
  });

  it('a rewritten probe goes by the agent, who asks as the proxy delivers', () => {
    const [ready, alive] = told('health-check').calls;
    expect(ready?.outcome).toMatchObject({ path: ['Envoy (health)'], asMeant: true });
    expect(alive === undefined ? [] : connections(alive)).toEqual([
      'direct 198.51.100.7 > 192.0.2.1:15020',
      'direct 127.0.0.6 > 192.0.2.1:8080',
    ]);
  });

  it('a probe by the agent with TPROXY was taken by the proxy until 1.11', () => {
    expect(told('health-check', { release: '1.10', sets: TPROXY }).calls.map(way)).toEqual([
      'direct: answered',
      'direct envoy-inbound direct: answered',
    ]);
    expect(told('health-check', { release: '1.11', sets: TPROXY }).calls.map(way)).toEqual(['direct: answered', 'direct direct: answered']);
  });

  it('metrics are not captured since 1.5 excludes 15090', () => {
    expect(told('prometheus-scrape', { release: '1.4' }).calls.map(way)).toEqual([
      'envoy-inbound direct: answered',
      'direct direct: answered',
    ]);
    expect(told('prometheus-scrape', { release: '1.5' }).calls.map(way)).toEqual(['direct: answered', 'direct direct: answered']);
  });

  it('the tunnel is let through since 1.7, but not with TPROXY', () => {
    expect(way(only(told('tunnel', { release: '1.6' })))).toMatch(/^envoy-inbound/);
    expect(way(only(told('tunnel', { release: '1.7' })))).toBe('direct direct: answered');
    expect(way(only(told('tunnel', { sets: TPROXY })))).toBe('envoy-inbound direct direct: answered');
  });

  it('SSH is captured since 1.13', () => {
    expect(way(only(told('ssh', { release: '1.12', sets: ALL_PORTS })))).toBe('direct: answered');
    expect(way(only(told('ssh', { release: '1.13' })))).toBe('envoy-inbound direct: answered');
  });

  it('an excluded port that somebody chose is taken before those of Istio', () => {
    const port = (sets: readonly string[]) => only(told('excluded-port', { sets })).hops[0]?.trace.packet.destinationPort;
    expect(port(['inbound.excludePorts=15090,15021,15020,9000'])).toBe(9000);
    expect(port([])).toBe(15090);
  });

  it('a story about a port that there is not says how to name one', () => {
    expect(() => told('app-to-excluded-port')).toThrow(
      new ProblemError([
        {
          code: 'bad-option',
          severity: 'error',
          source: { kind: 'option', option: '--request' },
          args: { reason: 'outbound.excludePorts is empty, so that there is no such port; name one with --to 10.0.0.5:3306' },
        },
      ]),
    );
  });
});

describe('others', () => {
  it('an init container is refused before the proxy listens, but not as the user of the proxy', () => {
    expect(told('init-container-before-proxy').calls.map(way)).toEqual([
      'envoy-outbound: refused',
      'direct envoy-inbound direct: answered',
    ]);
  });

  it('a virtual machine is taken for outbound where its interface is rerouted, and fails otherwise', () => {
    expect(way(only(told('virtual-machine')))).toBe('envoy-inbound: misled');
    const rerouted = only(told('virtual-machine', { sets: ['interfaces.reroute=k6t-eth0'] }));
    expect(way(rerouted)).toBe('envoy-outbound direct envoy-inbound direct: answered');
    expect(rerouted.hops[0]?.trace.packet).toMatchObject({ origin: 'remote', inInterface: 'k6t-eth0' });
  });

  it('Envoy itself is let through', () => {
    for (const release of ['1.0', '1.5', '1.30']) expect(way(only(told('proxy-to-outside', { release })))).toBe('direct: answered');
  });

  it('without capture everything is direct', () => {
    for (const id of ['client-to-app', 'app-to-service', 'ssh'])
      expect(only(told(id, { sets: ['mode=NONE'] })).hops[0]?.verdict.id).toBe('direct');
  });
});

/** Rules of a default pod, with lines taken out or put in, as somebody saved them. */
function saved(change: (lines: readonly string[]) => readonly string[]) {
  const text = [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':INPUT ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':POSTROUTING ACCEPT [0:0]',
    ':ISTIO_INBOUND - [0:0]',
    ':ISTIO_IN_REDIRECT - [0:0]',
    ':ISTIO_OUTPUT - [0:0]',
    ':ISTIO_REDIRECT - [0:0]',
    '-A PREROUTING -p tcp -j ISTIO_INBOUND',
    '-A OUTPUT -p tcp -j ISTIO_OUTPUT',
    '-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT',
    '-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006',
    '-A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN',
    '-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT',
    '-A ISTIO_OUTPUT -o lo -m owner ! --uid-owner 1337 -j RETURN',
    '-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN',
    '-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN',
    '-A ISTIO_OUTPUT -j ISTIO_REDIRECT',
    '-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001',
    'COMMIT',
    '',
  ];
  return podNetworkOfRules(observeText(readRules(change(text).join('\n'))), planOf({}));
}

describe('rules that somebody broke', () => {
  const tell = (id: string, change: (lines: readonly string[]) => readonly string[]) => only(simulateRequest(id, saved(change)));

  it('as they were, let a call of itself in and through', () => {
    expect(way(tell('app-to-itself-by-service-ip', (lines) => lines))).toBe('envoy-outbound envoy-inbound direct: answered');
  });

  it('loop without the rule for 127.0.0.6: each delivery comes in again (istio#14443)', () => {
    const call = tell('client-to-app', (lines) => lines.filter((line) => !line.includes('127.0.0.6')));
    expect(way(call)).toBe('envoy-inbound envoy-inbound: loop');
    expect(call.outcome.words).toMatch(/comes back to Envoy inbound/);
  });

  it("loop without the rule for the proxy's user", () => {
    const call = tell('app-to-outside', (lines) => lines.filter((line) => line !== '-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN'));
    expect(way(call)).toBe('envoy-outbound envoy-outbound: loop');
  });

  it('bypass the proxy with an ACCEPT before them', () => {
    const call = tell('app-to-outside', (lines) =>
      lines.flatMap((line) => (line.startsWith('-A OUTPUT') ? ['-A OUTPUT -p tcp -j ACCEPT', line] : [line])),
    );
    expect(call.outcome).toMatchObject({ proxied: false, asMeant: false });
  });

  it('can not be told of where a match is not understood', () => {
    const call = tell('client-to-app', (lines) =>
      lines.flatMap((line) =>
        line.startsWith('-A PREROUTING') ? ['-A PREROUTING -m bpf --bytecode "1,6 0 0 0" -j ACCEPT', line] : [line],
      ),
    );
    expect(way(call)).toBe('unknown: unknown');
    expect(call.outcome.words).toMatch(/^is UNKNOWN: unknown: envoy-inbound or direct|^is UNKNOWN: unknown: direct or envoy-inbound/);
  });
});

describe('all stories', () => {
  it('have names of their own, and a sentence each', () => {
    expect(new Set(STORY_IDS).size).toBe(STORIES.length);
    for (const { about } of STORIES) expect(about).toMatch(/^[A-Z].*\.$/);
  });

  it('an unknown one is a RangeError', () => {
    expect(() => told('client-to-server')).toThrow(RangeError);
  });

  it('have an end in every age, in both modes and families', () => {
    const ages = ['1.0', '1.4', '1.5', '1.7', '1.10', '1.12', '1.23', '1.30'];
    const facts = { addresses: ['fd00::5', '10.0.0.5'], nameservers: ['10.96.0.10', 'fd00::a'] };
    for (const release of ages) {
      for (const mode of ['REDIRECT', 'TPROXY']) {
        const sets = [`mode=${mode}`, 'dns.capture=servers', 'outbound.excludePorts=3306', 'inbound.excludePorts=15020,9000'];
        const podNetwork = podNetworkOfPlan(planOf({ release, sets, facts }), { facts });
        for (const family of FAMILIES) {
          const told = STORY_IDS.flatMap((id) =>
            simulateRequest(id, podNetwork, { family }).calls.map(({ outcome }) => `${id} ${outcome.kind}`),
          );
          expect(
            told.filter((text) => text.endsWith('unknown')),
            `${release} ${mode} ${family}`,
          ).toEqual([]);
        }
      }
    }
  });
});
