/** Marks, routing by marks, and TPROXY. */

import { describe, expect, it } from 'vitest';
import type { LocalByMark } from '../../../src/netfilter/trace/host.ts';
import { laterPacket, replyPacket } from '../../../src/netfilter/trace.ts';
import { arriving, expectEnd, flowOf, leaving, simulate, trail } from '../tracing.ts';

const MARKED: readonly LocalByMark[] = [{ family: 'ip', mark: 1337 }];

describe('a mark', () => {
  const markAfter = (lines: readonly string[], mark = 0): number | undefined =>
    simulate({ mangle: lines }).trace(leaving({ mark })).final?.mark;

  it('is set, and mixed with what is there by its mask', () => {
    expect(markAfter(['-A OUTPUT -j MARK --set-mark 1337'], 5)).toBe(1337);
    expect(markAfter(['-A OUTPUT -j MARK --set-xmark 0x30/0xf0'], 0xabc)).toBe(0xa3c);
    expect(markAfter(['-A OUTPUT -j MARK --or-mark 0x80000000'], 1)).toBe(0x80000001);
    expect(markAfter(['-A OUTPUT -j MARK --and-mark 0xf'], 0x35)).toBe(0x5);
    expect(markAfter(['-A OUTPUT -j MARK --xor-mark 0xff'], 0xf0)).toBe(0x0f);
  });

  it('is asked for with a mask', () => {
    const simulator = simulate({ filter: ['-A OUTPUT -m mark --mark 0x30/0xf0 -j DROP', '-A OUTPUT -m mark ! --mark 0x1/0x1 -j REJECT'] });
    expectEnd(simulator, leaving({ mark: 0xa3c }), 'dropped filter OUTPUT 1');
    expectEnd(simulator, leaving({ mark: 0xa4c }), 'rejected icmp-port-unreachable filter OUTPUT 2');
    expectEnd(simulator, leaving({ mark: 0xa4d }), 'sent eth0');
  });

  it('stands in the trail where a rule changes it', () => {
    const trace = simulate({ mangle: ['-A OUTPUT -j MARK --set-mark 7'] }).trace(leaving());
    expect(trail(trace)).toContain('matched mangle OUTPUT 1: -j MARK --set-xmark 0x7/0xffffffff {mark 0 > 7}');
  });
});

describe('a connmark', () => {
  it('is saved with the flow, and restored from it to another packet', () => {
    const simulator = simulate({
      mangle: ['-A PREROUTING -j MARK --set-mark 7', '-A PREROUTING -j CONNMARK --save-mark', '-A OUTPUT -j CONNMARK --restore-mark'],
      filter: ['-A OUTPUT -m connmark --mark 7 -m mark --mark 7 -j DROP'],
    });
    const first = expectEnd(simulator, arriving(), 'local 10.0.0.5:80 plain');
    expect(flowOf(first).connmark).toBe(7);
    expectEnd(simulator, { ...replyPacket(first), uid: 1000, gid: 1000 }, 'dropped filter OUTPUT 1');
  });

  it('is copied by its masks', () => {
    const lines = ['-A OUTPUT -j CONNMARK --save-mark --nfmask 0xf0 --ctmask 0xff'];
    const flow = simulate({ mangle: lines }).trace(leaving({ mark: 0x35, connmark: 0xabc })).flow;
    expect(flow?.connmark).toBe(0xa30);
    const back = ['-A OUTPUT -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xf0'];
    expect(simulate({ mangle: back }).trace(leaving({ mark: 0x135, connmark: 0xabc })).final?.mark).toBe(0x1b0);
  });

  it("is the flow's again behind a CT rule, whose template has none", () => {
    const simulator = simulate({ raw: ['-A OUTPUT -j CT --zone 1'], filter: ['-A OUTPUT -m connmark --mark 7 -j DROP'] });
    expectEnd(simulator, leaving({ state: 'RELATED', connmark: 7 }), 'dropped filter OUTPUT 1');
  });

  it('of a new flow is 0, and a packet without a flow has none: no rule that asks for one holds', () => {
    const simulator = simulate({ mangle: ['-A OUTPUT -m connmark --mark 0 -j DROP', '-A OUTPUT -m connmark ! --mark 0 -j DROP'] });
    expectEnd(simulator, leaving(), 'dropped mangle OUTPUT 1');
    expectEnd(simulator, leaving({ state: 'INVALID' }), 'sent eth0');
    const masked = simulate({ mangle: ['-A OUTPUT -m connmark --mark 1/1 -j DROP', '-A OUTPUT -m connmark ! --mark 1/1 -j DROP'] });
    expectEnd(masked, leaving({ state: 'INVALID' }), 'sent eth0');
    const restoring = simulate({ mangle: ['-A OUTPUT -j CONNMARK --restore-mark'] });
    expect(restoring.trace(leaving({ state: 'INVALID', mark: 9 })).final?.mark).toBe(9);
  });
});

describe('routing by mark', () => {
  it('delivers here what is for elsewhere', () => {
    const simulator = simulate({ mangle: ['-A PREROUTING -j MARK --set-mark 1337'] }, { localByMark: MARKED });
    expectEnd(simulator, arriving({ destination: '10.7.7.7' }), 'local 10.7.7.7:80 mark');
    expectEnd(simulator, arriving(), 'local 10.0.0.5:80 plain');
  });

  it('is done again where mangle OUTPUT changes the mark: to lo, and away from it', () => {
    const simulator = simulate(
      { mangle: ['-A OUTPUT -p tcp -m tcp --dport 81 -j MARK --set-mark 1337', '-A OUTPUT -p tcp -m tcp --dport 83 -j MARK --set-mark 5'] },
      { localByMark: MARKED },
    );
    const trace = expectEnd(simulator, leaving({ destinationPort: 81 }), 'local 10.9.9.9:81 mark');
    expect(trail(trace)).toContain('routing again: local by mark, out=lo');
    expectEnd(simulator, leaving({ destinationPort: 82, mark: 1337 }), 'local 10.9.9.9:82 mark');
    expectEnd(simulator, leaving({ destinationPort: 83, mark: 1337 }), 'sent eth0');
  });

  it('has no say of the other family, or of a mark that differs in the bits that count', () => {
    const masked = simulate(
      { filter: [] },
      {
        localByMark: [
          { family: 'ip', mark: 0x3f, mask: 0xf0 },
          { family: 'ip6', mark: 1 },
        ],
      },
    );
    expectEnd(masked, leaving({ mark: 0xa3f }), 'local 10.9.9.9:80 mark');
    expectEnd(masked, leaving({ mark: 0x40 }), 'sent eth0');
    expectEnd(masked, leaving({ mark: 1 }), 'sent eth0');
  });

  it('the chains of OUTPUT see the first interface, those of POSTROUTING the second', () => {
    const mangle = ['-A OUTPUT -j MARK --set-mark 1337', '-A POSTROUTING -o eth0 -j DROP'];
    const simulator = simulate({ mangle, filter: ['-A OUTPUT -o lo -j DROP'] }, { localByMark: MARKED });
    expectEnd(simulator, leaving(), 'local 10.9.9.9:80 mark');
  });
});

describe('TPROXY', () => {
  const TPROXY = '-A PREROUTING -p tcp -j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark 0x539/0xffffffff';
  const simulator = simulate({ mangle: [TPROXY] }, { localByMark: MARKED });

  it('hands a packet to the socket that listens, its header unchanged', () => {
    const trace = expectEnd(simulator, arriving(), 'local 10.0.0.5:15006 tproxy');
    expect(trace.final).toMatchObject({ destination: '10.0.0.5', destinationPort: 80, mark: 1337 });
  });

  it('with routing by its mark takes what is for elsewhere, and without it drops it', () => {
    expectEnd(simulator, arriving({ destination: '10.7.7.7' }), 'local 10.7.7.7:15006 tproxy');
    const forwarding = simulate({ mangle: [TPROXY] }, { forwarding: true });
    expectEnd(forwarding, arriving({ destination: '10.7.7.7' }), 'dropped has-socket');
  });

  it('of a first packet alone, by whose mark a connection for elsewhere is taken: later ones have its socket, and are not passed on', () => {
    for (const [family, destination, own] of [
      ['ip', '10.7.7.7', '10.0.0.5'],
      ['ip6', '2001:db8:7::7', '2001:db8::5'],
    ] as const) {
      const lines = {
        mangle: ['-A PREROUTING -p tcp -m conntrack --ctstate NEW -j TPROXY --on-port 15006 --tproxy-mark 0x539/0xffffffff'],
        nat: [`-A PREROUTING -p tcp -j DNAT --to-destination ${destination}`],
      };
      const once = simulate(lines, { localByMark: [{ family, mark: 1337 }], forwarding: true }, family);
      const first = once.trace(arriving({ family, source: family === 'ip' ? '10.9.9.9' : '2001:db8:9::9', destination: own }));
      expect(first.end).toMatchObject({ kind: 'local', how: 'tproxy' });
      expectEnd(once, laterPacket(first), 'dropped has-socket');
    }
  });

  it('keeps no datagram of a flow from being passed on: the socket of a server is connected to nobody', () => {
    const lines = {
      mangle: ['-A PREROUTING -p udp -m conntrack --ctstate NEW -j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark 0x539/0xffffffff'],
    };
    const once = simulate(lines, { localByMark: MARKED, forwarding: true });
    const first = once.trace(arriving({ protocol: 'udp', destination: '10.7.7.7' }));
    expectEnd(once, laterPacket(first), 'forwarded eth0');
  });

  it('knows what a transparent socket has accepted for transparent, though no TPROXY led there', () => {
    const plain = simulate({ filter: ['-A FORWARD -m conntrack --ctstate NEW'] });
    expectEnd(simulator, laterPacket(plain.trace(arriving({ destinationPort: 15006 }))), 'local 10.0.0.5:15006 plain');
    const unsaid = simulate({ mangle: [TPROXY] }, { localByMark: MARKED, transparentPorts: undefined });
    expectEnd(
      unsaid,
      laterPacket(plain.trace(arriving())),
      '(transparent-socket? yes: local 10.0.0.5:80 plain, no: dropped no-listener mangle PREROUTING 1)',
    );
  });

  it('drops the packet where no transparent socket listens', () => {
    const before = simulate({ mangle: [TPROXY] }, { localByMark: MARKED, transparentPorts: [15001] });
    expectEnd(before, arriving(), 'dropped no-listener mangle PREROUTING 1');
  });

  it('asks once for a listener that is not known of', () => {
    const unsaid = simulate(
      { mangle: ['-A PREROUTING -j A', '-A A -p tcp -m mark --mark 1', TPROXY.replace('PREROUTING', 'A')] },
      { transparentPorts: undefined },
    );
    expectEnd(unsaid, arriving(), '(transparent-socket? yes: local 10.0.0.5:15006 tproxy, no: dropped no-listener mangle A 2)');
  });

  it('ends mangle, and leaves nat to be asked', () => {
    const lines = {
      mangle: [TPROXY, '-A PREROUTING -j DROP'],
      nat: ['-A PREROUTING -m mark --mark 1337 -j DROP', '-A NEVER -p tcp -j REDIRECT'],
    };
    expectEnd(simulate(lines), arriving(), 'dropped nat PREROUTING 1');
  });

  it('has given the packet to its socket for good: a new destination from nat changes the header only', () => {
    const both = simulate({ mangle: [TPROXY], nat: ['-A PREROUTING -p tcp -j REDIRECT --to-ports 15001'] }, { localByMark: MARKED });
    const trace = expectEnd(both, arriving(), 'local 10.0.0.5:15006 tproxy');
    expect(trace.final).toMatchObject({ destination: '10.0.0.5', destinationPort: 15001 });
    expectEnd(both, laterPacket(trace), 'local 10.0.0.5:15006 tproxy');
    expectEnd(both, arriving({ inInterface: undefined, destination: '10.7.7.7' }), 'local ?:15006 tproxy');
  });

  it('takes later packets to the connected socket, and drops those of a socket that is not transparent', () => {
    const first = simulator.trace(arriving());
    expectEnd(simulator, laterPacket(first), 'local 10.0.0.5:15006 tproxy');
    const plain = simulate({ filter: ['-A FORWARD -m conntrack --ctstate NEW'] }).trace(arriving());
    expectEnd(simulator, laterPacket(plain), 'dropped no-listener mangle PREROUTING 1');
  });

  it('is not understood where no kernel loads it', () => {
    const icmp = simulate({ mangle: ['-A PREROUTING -j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1'] });
    expect(icmp.end(arriving({ protocol: 'icmp' }))).toMatchObject({ kind: 'unknown', why: { kind: 'target' } });
    const misplaced = simulate({ mangle: [TPROXY.replace('PREROUTING', 'INPUT')] });
    expectEnd(
      misplaced,
      arriving(),
      '(target? continue: local 10.0.0.5:80 plain, accept: local 10.0.0.5:80 plain, drop: dropped mangle INPUT 1)',
    );
  });
});

describe('-m socket', () => {
  const simulator = simulate(
    { mangle: ['-A PREROUTING -p tcp -m socket -j DROP'] },
    { boundListeners: [{ address: '10.0.0.5', port: 80 }] },
  );

  it('finds no socket that listens on all addresses for a first packet, and one that listens on its own', () => {
    expectEnd(simulate({ mangle: ['-A PREROUTING -m socket -j DROP'] }), arriving(), 'local 10.0.0.5:80 plain');
    expectEnd(simulator, arriving(), 'dropped mangle PREROUTING 1');
    expectEnd(simulator, arriving({ destinationPort: 81 }), 'local 10.0.0.5:81 plain');
  });

  it('finds the connected socket of a flow', () => {
    const first = simulate({ filter: [] }).trace(arriving({ destinationPort: 81 }));
    const awake = simulate({ mangle: ['-A PREROUTING -m socket -j DROP', '-A OUTPUT -j CONNMARK --save-mark'] });
    expectEnd(awake, laterPacket(first), 'dropped mangle PREROUTING 1');
    const sent = simulate({ filter: [] }).trace(leaving());
    expectEnd(awake, replyPacket(sent), 'dropped mangle PREROUTING 1');
    expectEnd(simulate({ raw: ['-A PREROUTING -m socket -j DROP'] }), laterPacket(first), 'dropped raw PREROUTING 1');
  });

  it('finds none for what is passed on', () => {
    const host = { forwarding: true };
    const first = simulate({ filter: [] }, host).trace(arriving({ destination: '10.2.0.1' }));
    const sockets = simulate({ mangle: ['-A PREROUTING -m socket -j DROP'] }, host);
    expectEnd(sockets, laterPacket(first), 'forwarded eth0');
    expectEnd(sockets, replyPacket(first), 'forwarded eth0');
  });

  it('finds it by its own header only: not before nat has given that to a redirected packet', () => {
    const lines = {
      nat: ['-A PREROUTING -p tcp -j REDIRECT --to-ports 15006'],
      mangle: ['-A PREROUTING -m socket -j DROP', '-A INPUT -m socket -j REJECT'],
    };
    const first = simulate({ nat: lines.nat }).trace(arriving());
    expectEnd(
      simulate(lines),
      laterPacket(first),
      '(target? continue: local 10.0.0.5:15006 redirect, accept: local 10.0.0.5:15006 redirect, drop: dropped mangle INPUT 1)',
    );
  });

  it('finds that of an answer before its destination is given back, in IPv4, but not before its source is', () => {
    const sockets = { mangle: ['-A PREROUTING -m socket -j DROP'] };
    const snat = { nat: ['-A POSTROUTING -p tcp -j SNAT --to-source 10.1.0.5', '-A POSTROUTING -p tcp -j SNAT --to-source 2001:db8::6'] };
    const four = simulate({ nat: snat.nat.slice(0, 1) }).trace(leaving());
    expectEnd(simulate({ ...sockets, nat: snat.nat.slice(0, 1) }), replyPacket(four), 'dropped mangle PREROUTING 1');
    const six = simulate({ nat: snat.nat.slice(1) }, {}, 'ip6').trace(
      leaving({ family: 'ip6', source: '2001:db8::5', destination: '2001:db8::9' }),
    );
    expectEnd(simulate({ ...sockets, nat: snat.nat.slice(1) }, {}, 'ip6'), replyPacket(six), 'local 2001:db8::5:40000 reply');
    const dnat = { nat: ['-A OUTPUT -p tcp -j DNAT --to-destination 10.9.9.9:443'] };
    const elsewhere = simulate(dnat).trace(leaving());
    expectEnd(simulate({ ...sockets, ...dnat }), replyPacket(elsewhere), 'local 10.0.0.5:40000 reply');
    const security = { security: ['-A INPUT -m socket -j DROP'] };
    expectEnd(simulate({ ...security, ...dnat }), replyPacket(elsewhere), 'dropped security INPUT 1');
  });

  it('may or may not where nobody says what listens', () => {
    const unsaid = simulate({ mangle: ['-A PREROUTING -m socket -j DROP'] }, { boundListeners: undefined });
    expectEnd(unsaid, arriving(), '(socket? yes: dropped mangle PREROUTING 1, no: local 10.0.0.5:80 plain)');
    expectEnd(unsaid, arriving({ socket: false }), 'local 10.0.0.5:80 plain');
  });
});
