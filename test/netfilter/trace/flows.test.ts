/** Later packets and answers: the flow that a first packet leaves, its translation turned round, and its zone. */

import { describe, expect, it } from 'vitest';
import { laterPacket, replyPacket } from '../../../src/netfilter/trace.ts';
import { arriving, expectEnd, flowOf, leaving, simulate, trail } from '../tracing.ts';

const REDIRECTED = {
  nat: ['-A PREROUTING -p tcp -j REDIRECT --to-ports 15006', '-A OUTPUT -p tcp -m owner ! --uid-owner 1337 -j REDIRECT --to-ports 15001'],
};

describe('the flow that a first packet leaves', () => {
  it('has the header of both directions, and who got it', () => {
    const flow = flowOf(simulate(REDIRECTED).trace(arriving()));
    expect(flow).toMatchObject({
      zone: 0,
      original: { protocol: 'tcp', source: '10.9.9.9', destination: '10.0.0.5', sourcePort: 40000, destinationPort: 80 },
      reply: { protocol: 'tcp', source: '10.0.0.5', destination: '10.9.9.9', sourcePort: 15006, destinationPort: 40000 },
      connmark: 0,
      origin: 'remote',
      delivery: { address: '10.0.0.5', port: 15006, how: 'redirect' },
    });
  });

  it('is not there for what was dropped or is not tracked', () => {
    const simulator = simulate({ filter: ['-A INPUT -s 10.9.9.9 -j DROP', '-A INPUT -j CONNMARK --save-mark'] });
    expect(simulator.trace(arriving()).flow).toBeUndefined();
    expect(simulator.trace(arriving({ source: '10.9.9.8', state: 'INVALID' })).flow).toBeUndefined();
    expect(simulator.trace(arriving({ source: '10.9.9.8' })).flow).toBeDefined();
    expect(() => replyPacket(simulator.trace(arriving()))).toThrow(RangeError);
  });

  it('is there without translation where conntrack sleeps, so that answers can be told', () => {
    const first = simulate({ filter: [] }).trace(arriving());
    expectEnd(simulate({ filter: [] }), replyPacket(first), 'sent eth0');
    expectEnd(simulate({ filter: [] }), replyPacket(simulate({ filter: [] }).trace(leaving())), 'local 10.0.0.5:40000 reply');
  });
});

describe('an answer', () => {
  it('to what was redirected as it arrived goes out with the address and port that were asked for', () => {
    const simulator = simulate(REDIRECTED);
    const answer = { ...replyPacket(simulator.trace(arriving({ destination: '10.0.0.6' }))), uid: 1337, gid: 1337 };
    expect(answer).toMatchObject({
      origin: 'local',
      source: '10.0.0.5',
      sourcePort: 15006,
      destination: '10.9.9.9',
      destinationPort: 40000,
    });
    const trace = expectEnd(simulator, answer, 'sent eth0');
    expect(trace.final).toMatchObject({ source: '10.0.0.6', sourcePort: 80 });
    expect(trail(trace)).toContain('conntrack ESTABLISHED reply zone 0');
  });

  it('to what was redirected as it left comes to the socket that asked, from the address that it asked', () => {
    const simulator = simulate(REDIRECTED);
    const first = simulator.trace(leaving());
    const answer = { ...replyPacket(first), uid: 1337, gid: 1337 };
    const trace = expectEnd(simulator, answer, 'local 10.0.0.5:40000 reply');
    expect(trace.final).toMatchObject({ source: '10.9.9.9', sourcePort: 80 });
  });

  it('is not asked about by nat, whoever sends it', () => {
    const simulator = simulate(REDIRECTED);
    const answer = { ...replyPacket(simulator.trace(arriving())), uid: 1000, gid: 1000 };
    expect(trail(expectEnd(simulator, answer, 'sent eth0'))).toContain('nat OUTPUT not asked: translated');
  });

  it('from outside arrives where the question left, and comes to the socket that asked', () => {
    const simulator = simulate(REDIRECTED);
    const first = expectEnd(simulator, leaving({ uid: 1337 }), 'sent eth0');
    expect(replyPacket(first)).toMatchObject({ origin: 'remote', inInterface: 'eth0', source: '10.9.9.9', sourcePort: 80 });
    expectEnd(simulator, replyPacket(first), 'local 10.0.0.5:40000 reply');
  });

  it('to what left with another source is given back the first', () => {
    const simulator = simulate({ nat: ['-A POSTROUTING -p tcp -j SNAT --to-source 10.1.0.5:5555'] });
    const first = simulator.trace(leaving());
    expect(replyPacket(first)).toMatchObject({ destination: '10.1.0.5', destinationPort: 5555 });
    expectEnd(simulator, replyPacket(first), 'local 10.0.0.5:40000 reply');
  });

  it('to what was sent elsewhere comes from where it was sent, and seems to come from where it was to go', () => {
    const simulator = simulate({ nat: ['-A OUTPUT -p udp -j DNAT --to-destination 10.7.7.7:5353'] });
    const first = simulator.trace(leaving({ protocol: 'udp', destinationPort: 53 }));
    expect(replyPacket(first)).toMatchObject({ source: '10.7.7.7', sourcePort: 5353 });
    const trace = expectEnd(simulator, replyPacket(first), 'local 10.0.0.5:40000 reply');
    expect(trace.final).toMatchObject({ source: '10.9.9.9', sourcePort: 53 });
  });

  it('to a packet that was passed on is passed on as well', () => {
    const simulator = simulate(
      { filter: ['-A FORWARD -m conntrack --ctstate NEW -s 10.0.0.0/8', '-A FORWARD -i eth1 -o eth0 -m conntrack --ctstate NEW -j DROP'] },
      { forwarding: true },
    );
    const first = expectEnd(simulator, arriving({ destination: '10.2.0.1', inInterface: 'eth0' }), 'forwarded eth0');
    expectEnd(simulator, { ...replyPacket(first), inInterface: 'eth1' }, 'forwarded eth0');
  });
});

describe('a later packet', () => {
  it('goes to the same socket, though another rule would match a first one now', () => {
    const first = simulate(REDIRECTED).trace(leaving());
    const other = simulate({ nat: ['-A OUTPUT -p tcp -j REDIRECT --to-ports 9'], filter: ['-A INPUT -m conntrack --ctstate NEW -j DROP'] });
    expectEnd(other, laterPacket(first), 'local 127.0.0.1:15001 redirect');
  });

  it('keeps its header where conntrack sleeps', () => {
    const first = simulate(REDIRECTED).trace(arriving());
    expect(simulate({ filter: [] }).trace(laterPacket(first)).final).toMatchObject({ destinationPort: 80 });
  });

  it('that is delivered here, though the first one left, is no answer', () => {
    const first = simulate(REDIRECTED).trace(leaving({ uid: 1337 }));
    const marked = simulate({ ...REDIRECTED, mangle: ['-A OUTPUT -j MARK --set-mark 7'] }, { localByMark: [{ family: 'ip', mark: 7 }] });
    expectEnd(marked, laterPacket(first), 'local 10.9.9.9:80 mark');
  });

  it('that has another header begins a flow of its own, if it can', () => {
    const simulator = simulate(REDIRECTED);
    const later = laterPacket(simulator.trace(arriving()));
    expect(trail(expectEnd(simulator, { ...later, sourcePort: 40001, opens: true }, 'local 10.0.0.5:15006 redirect'))[0]).toBe(
      'conntrack NEW original zone 0',
    );
    expect(trail(expectEnd(simulator, { ...later, sourcePort: 40001 }, 'local 10.0.0.5:80 plain'))[0]).toBe(
      'conntrack INVALID original zone 0',
    );
  });
});

describe('a zone', () => {
  const udp = { protocol: 'udp', destinationPort: 53 } as const;
  const zones = ['-A OUTPUT -p udp -m udp --dport 53 -m owner --uid-owner 1000 -j CT --zone 2'];
  const nat = ['-A OUTPUT -p udp -m udp --dport 53 -m owner --uid-owner 1000 -j REDIRECT --to-ports 15053'];

  it('is part of the flow', () => {
    const simulator = simulate({ raw: zones, nat });
    const first = expectEnd(simulator, leaving(udp), 'local 127.0.0.1:15053 redirect');
    expect(flowOf(first).zone).toBe(2);
    expect(trail(first)).toContain('matched raw OUTPUT 1: -p udp -m udp --dport 53 -m owner --uid-owner 1000 -j CT --zone 2 {zone 0 > 2}');
  });

  it('keeps an answer from the flow that is in another, so that it is not translated back', () => {
    const simulator = simulate({ raw: zones, nat });
    const answer = { ...replyPacket(simulator.trace(leaving(udp))), uid: 1337, gid: 1337 };
    const trace = expectEnd(simulator, answer, 'local 10.0.0.5:40000 plain');
    expect(trail(trace)).toContain('conntrack NEW original zone 0');
    expect(trace.final).toMatchObject({ source: '127.0.0.1', sourcePort: 15053 });
  });

  it('is found again by an answer that a rule puts into the same', () => {
    const back = '-A OUTPUT -p udp -m udp --sport 15053 -m owner --uid-owner 1337 -j CT --zone 2';
    const simulator = simulate({ raw: [...zones, back], nat });
    const answer = { ...replyPacket(simulator.trace(leaving(udp))), uid: 1337, gid: 1337 };
    const trace = expectEnd(simulator, answer, 'local 10.0.0.5:40000 reply');
    expect(trace.final).toMatchObject({ source: '10.9.9.9', sourcePort: 53 });
  });

  it('is not given a second time to what comes back over lo', () => {
    const simulator = simulate({ raw: [...zones, '-A PREROUTING -i lo -j CT --zone 9'], nat });
    expect(flowOf(simulator.trace(leaving(udp))).zone).toBe(2);
  });

  it('is that of the first rule which gives one, and a later rule changes nothing', () => {
    const two = { raw: [...zones, '-A OUTPUT -p udp -j CT --zone 3', '-A OUTPUT -p udp -j CT --notrack'], nat };
    const trace = expectEnd(simulate(two), leaving(udp), 'local 127.0.0.1:15053 redirect');
    expect(flowOf(trace).zone).toBe(2);
    expect(trail(trace)).toContain('matched raw OUTPUT 2: -p udp -j CT --zone 3');
    const none = { raw: ['-A OUTPUT -p udp -j CT --notrack', '-A OUTPUT -p udp -j CT --zone 3'], nat };
    expectEnd(simulate(none), leaving(udp), 'sent eth0');
  });

  it('makes an answer of TCP that finds no flow INVALID', () => {
    const simulator = simulate({ raw: ['-A PREROUTING -j CT --zone 5'], filter: ['-A OUTPUT -m conntrack --ctstate INVALID -j DROP'] });
    const first = simulator.trace(arriving());
    expectEnd(simulator, { ...replyPacket(first), uid: 0, gid: 0 }, 'dropped filter OUTPUT 1');
  });
});
