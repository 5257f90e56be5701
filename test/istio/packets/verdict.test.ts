/** Ends in Istio's words, for plans of releases that differ in how they catch. */

import { describe, expect, it } from 'vitest';
import type { PodState } from '../../../src/istio/packets/trace-plan.ts';
import { hostOf, tracePacket } from '../../../src/istio/packets/trace-plan.ts';
import type { Verdict } from '../../../src/istio/packets/verdict.ts';
import { proxyPortsOf, VERDICTS, verdictOf } from '../../../src/istio/packets/verdict.ts';
import type { CapturePlan } from '../../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { valuesOf } from '../../../src/istio/settings/settings.ts';
import type { Packet } from '../../../src/netfilter/packet.ts';
import { laterPacket, replyPacket, simulatorFor } from '../../../src/netfilter/trace.ts';
import { DISTINCT_PLANS } from '../../golden-plans.ts';
import { arriving, type HOST, leaving, simulate, trail } from '../../netfilter/tracing.ts';

const ADDRESSES = ['10.0.0.5/24'];
const PORTS = { outbound: 15001, inbound: 15006, dns: [15053, 15013] };

function plan(release: string, ...args: readonly string[]): CapturePlan {
  return planFromArguments(['-u', '1337', '-i', '*', '-b', '*', '-d', '15090', ...args], {
    release,
    addresses: ADDRESSES,
    nameservers: ['10.96.0.10'],
  });
}

function verdict(of: CapturePlan, packet: Packet, state: PodState = {}): Verdict {
  const trace = tracePacket(of, packet, { addresses: ADDRESSES }, state);
  const found = verdictOf(trace.end, proxyPortsOf(valuesOf(of.settings)));
  if (!VERDICTS.includes(found.id)) throw new Error(trail(trace).join('\n'));
  return found;
}

describe('a redirecting plan', () => {
  const redirecting = plan('1.23.0');

  it('catches what arrives', () => {
    expect(verdict(redirecting, arriving())).toEqual({ id: 'envoy-inbound', words: 'caught by Envoy inbound (15006)' });
  });

  it('catches what an application sends', () => {
    expect(verdict(redirecting, leaving())).toEqual({ id: 'envoy-outbound', words: 'caught by Envoy outbound (15001)' });
  });

  it("lets the proxy's own calls leave", () => {
    expect(verdict(redirecting, leaving({ uid: 1337 }))).toEqual({ id: 'direct', words: 'leaves the pod by eth0, not caught' });
  });

  it('leaves excluded ports alone', () => {
    expect(verdict(redirecting, arriving({ destinationPort: 15090 }))).toEqual({
      id: 'direct',
      words: 'reaches port 15090 of the pod, not caught',
    });
  });

  it("catches inbound what the proxy sends to its own pod's address", () => {
    expect(verdict(redirecting, leaving({ uid: 1337, destination: '10.0.0.5' })).id).toBe('envoy-inbound');
  });

  it('says what an unknown owner hangs on, with all that may come of it', () => {
    const { id, words } = verdict(redirecting, leaving({ uid: undefined, gid: undefined }));
    expect(id).toBe('unknown');
    expect(words).toMatch(
      /^unknown: envoy-outbound or direct, depends on the packet's uid, which rule \d+ of ISTIO_OUTPUT in nat asks for$/,
    );
  });

  it('has one verdict where all that may come of it is the same', () => {
    expect(verdict(redirecting, leaving({ gid: undefined, uid: 1337 })).id).toBe('direct');
    expect(verdict(redirecting, arriving({ sourcePort: undefined, source: undefined })).id).toBe('envoy-inbound');
  });
});

describe('DNS', () => {
  const query = leaving({ protocol: 'udp', destination: '10.96.0.10', destinationPort: 53 });

  it('is caught by the agent where it is captured', () => {
    const capturing = plan('1.23.0', '--redirect-dns');
    expect(verdict(capturing, query)).toEqual({ id: 'dns-agent', words: 'caught by the DNS agent (15053)' });
    expect(verdict(capturing, leaving({ destination: '10.96.0.10', destinationPort: 53 })).id).toBe('dns-agent');
    expect(verdict(capturing, { ...query, uid: 1337 }).id).toBe('direct');
    expect(verdict(plan('1.23.0'), query).id).toBe('direct');
  });

  it('was caught on 15013 by the first agent', () => {
    const first = planFromArguments(['-u', '1337', '-i', '*', '-b', '*'], { release: '1.6.0', env: { DNS_CAPTURE: 'ALL' } });
    expect(verdict(first, query)).toEqual({ id: 'dns-agent', words: 'caught by the DNS agent (15013)' });
  });
});

describe('a TPROXY plan', () => {
  const tproxy = plan('1.23.0', '-m', 'TPROXY');

  it('catches what arrives, and drops it before the proxy listens', () => {
    expect(verdict(tproxy, arriving())).toEqual({ id: 'envoy-inbound', words: 'caught by Envoy inbound (15006)' });
    const { id, words } = verdict(tproxy, arriving(), { beforeProxy: true });
    expect(id).toBe('dropped');
    expect(words).toMatch(/^dropped by rule 1 of ISTIO_TPROXY in mangle: no transparent socket listens on 15006$/);
  });

  it('catches later packets too, and takes answers back to whoever asked', () => {
    const simulator = simulatorFor(tproxy.ip, hostOf(tproxy, { addresses: ADDRESSES }));
    const first = simulator.trace(arriving());
    expect(verdictOf(simulator.trace(laterPacket(first)).end, PORTS).id).toBe('envoy-inbound');
    const asked = simulator.trace(leaving({ uid: 1337 }));
    expect(verdictOf(simulator.trace(replyPacket(asked)).end, PORTS)).toEqual({
      id: 'direct',
      words: 'goes back to the socket that opened the connection',
    });
  });
});

describe('a release that sends inbound traffic to the outbound port', () => {
  it.each(['1.0.0', '1.2.10'])('%s: the rule tells the side', (release) => {
    const old = planFromArguments(['-p', '15001', '-u', '1337', '-i', '*', '-b', '80'], { release });
    expect(verdict(old, arriving())).toEqual({ id: 'envoy-inbound', words: 'caught by Envoy inbound (15001)' });
    expect(verdict(old, leaving())).toEqual({ id: 'envoy-outbound', words: 'caught by Envoy outbound (15001)' });
    const simulator = simulatorFor(old.ip, hostOf(old, { addresses: ADDRESSES }));
    const later = simulator.end({ ...arriving(), state: 'ESTABLISHED' });
    expect(verdictOf(later, proxyPortsOf(valuesOf(old.settings))).id).toBe('envoy-inbound');
  });
});

describe('tracePacket', () => {
  const redirecting = plan('1.23.0');
  const tproxy = plan('1.23.0', '-m', 'TPROXY');

  it('takes what arrives to be for the pod where nobody tells its addresses, and the rest to be for others', () => {
    expect(tracePacket(redirecting, arriving({ destination: '10.3.3.3' })).end).toMatchObject({ address: '10.3.3.3', port: 15006 });
    expect(tracePacket(redirecting, arriving({ destination: undefined })).end).toMatchObject({ kind: 'local', port: 15006 });
    expect(tracePacket(redirecting, leaving({ uid: 1337, destination: '10.3.3.3' })).end).toEqual({ kind: 'sent', outInterface: 'eth0' });
  });

  it('asks nothing of a pod without addresses that it can answer itself', () => {
    expect(tracePacket(redirecting, arriving({ inInterface: undefined })).split).toBeUndefined();
  });

  it('knows the addresses of the facts, of either family', () => {
    const facts = { addresses: ['10.3.3.3/24', '2001:db8::5/64'] };
    expect(tracePacket(redirecting, leaving({ uid: 1000, destination: '10.3.3.3' }), facts).end).toMatchObject({
      kind: 'local',
      how: 'plain',
    });
    const six = leaving({ family: 'ip6', source: '2001:db8::5', destination: '2001:db8::5' });
    expect(tracePacket(redirecting, six, facts).end).toMatchObject({ kind: 'local' });
  });

  it('names the interface as the packet does', () => {
    expect(tracePacket(redirecting, leaving({ uid: 1337, outInterface: 'net1' })).end).toEqual({ kind: 'sent', outInterface: 'net1' });
    expect(tracePacket(redirecting, arriving({ inInterface: 'net1' })).end).toMatchObject({ kind: 'local', port: 15006 });
  });

  it('routes by the marks of the plan, and only where their table has a route', () => {
    const marked = leaving({ mark: 1337 });
    expect(tracePacket(tproxy, marked).end).toMatchObject({ kind: 'local', how: 'mark' });
    expect(tracePacket({ ...tproxy, routing: { ...tproxy.routing, routes: [] } }, marked).end).toMatchObject({
      kind: 'local',
      how: 'redirect',
    });
    expect(tracePacket(redirecting, marked).end).toMatchObject({ kind: 'local', how: 'redirect' });
  });

  it('asks whether the pod passes packets on', () => {
    const away = arriving({ destination: '10.7.7.7', destinationPort: 15090 });
    const facts = { addresses: ADDRESSES };
    expect(tracePacket(redirecting, away, facts).end).toMatchObject({ kind: 'unknown', why: { kind: 'host', fact: 'forwarding' } });
    expect(tracePacket(redirecting, away, facts, { forwarding: true }).end).toEqual({ kind: 'forwarded', outInterface: 'eth0' });
  });
});

describe('hostOf', () => {
  it('has an address of each family to stand for those that nobody told', () => {
    const { interfaces } = hostOf(plan('1.23.0'));
    expect(interfaces.map(({ name, addresses }) => [name, addresses.length])).toEqual([
      ['lo', 0],
      ['eth0', 2],
    ]);
    expect(hostOf(plan('1.23.0'), { addresses: ADDRESSES }).interfaces[1]?.addresses).toEqual(['10.0.0.5']);
  });
});

describe('TPROXY of a release that had one port', () => {
  it('is inbound', () => {
    const old = planFromArguments(['-p', '15001', '-u', '1337', '-m', 'TPROXY', '-i', '*', '-b', '80'], { release: '1.2.10' });
    expect(verdict(old, arriving())).toEqual({ id: 'envoy-inbound', words: 'caught by Envoy inbound (15001)' });
  });
});

describe('rules of others', () => {
  const of = (lines: Readonly<Record<string, readonly string[]>>, packet = arriving(), more: Partial<typeof HOST> = {}): Verdict =>
    verdictOf(simulate(lines, more).end(packet), PORTS);

  it.each<[words: string, id: string, found: () => Verdict]>([
    ['dropped by rule 1 of INPUT in filter', 'dropped', () => of({ filter: ['-A INPUT -j DROP'] })],
    ['dropped by the policy of INPUT in filter', 'dropped', () => of({ filter: [':INPUT DROP'] })],
    ['rejected with icmp-port-unreachable by rule 1 of INPUT in filter', 'dropped', () => of({ filter: ['-A INPUT -j REJECT'] })],
    ['unknown: rule 1 of INPUT in filter queues it for a program', 'unknown', () => of({ filter: ['-A INPUT -j QUEUE'] })],
    ['unknown: the policy of INPUT in filter queues it for a program', 'unknown', () => of({ filter: [':INPUT QUEUE'] })],
    [
      'sent to port 9999, which is not a port of the proxy',
      'direct',
      () => of({ nat: ['-A PREROUTING -p tcp -j REDIRECT --to-ports 9999'] }),
    ],
    [
      'unknown: it is sent to a port that the kernel chooses',
      'unknown',
      () => of({ nat: ['-A PREROUTING -p tcp -j REDIRECT --to-ports 15001-15006'] }),
    ],
    ['caught by Envoy inbound (15006)', 'envoy-inbound', () => of({ nat: ['-A PREROUTING -p tcp -j REDIRECT --to-ports 15006'] })],
    ['caught by Envoy outbound (15001)', 'envoy-outbound', () => of({ nat: ['-A OUTPUT -p tcp -j REDIRECT --to-ports 15001'] }, leaving())],
    ['is forwarded by eth0, not caught', 'direct', () => of({ filter: [] }, arriving({ destination: '10.2.0.1' }), { forwarding: true })],
    [
      'dropped by routing: it is for another machine, and the pod forwards nothing',
      'dropped',
      () => of({ filter: [] }, arriving({ destination: '10.2.0.1' })),
    ],
    [
      'dropped by routing: its destination is an address of loopback',
      'dropped',
      () => of({ filter: [] }, arriving({ destination: '127.0.0.1' })),
    ],
    [
      'is delivered here by its mark (80)',
      'direct',
      () => of({ filter: [] }, leaving({ mark: 7 }), { localByMark: [{ family: 'ip', mark: 7 }] }),
    ],
    [
      'unknown: direct or dropped, rule 1 of INPUT in filter has a match that is not understood',
      'unknown',
      () => of({ filter: ['-A INPUT -m set --match-set x src -j DROP'] }),
    ],
    [
      'unknown: direct or dropped, rule 1 of INPUT in filter has a target that is not understood',
      'unknown',
      () => of({ filter: ['-A INPUT -j TARPIT'] }),
    ],
    [
      'unknown, rule 1 of A in filter leads into a loop, which no kernel accepts',
      'unknown',
      () => of({ filter: ['-A INPUT -j A', '-A A -j A'] }),
    ],
    [
      'unknown: direct or dropped, depends on whether the pod forwards packets of others',
      'unknown',
      () => of({ filter: [] }, arriving({ destination: '10.2.0.1' }), { forwarding: undefined }),
    ],
    [
      "unknown: direct or dropped, depends on the packet's destination",
      'unknown',
      () => of({ filter: [] }, arriving({ destination: undefined })),
    ],
  ])('%s', (words, id, found) => {
    expect(found()).toEqual({ id, words });
  });
});

describe('every golden plan', () => {
  it("never catches what the proxy's user sends to another machine, but for DNS", () => {
    for (const { name, plan: golden } of DISTINCT_PLANS) {
      const [owner] = golden.settings['proxy.uids'].value;
      if (owner === undefined || 'name' in owner) continue;
      const found = verdict(golden, leaving({ uid: owner.first, gid: owner.first }));
      expect(found.id, name).toBe('direct');
    }
  });

  it('has a verdict for what says nothing but its family and its direction', () => {
    // One in twenty: each has hundreds of ways to be followed.
    for (const { name, plan: golden } of DISTINCT_PLANS.filter((_, index) => index % 20 === 0)) {
      for (const origin of ['local', 'remote'] as const) expect(VERDICTS, name).toContain(verdict(golden, { family: 'ip', origin }).id);
    }
  });
});
