/** What is not known: both ends are told, and never one of them guessed. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Packet } from '../../../src/netfilter/packet.ts';
import type { Ruleset } from '../../../src/netfilter/rule.ts';
import type { End } from '../../../src/netfilter/trace/result.ts';
import { simulatorFor } from '../../../src/netfilter/trace.ts';
import { property } from '../../property.ts';
import { rounds } from '../../trials.ts';
import { arriving, endText, expectEnd, HOST, leaving, rules, simulate, trail } from '../tracing.ts';

const HERE = 'local 10.0.0.5:80 plain';

describe('a field that the packet does not say', () => {
  it.each([
    ['uid', '-A OUTPUT -m owner --uid-owner 1337 -j DROP', leaving({ uid: undefined })],
    ['gid', '-A OUTPUT -m owner --gid-owner 1337 -j DROP', leaving({ gid: undefined })],
    ['mark', '-A OUTPUT -m mark --mark 7 -j DROP', leaving({ mark: undefined })],
    ['mark', '-A OUTPUT -m mark --mark 0x10/0xf0 -j DROP', leaving({ mark: undefined })],
    ['protocol', '-A OUTPUT -p udp -j DROP', leaving({ protocol: undefined })],
    ['source', '-A OUTPUT -s 10.0.0.0/24 -j DROP', leaving({ source: undefined })],
    ['sourcePort', '-A OUTPUT -p tcp -m tcp --sport 1:1023 -j DROP', leaving({ sourcePort: undefined })],
    ['destinationPort', '-A OUTPUT -p tcp -m tcp --dport 22 -j DROP', leaving({ destinationPort: undefined })],
    ['destinationPort', '-A OUTPUT -p tcp -m multiport --dports 22,80:90 -j DROP', leaving({ destinationPort: undefined })],
    ['destinationPort', '-A OUTPUT -p tcp -m multiport --ports 22 -j DROP', leaving({ destinationPort: undefined })],
    ['state', '-A OUTPUT -m conntrack --ctstate NEW -j DROP', leaving({ state: undefined })],
    ['state', '-A OUTPUT -m state --state NEW,RELATED -j DROP', leaving({ state: undefined })],
    ['connmark', '-A OUTPUT -m connmark --mark 7 -j DROP', leaving({ state: 'RELATED' })],
  ])('%s: has both ends', (field, rule, packet) => {
    expectEnd(simulate({ filter: [rule] }), packet, `(${field}? yes: dropped filter OUTPUT 1, no: sent eth0)`);
  });

  it('is not asked for where another match fails', () => {
    const simulator = simulate({ filter: ['-A OUTPUT -m owner --uid-owner 1337 -m mark --mark 7 -j DROP'] });
    expectEnd(simulator, leaving({ uid: undefined }), 'sent eth0');
  });

  it('is not asked for where it makes no difference to the packet', () => {
    const simulator = simulate({
      filter: [
        '-A OUTPUT -m owner --uid-owner 1337',
        '-A OUTPUT -m owner --uid-owner 1337 -j LOG',
        '-A OUTPUT -m bpf --bytecode "x" -j NFLOG',
      ],
    });
    const trace = expectEnd(simulator, leaving({ uid: undefined }), 'sent eth0');
    expect(trail(trace)).toContain('unknown filter OUTPUT 1: -m owner --uid-owner 1337 [--uid-owner 1337 is asked of undefined]');
  });

  it('gives one end where all answers lead to it, and shows the ways all the same', () => {
    const simulator = simulate({ filter: ['-A OUTPUT -m owner --uid-owner 1337 -j ACCEPT', '-A OUTPUT -d 10.9.9.9 -j ACCEPT'] });
    const trace = expectEnd(simulator, leaving({ uid: undefined }), 'sent eth0');
    expect(trace.split?.branches.map(({ answer }) => answer)).toEqual(['yes', 'no']);
  });

  it('splits the way where it is asked for', () => {
    const simulator = simulate({ mangle: ['-A OUTPUT -p udp -j DROP'], filter: ['-A OUTPUT -m owner --uid-owner 1337 -j DROP'] });
    expect(trail(simulator.trace(leaving({ uid: undefined })))).toEqual([
      'routing: out by address, out=eth0',
      'mangle OUTPUT in=null out=eth0',
      'failed mangle OUTPUT 1: -p udp -j DROP [-p udp is asked of tcp]',
      'end of mangle OUTPUT: ACCEPT',
      'filter OUTPUT in=null out=eth0',
      'uid?',
      'yes:',
      '  matched filter OUTPUT 1: -m owner --uid-owner 1337 -j DROP',
      '  dropped filter OUTPUT 1',
      'no:',
      '  failed filter OUTPUT 1: -m owner --uid-owner 1337 -j DROP [--uid-owner 1337 is asked of undefined]',
      '  end of filter OUTPUT: ACCEPT',
      '  mangle POSTROUTING in=null out=eth0',
      '  end of mangle POSTROUTING: ACCEPT',
      '  sent eth0',
    ]);
  });

  it('is answered once: what follows from the answer is not asked again', () => {
    const lines = [
      '-A OUTPUT -m owner --uid-owner 1000-1999 -j RETURN',
      '-A OUTPUT -m owner --uid-owner 1337 -j DROP',
      '-A OUTPUT -m owner ! --uid-owner 5000-60000 -j REJECT',
    ];
    const answer = '(uid? yes: sent eth0, no: (uid? yes: rejected icmp-port-unreachable filter OUTPUT 3, no: sent eth0))';
    expectEnd(simulate({ filter: lines }), leaving({ uid: undefined }), answer);
  });

  it('is answered once: of ports in multiport, of nested networks, of masked marks', () => {
    const ports = ['-A OUTPUT -p tcp -m multiport --dports 80:90,443 -j RETURN', '-A OUTPUT -p tcp -m tcp --dport 85 -j DROP'];
    expectEnd(simulate({ filter: ports }), leaving({ destinationPort: undefined }), 'sent eth0');
    const networks = [
      '-A OUTPUT ! -s 10.0.0.0/8 -j RETURN',
      '-A OUTPUT -s 11.0.0.0/8 -j DROP',
      '-A OUTPUT -s 0.0.0.0/1 -j RETURN',
      '-A OUTPUT -j DROP',
    ];
    expectEnd(simulate({ filter: networks }), leaving({ source: undefined }), 'sent eth0');
    const marks = ['-A OUTPUT -m mark --mark 0x10/0xf0 -j RETURN', '-A OUTPUT -m mark --mark 0x10/0xf0 -j DROP'];
    expectEnd(simulate({ filter: marks }), leaving({ mark: undefined }), 'sent eth0');
  });

  it('is known once a rule has set it, and has to be asked for again once a rule has changed a part of it', () => {
    const set = { mangle: ['-A OUTPUT -j MARK --set-mark 7'], filter: ['-A OUTPUT -m mark --mark 8 -j DROP'] };
    expectEnd(simulate(set), leaving({ mark: undefined }), 'sent eth0');
    const changed = {
      mangle: ['-A OUTPUT -m mark --mark 0x1/0x1 -j MARK --xor-mark 0x1'],
      filter: ['-A OUTPUT -m mark --mark 0x1/0x1 -j DROP'],
    };
    const twice = '(mark? yes: (mark? yes: dropped filter OUTPUT 1, no: sent eth0), no: sent eth0)';
    expectEnd(simulate(changed), leaving({ mark: undefined }), twice);
    const routed = simulate({ mangle: ['-A OUTPUT -j MARK --xor-mark 0x1'] }, { localByMark: [{ family: 'ip', mark: 1 }] });
    const ends = '(mark 1? yes: local 10.9.9.9:80 mark, no: sent eth0)';
    expectEnd(routed, leaving({ mark: undefined, outInterface: 'eth0' }), ends);
  });
});

describe('a packet in mid-flow', () => {
  it('has the owner that its first packet would have: what is answered of one is answered of both', () => {
    const simulator = simulate({
      nat: ['-A OUTPUT -p tcp -m owner ! --uid-owner 1337 -j REDIRECT --to-ports 15001'],
      filter: [
        '-A OUTPUT -m owner --uid-owner 1337 -j DROP',
        '-A OUTPUT -m conntrack --ctstate ESTABLISHED -m owner --uid-owner 1000 -j REJECT',
      ],
    });
    const rejected = 'rejected icmp-port-unreachable filter OUTPUT 2';
    const ends = `(uid? yes: (uid? yes: ${rejected}, no: local 127.0.0.1:15001 redirect), no: dropped filter OUTPUT 1)`;
    expectEnd(simulator, leaving({ state: 'ESTABLISHED', uid: undefined }), ends);
  });

  it('has the connmark that it says', () => {
    const simulator = simulate({ filter: ['-A OUTPUT -m connmark --mark 7 -j DROP'] });
    expectEnd(simulator, leaving({ state: 'ESTABLISHED', connmark: 7 }), 'dropped filter OUTPUT 1');
    expectEnd(simulator, leaving({ state: 'ESTABLISHED' }), 'sent eth0');
  });

  it('finds a listener where its first packet found one', () => {
    const lines = { mangle: ['-A PREROUTING -p tcp -j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1'] };
    const simulator = simulate(lines, { transparentPorts: undefined });
    const ends = '(transparent-socket? yes: local 10.0.0.5:15006 tproxy, no: dropped no-listener mangle PREROUTING 1)';
    expectEnd(simulator, arriving({ state: 'ESTABLISHED' }), ends);
  });
});

describe('a state that the packet does not say', () => {
  it('is asked for by nat, and what follows from the answer is known', () => {
    const simulator = simulate({ nat: ['-A OUTPUT -p udp -j REDIRECT'], filter: ['-A OUTPUT -m connmark ! --mark 0 -j DROP'] });
    const { split } = simulator.trace(leaving({ state: undefined }));
    expect(split?.question).toMatchObject({ kind: 'field', field: 'state', is: 'NEW' });
    expect(split?.branches.map(({ trace }) => endText(trace.end))[0]).toBe('sent eth0');
  });
});

describe('an interface that the packet does not say', () => {
  it('is one of those that the host has, but not lo', () => {
    const packet = arriving({ inInterface: undefined });
    expectEnd(simulate({ filter: ['-A INPUT -i lo -j DROP'] }), packet, HERE);
    expectEnd(simulate({ filter: ['-A INPUT -i eth+ -j DROP'] }), packet, 'dropped filter INPUT 1');
    const simulator = simulate({ filter: ['-A INPUT -i eth1 -j DROP', '-A INPUT ! -i eth0 -j REJECT'] });
    expectEnd(simulator, packet, `(inInterface? yes: dropped filter INPUT 1, no: ${HERE})`);
  });

  it('is known where the host has only one', () => {
    const one = { interfaces: [{ name: 'net1', addresses: ['10.0.0.5'] }], defaultInterface: undefined };
    expectEnd(simulate({ filter: ['-A INPUT -i net1 -j DROP'] }, one), arriving({ inInterface: undefined }), 'dropped filter INPUT 1');
    expectEnd(simulate({ filter: [] }, one), leaving(), 'sent net1');
  });

  it('is asked for by name where the host tells of none, each name once', () => {
    const none = { interfaces: [{ name: 'lo', addresses: ['10.0.0.5'] }] };
    const simulator = simulate({ filter: ['-A INPUT -i net1 -j RETURN', '-A INPUT -i net1 -j DROP'] }, none);
    expectEnd(simulator, arriving({ inInterface: undefined }), HERE);
  });

  it('leaves a packet to elsewhere without one where the host has several and no default', () => {
    const simulator = simulate({ filter: ['-A OUTPUT -o eth1 -j DROP', '-A OUTPUT -o lo -j DROP'] }, { defaultInterface: undefined });
    expectEnd(simulator, leaving(), '(outInterface? yes: dropped filter OUTPUT 1, no: sent ?)');
  });
});

describe('a destination that the packet does not say', () => {
  it('is of this machine or not', () => {
    expectEnd(
      simulate({ filter: [] }),
      arriving({ destination: undefined }),
      '(destination local? yes: local ?:80 plain, no: dropped no-forwarding)',
    );
    expectEnd(simulate({ filter: [] }), leaving({ destination: undefined }), '(destination local? yes: local ?:80 plain, no: sent eth0)');
  });

  it('of a packet from outside is never a loopback address', () => {
    const simulator = simulate({ mangle: ['-A PREROUTING ! -d 127.0.0.0/8 -j DROP'] });
    expectEnd(simulator, arriving({ destination: undefined }), 'dropped mangle PREROUTING 1');
  });

  it('is of this machine once REDIRECT has given it, whichever it is', () => {
    const host = {
      interfaces: [
        { name: 'eth0', addresses: ['10.0.0.5'] },
        { name: 'eth1', addresses: ['10.1.0.5'] },
      ],
    };
    const simulator = simulate({ nat: ['-A PREROUTING -p tcp -j REDIRECT --to-ports 15006'] }, host);
    expectEnd(simulator, arriving({ inInterface: undefined }), 'local ?:15006 redirect');
    const bare = simulate({ nat: ['-A PREROUTING -p tcp -j REDIRECT --to-ports 15006'] }, { interfaces: [] });
    expectEnd(bare, arriving({ inInterface: undefined }), 'local ?:15006 redirect');
  });
});

describe('what the rules do not say', () => {
  it('a match that is not understood has both answers, each time', () => {
    const lines = [
      '-A INPUT -m statistic --mode random --probability 0.5 -j DROP',
      '-A INPUT -m statistic --mode random --probability 0.5 -j REJECT',
    ];
    expectEnd(
      simulate({ filter: lines }),
      arriving(),
      `(match? yes: dropped filter INPUT 1, no: (match? yes: rejected icmp-port-unreachable filter INPUT 2, no: ${HERE}))`,
    );
  });

  it('a service or a user without a number has both answers, once', () => {
    const ports = ['-A INPUT -p tcp -m tcp --dport http -j RETURN', '-A INPUT -p tcp -m tcp --dport http -j DROP'];
    expectEnd(simulate({ filter: ports }), arriving(), HERE);
    expectEnd(simulate({ filter: ports.slice(1) }), arriving(), `(match? yes: dropped filter INPUT 1, no: ${HERE})`);
    const owners = [
      '-A OUTPUT -m owner --uid-owner istio-proxy -j DROP',
      '-A OUTPUT -m owner ! --uid-owner istio-proxy -j ACCEPT',
      '-A OUTPUT -j REJECT',
    ];
    expectEnd(simulate({ filter: owners }), leaving(), '(match? yes: dropped filter OUTPUT 1, no: sent eth0)');
  });

  it('a target that is not understood may pass, accept or drop', () => {
    expectEnd(
      simulate({ filter: ['-A INPUT -j TARPIT', '-A INPUT -j REJECT'] }),
      arriving(),
      `(target? continue: rejected icmp-port-unreachable filter INPUT 2, accept: ${HERE}, drop: dropped filter INPUT 1)`,
    );
  });

  it('a chain that the text does not show may do the same', () => {
    const [read] = [rules({ filter: ['-A INPUT -j KUBE-FIREWALL'] })];
    expect(endText(simulatorFor(read, HOST).end(arriving()))).toBe(
      `(target? continue: ${HERE}, accept: ${HERE}, drop: dropped filter INPUT 1)`,
    );
  });

  it('a policy that the text does not show accepts or drops, at every end of its chain alike', () => {
    const text = rules({ filter: ['-A INPUT -p udp -j ACCEPT'] });
    const tables = text.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({ ...chain, policy: chain.name === 'INPUT' ? ('unknown' as const) : chain.policy })),
    }));
    const simulator = simulatorFor({ family: 'ip', tables }, HOST);
    expectEnd(simulator, arriving(), `(policy? accept: ${HERE}, drop: dropped policy filter INPUT)`);
    const later = expectEnd(simulator, arriving({ state: 'ESTABLISHED' }), `(policy? accept: ${HERE}, drop: dropped policy filter INPUT)`);
    expect(later.split?.branches.map(({ trace }) => trace.split)).toEqual([undefined, undefined]);
    expectEnd(simulator, arriving({ protocol: 'udp' }), HERE);
  });

  it('a policy that restore input leaves as it is is not known either', () => {
    const simulator = simulate({ filter: [':INPUT - [0:0]', '-A INPUT -p udp -j ACCEPT'] });
    expectEnd(simulator, arriving(), `(policy? accept: ${HERE}, drop: dropped policy filter INPUT)`);
  });

  it('whether packets are passed on is asked for', () => {
    const simulator = simulate({ filter: [] }, { forwarding: undefined });
    expectEnd(simulator, arriving({ destination: '10.2.0.1' }), '(forwarding? yes: forwarded eth0, no: dropped no-forwarding)');
  });
});

describe('more questions than can be followed', () => {
  const coins = Array.from({ length: 40 }, (_, index) => `-A INPUT -m statistic --mode random -j C${index % 2}`);

  it('end in "too many", and soon', () => {
    const simulator = simulate({ filter: [...coins, '-A C0 -j MARK --xor-mark 1', '-A C1 -p udp -j DROP'] });
    const started = performance.now();
    expect(leaves(simulator.end(arriving()))).toContain('(too-many? )');
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('are no danger where each answer ends it', () => {
    const ports = Array.from({ length: 120 }, (_, index) => `-A INPUT -p tcp -m tcp --dport ${2 * index + 1} -j DROP`);
    expect(new Set(leaves(simulate({ filter: ports }).end(arriving({ destinationPort: undefined })))).size).toBe(121);
  });
});

/** The ends of all answers. */
function leaves(end: End): readonly string[] {
  return end.kind === 'unknown' && end.outcomes.length > 0 ? end.outcomes.flatMap((outcome) => leaves(outcome.end)) : [endText(end)];
}

/** The values of each field that the random rules below tell apart, and one of which none speaks. */
const VALUES = {
  uid: [null, 0, 1000, 1337, 1338],
  gid: [null, 1000, 1337],
  sourcePort: [1, 1023, 1024],
  destinationPort: [22, 79, 80, 90, 443, 15008],
  mark: [0, 1, 0x539],
  source: ['10.0.0.5', '10.0.0.6', '192.0.2.1'],
  destination: ['10.0.0.5', '10.9.0.1', '10.9.9.9', '127.0.0.1', '127.0.0.6', '192.0.2.1'],
} as const satisfies Partial<Record<keyof Packet, readonly unknown[]>>;

type Unsaid = keyof typeof VALUES;

const MATCHES = fc.constantFrom(
  '-m owner --uid-owner 1337',
  '-m owner ! --uid-owner 1000-1337',
  '-m owner --gid-owner 1337',
  '-m owner ! --gid-owner 1337',
  '-p tcp -m tcp --dport 80',
  '-p tcp -m tcp ! --dport 15008',
  '-p tcp -m multiport --dports 22,80:90',
  '-p tcp -m tcp --sport 0:1023',
  '-m mark --mark 0x539',
  '-m mark ! --mark 0x1',
  '-s 10.0.0.5/32',
  '! -s 10.0.0.0/24',
  '-d 10.9.0.0/16',
  '! -d 127.0.0.1/32',
  '-d 127.0.0.0/8',
  '-o lo',
);

const rule = (chain: string, targets: readonly string[], matches: fc.Arbitrary<string> = MATCHES): fc.Arbitrary<string> =>
  fc.tuple(matches, fc.constantFrom(...targets)).map(([match, target]) => `-A ${chain} ${match} ${target}`);

/** Rules whose jumps lead to later chains only. */
const RULES: fc.Arbitrary<Ruleset> = fc
  .record({
    mangle: fc.array(rule('OUTPUT', ['-j MARK --set-mark 0x539', '-j ACCEPT', '-j DROP']), { maxLength: 3 }),
    nat: fc.array(rule('OUTPUT', ['-j REDIRECT --to-ports 15001', '-j DNAT --to-destination 10.0.0.6', '-j RETURN', '-j A', '-g A']), {
      maxLength: 3,
    }),
    natA: fc.array(rule('A', ['-j REDIRECT --to-ports 80', '-j RETURN', '-j ACCEPT']), { minLength: 1, maxLength: 3 }),
    filter: fc.array(rule('OUTPUT', ['-j DROP', '-j ACCEPT', '-j RETURN', '-j REJECT']), { maxLength: 3 }),
  })
  .map(({ mangle, nat, natA, filter }) => rules({ mangle, nat: [...nat, ...natA], filter }));

const BITS = fc.constantFrom('-m mark --mark 0x1/0x1', '-m mark ! --mark 0x38/0xf8', '-m mark --mark 0x539', '-m mark ! --mark 0x0');
const BIT_TARGETS = ['-j MARK --set-xmark 0x1/0x1', '-j MARK --xor-mark 0x3', '-j MARK --set-mark 0x38', '-j DROP', '-j ACCEPT'];

const BIT_RULES: fc.Arbitrary<Ruleset> = fc
  .record({
    mangle: fc.array(rule('OUTPUT', BIT_TARGETS, BITS), { maxLength: 4 }),
    filter: fc.array(rule('OUTPUT', ['-j DROP', '-j REJECT', '-j ACCEPT'], BITS), { maxLength: 3 }),
  })
  .map((tables) => rules(tables));

describe('the ends of a packet that leaves something out', () => {
  const said = fc.record(
    Object.fromEntries(Object.entries(VALUES).map(([field, values]) => [field, fc.constantFrom<unknown>(...values)])),
  ) as fc.Arbitrary<Partial<Packet>>;
  const host = { ...HOST, localByMark: [{ family: 'ip', mark: 0x539 }] } as const;

  property([RULES, said, fc.subarray(Object.keys(VALUES) as Unsaid[], { maxLength: 3 })], { numRuns: rounds(200) })(
    'are those of the packets that it may be, and no others',
    (ruleset, packet, unsaid) => {
      const simulator = simulatorFor(ruleset, host);
      const whole = leaving(packet);
      const trace = simulator.trace({ ...whole, ...Object.fromEntries(unsaid.map((field) => [field, undefined])) });
      const possible = unsaid.reduce<readonly Packet[]>(
        (packets, field) => packets.flatMap((one) => VALUES[field].map((value) => ({ ...one, [field]: value }))),
        [whole],
      );
      const ends = new Set(possible.flatMap((one) => blurred(simulator.end(one))));
      expect(new Set(blurred(trace.end)), trail(trace).join('\n')).toEqual(ends);
    },
  );

  property([BIT_RULES, fc.integer({ min: 0, max: 0x7ff })], { numRuns: rounds(200) })(
    'are those of the packets that it may be, where bits of a mark are asked for and changed',
    (ruleset, mark) => {
      const simulator = simulatorFor(ruleset, host);
      const trace = simulator.trace(leaving({ mark: undefined }));
      expect(blurred(trace.end), trail(trace).join('\n')).toEqual(expect.arrayContaining([...blurred(simulator.end(leaving({ mark })))]));
    },
  );

  /** All ends, without the addresses and ports that only the packet knows. */
  function blurred(end: End): readonly string[] {
    if (end.kind === 'unknown') return end.outcomes.flatMap((outcome) => blurred(outcome.end));
    return [endText(end.kind === 'local' ? { ...end, address: undefined, port: undefined } : end)];
  }
});
