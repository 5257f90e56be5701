import { describe, expect, it } from 'vitest';
import type { Operand } from '../../src/netfilter/behavior/prepared.ts';
import { NO_NAMES, regionWords } from '../../src/netfilter/behavior/words.ts';
import type { DifferingRegion } from '../../src/netfilter/behavior.ts';
import { compareOperands, deadRules, endsOfPort, reachOf } from '../../src/netfilter/behavior.ts';
import type { Family } from '../../src/netfilter/family.ts';
import type { Host } from '../../src/netfilter/trace/host.ts';
import { simulatorFor } from '../../src/netfilter/trace.ts';
import { classOf } from './behavior/ends.ts';
import { HOST, rules } from './tracing.ts';

type Tables = Readonly<Record<string, readonly string[]>>;

function operand(tables: Tables, host: Partial<Host> = {}, family: Family = 'ip'): Operand {
  const ruleset = Object.keys(tables).length === 0 ? { family, tables: [] } : rules(tables, family);
  return { ruleset, host: { ...HOST, ...host } };
}

const options = { left: classOf, right: classOf };

function answer(left: Tables, right: Tables): string {
  return compareOperands(operand(left), operand(right), options).answer;
}

function text(region: DifferingRegion): string {
  return `${regionWords(region, NO_NAMES)}: ${region.left.words.trim()} -> ${region.right.words.trim()}`;
}

function differences(left: Tables, right: Tables, family: Family = 'ip'): readonly string[] {
  const [a, b] = [operand(left, {}, family), operand(right, {}, family)];
  const found = compareOperands(a, b, options);
  expect(found.unclear).toEqual([]);
  const simulators = [a, b].map(({ ruleset, host }) => simulatorFor(ruleset, host));
  for (const { example, left: one, right: other } of found.different) {
    expect(
      simulators.map((simulator) => classOf({ end: simulator.end(example) }).key),
      JSON.stringify(example),
    ).toEqual([one.key, other.key]);
  }
  return found.different.map(text);
}

describe('equal for all packets', () => {
  const EQUAL: Readonly<Record<string, readonly [Tables, Tables]>> = {
    'no rules at all, and tables that are empty': [{}, { nat: [], filter: [] }],
    'a rule that counts and does nothing': [{ filter: [] }, { filter: ['-A INPUT -p tcp', '-A INPUT -j LOG'] }],
    'two rules, and one with multiport': [
      { filter: ['-A INPUT -p tcp -m tcp --dport 80 -j DROP', '-A INPUT -p tcp -m tcp --dport 443 -j DROP'] },
      { filter: ['-A INPUT -p tcp -m multiport --dports 443,80 -j DROP'] },
    ],
    'a range of ports, and its two halves': [
      { filter: ['-A INPUT -p udp -m udp --dport 1000:1999 -j DROP'] },
      { filter: ['-A INPUT -p udp -m udp --dport 1500:1999 -j DROP', '-A INPUT -p udp -m udp --dport 1000:1499 -j DROP'] },
    ],
    'a network, and its two halves': [
      { filter: ['-A OUTPUT -d 10.0.0.0/8 -j DROP'] },
      { filter: ['-A OUTPUT -d 10.128.0.0/9 -j DROP', '-A OUTPUT -d 10.0.0.0/9 -j DROP'] },
    ],
    'every address in two halves, and no match': [
      { filter: ['-A OUTPUT -j DROP'] },
      { filter: ['-A OUTPUT -d 0.0.0.0/1 -j DROP', '-A OUTPUT -d 128.0.0.0/1 -j DROP'] },
    ],
    'independent rules in another order': [
      { filter: ['-A INPUT -p tcp -m tcp --dport 80 -j DROP', '-A INPUT -p udp -m udp --dport 53 -j ACCEPT', '-A INPUT -p udp -j DROP'] },
      { filter: ['-A INPUT -p udp -m udp --dport 53 -j ACCEPT', '-A INPUT -p udp -j DROP', '-A INPUT -p tcp -m tcp --dport 80 -j DROP'] },
    ],
    'a rule behind one that holds for all its packets': [
      { filter: ['-A INPUT -s 10.0.0.0/8 -j DROP', '-A INPUT -s 10.1.0.0/16 -p tcp -j ACCEPT'] },
      { filter: ['-A INPUT -s 10.0.0.0/8 -j DROP'] },
    ],
    'a match, and the rest returned before it': [
      { filter: ['-A OUTPUT -m owner --uid-owner 1000 -j DROP'] },
      { filter: ['-A OUTPUT -m owner ! --uid-owner 1000 -j RETURN', '-A OUTPUT -j DROP'] },
    ],
    'a chain, and its rules in place': [
      { filter: ['-A INPUT -p tcp -j WEB', '-A WEB -p tcp -m tcp --dport 80 -j DROP'] },
      { filter: ['-A INPUT -p tcp -m tcp --dport 80 -j DROP'] },
    ],
    'going to a chain, and jumping to it with nothing behind': [
      { filter: ['-A INPUT -p tcp -g WEB', '-A INPUT -p udp -j DROP', '-A WEB -s 10.0.0.0/8 -j DROP'] },
      { filter: ['-A INPUT -p udp -j DROP', '-A INPUT -p tcp -j WEB', '-A WEB -s 10.0.0.0/8 -j DROP'] },
    ],
    'dropping by a rule, and by the policy': [{ filter: ['-A INPUT -j DROP'] }, { filter: [':INPUT DROP [0:0]'] }],
    'dropping in mangle, and in filter': [
      { mangle: ['-A INPUT -p tcp -m tcp --dport 80 -j DROP'] },
      { filter: ['-A INPUT -p tcp -m tcp --dport 80 -j DROP'] },
    ],
    'a mark that nobody asks for': [{ mangle: ['-A OUTPUT -p tcp -j MARK --set-xmark 0x1/0xffffffff'] }, {}],
    'a rule of nat for packets that nat never sees': [
      { nat: ['-A OUTPUT -m conntrack --ctstate INVALID -p tcp -j REDIRECT --to-ports 15001'] },
      { nat: ['-A OUTPUT -p tcp -m conntrack --ctstate INVALID -j DNAT --to-destination 10.9.9.9'] },
    ],
    'what is filtered where it is sent to, and where it came from': [
      { nat: ['-A PREROUTING -p tcp -j REDIRECT --to-ports 15006'], filter: ['-A INPUT -p tcp -m tcp --dport 15006 -j DROP'] },
      {
        nat: ['-A PREROUTING -p tcp -j REDIRECT --to-ports 15006'],
        filter: ['-A INPUT -i eth+ -p tcp -m conntrack --ctstate NEW -j DROP', '-A INPUT -p tcp -m tcp --dport 15006 -j DROP'],
      },
    ],
  };

  it.each(Object.entries(EQUAL))('%s', (_, [left, right]) => {
    expect(answer(left, right)).toBe('equal');
    expect(answer(right, left)).toBe('equal');
  });
});

describe('different', () => {
  it('says for which packets, and shows one', () => {
    expect(differences({}, { filter: ['-A INPUT -p tcp -m tcp --dport 22 -j DROP'] })).toEqual([
      'TCP to port 22 of 10.0.0.5, 10.0.0.6, 10.1.0.5 and 127.0.0.0/8: plain -> dropped',
    ]);
  });

  it('says which ports are not in it where these are fewer', () => {
    const accepted = '-A OUTPUT -p tcp -m multiport --dports 15008,15090,15020:15021 -j ACCEPT';
    expect(differences({}, { filter: [accepted, '-A OUTPUT -d 8.8.8.8 -p tcp -j DROP'] })).toEqual([
      'TCP to any port but 15008, 15020-15021 and 15090 of 8.8.8.8 from the machine: sent -> dropped',
    ]);
  });

  it('says by which interface, from which address and port', () => {
    const rule = '-A FORWARD -i eth1 -s 10.9.0.0/16 -p udp -m udp --sport 68 -j DROP';
    expect(
      compareOperands(operand({}, { forwarding: true }), operand({ filter: [rule] }, { forwarding: true }), options).different.map(text),
    ).toEqual([
      'UDP to any address but 10.0.0.5, 10.0.0.6 and 10.1.0.5 from outside by eth1 with source 10.9.0.0/16 from port 68: forwarded -> dropped',
    ]);
  });

  it('says who sends', () => {
    const rule = (match: string): Tables => ({ filter: [`-A OUTPUT -d 8.8.8.8 ${match} -j DROP`] });
    expect(differences({}, rule('-m owner --uid-owner 1000'))).toEqual(['any packet to 8.8.8.8 from user 1000: sent -> dropped']);
    expect(differences({}, rule('-m owner ! --uid-owner 1000'))).toEqual([
      'any packet to 8.8.8.8 from any user but user 1000: sent -> dropped',
    ]);
    expect(differences({}, rule('-m owner --gid-owner 1000-1999'))).toEqual([
      'any packet to 8.8.8.8 from groups 1000-1999: sent -> dropped',
    ]);
    expect(differences({}, rule('-m owner ! --uid-owner 0-4294967294'))).toEqual(['any packet to 8.8.8.8 from no socket: sent -> dropped']);
  });

  it('says of what is rare that it is so', () => {
    const rule = (match: string): Tables => ({ mangle: [`-A OUTPUT -d 8.8.8.8 ${match} -j DROP`] });
    expect(differences({}, rule('-m mark --mark 0x1'))).toEqual(['any packet to 8.8.8.8 marked 0x1: sent -> dropped']);
    expect(differences({}, rule('-m conntrack --ctstate INVALID'))).toEqual([
      'any packet to 8.8.8.8 from the machine in state INVALID: sent -> dropped',
    ]);
    expect(differences({}, { mangle: ['-A PREROUTING -i eth0 -p tcp -m socket -j DROP'] })).toEqual([
      'TCP to 10.0.0.5, 10.0.0.6 and 10.1.0.5 from outside by eth0 in state INVALID where a socket listens on exactly that address: plain -> dropped',
    ]);
  });

  it('has what most traffic meets in front', () => {
    const right = {
      filter: ['-A OUTPUT -d 8.8.8.8 -p sctp -j DROP', '-A OUTPUT -d 8.8.8.8 -p tcp -j REJECT', '-A OUTPUT -d 8.8.8.8 -p udp -j DROP'],
    };
    expect(differences({}, right)).toEqual([
      'TCP to 8.8.8.8 from the machine: sent -> rejected',
      'UDP and SCTP to 8.8.8.8 from the machine: sent -> dropped',
    ]);
  });

  it('follows what nat makes of a packet', () => {
    const nat = ['-A OUTPUT -d 8.8.8.8 -p udp -m udp --dport 53 -j DNAT --to-destination 127.0.0.1:15053'];
    expect(differences({ nat }, { nat, filter: ['-A INPUT -i lo -p udp -m udp --dport 15053 -j DROP'] })).toEqual([
      'UDP to port 15053 of 10.0.0.5, 10.0.0.6, 10.1.0.5 and 127.0.0.0/8 from the machine: plain -> dropped',
      'UDP to port 53 of 8.8.8.8 from the machine: dnat 15053 -> dropped',
    ]);
  });

  it('follows marks into routing', () => {
    const host = { localByMark: [{ family: 'ip', mark: 1337 }] } as const;
    const found = compareOperands(
      operand({}, host),
      operand({ mangle: ['-A OUTPUT -d 8.8.8.8 -p tcp -j MARK --set-xmark 0x539/0xffffffff'] }, host),
      options,
    );
    expect(found.different.map(text)).toEqual(['TCP to 8.8.8.8 from the machine not marked 0x539: sent -> mark']);
  });

  it('is said of IPv6 as of IPv4', () => {
    expect(differences({}, { filter: ['-A OUTPUT -d 2001:db8:1::/48 -p tcp -j DROP'] }, 'ip6')).toEqual([
      'TCP to 2001:db8:1::/48 from the machine: sent -> dropped',
    ]);
  });

  it('is not said of what routes let nobody send', () => {
    expect(answer({}, { filter: ['-A OUTPUT -s 127.0.0.1 ! -d 127.0.0.0/8 -o eth0 -j DROP'] })).toBe('equal');
    expect(answer({}, { filter: ['-A INPUT -i eth0 -s 127.0.0.0/8 -j DROP'] })).toBe('equal');
  });
});

describe('what nobody can tell', () => {
  const opaque = '-A INPUT -p tcp -m bpf --bytecode "1,6 0 0 0" -j DROP';

  it('is unknown because of a rule, which is named', () => {
    const { answer: found, unclear } = compareOperands(operand({}), operand({ filter: ['-A INPUT -j ACCEPT -p udp', opaque] }), options);
    expect(found).toBe('unknown');
    expect(unclear.map(text)).toEqual(['TCP to 10.0.0.5, 10.0.0.6, 10.1.0.5 and 127.0.0.0/8: plain -> unknown']);
    expect(unclear[0]?.because).toMatchObject([{ kind: 'match', at: { table: 'filter', chain: 'INPUT', position: 2 } }]);
  });

  it('is equal where both sides have the same rule at the same place', () => {
    const others = { filter: ['-A INPUT -s 10.9.9.9 -p udp -j DROP', opaque] };
    expect(answer(others, others)).toBe('equal');
    expect(answer({ filter: [opaque, ...others.filter] }, { filter: [opaque, ...others.filter] })).toBe('equal');
  });

  it('is asked anew at each place', () => {
    const random = (target: string): string => `-A INPUT -m statistic --mode random --probability 0.5 -j ${target}`;
    expect(answer({ filter: [random('ACCEPT'), random('DROP')] }, { filter: [random('ACCEPT')] })).toBe('unknown');
    expect(answer({ filter: [random('DROP'), random('DROP')] }, { filter: [random('DROP')] })).toBe('unknown');
  });

  it('is equal where all answers lead to the same end', () => {
    expect(answer({ filter: [opaque, '-A INPUT -j DROP'] }, { filter: ['-A INPUT -j DROP'] })).toBe('equal');
  });

  it('hides no difference of other packets', () => {
    const found = compareOperands(operand({}), operand({ filter: [opaque, '-A INPUT -p udp -j DROP'] }), options);
    expect(found.answer).toBe('different');
    expect(found.different.map(text)).toEqual(['UDP to 10.0.0.5, 10.0.0.6, 10.1.0.5 and 127.0.0.0/8: plain -> dropped']);
    expect(found.unclear).toHaveLength(1);
  });

  it('is the policy of a chain that is not shown', () => {
    const hidden = operand({ filter: ['-A INPUT -p tcp -j ACCEPT'] });
    const unknown = {
      ...hidden,
      ruleset: {
        ...hidden.ruleset,
        tables: hidden.ruleset.tables.map((table) => ({
          ...table,
          chains: table.chains.map((chain) => (chain.name === 'INPUT' ? { ...chain, policy: 'unknown' as const } : chain)),
        })),
      },
    };
    const found = compareOperands(hidden, unknown, options);
    expect(found.answer).toBe('unknown');
    expect(found.unclear.map(text)).toEqual(['anything but TCP to 10.0.0.5, 10.0.0.6, 10.1.0.5 and 127.0.0.0/8: plain -> unknown']);
    expect(found.unclear[0]?.because).toMatchObject([{ kind: 'policy', at: { table: 'filter', chain: 'INPUT' } }]);
    expect(compareOperands(unknown, unknown, options).answer).toBe('equal');
  });

  it('is a difference all the same where no answer makes the sides alike', () => {
    const found = compareOperands(operand({ filter: ['-A INPUT -j REJECT'] }), operand({ filter: [opaque] }), options);
    expect(found.answer).toBe('different');
    expect(found.different.map(text)).toContain('TCP to 10.0.0.5, 10.0.0.6, 10.1.0.5 and 127.0.0.0/8: rejected -> unknown');
  });

  it('is a loop of chains, which no kernel loads', () => {
    const found = compareOperands(operand({}), operand({ filter: ['-A INPUT -p tcp -j ONE', '-A ONE -j TWO', '-A TWO -j ONE'] }), options);
    expect(found.answer).toBe('unknown');
  });

  it('is given up where it becomes too much', () => {
    const random = Array.from(
      { length: 40 },
      (_, index) => `-A INPUT -m statistic --nth ${index} -j MARK --set-xmark ${1 << (index % 30)}/${1 << (index % 30)}`,
    );
    const asked = Array.from(
      { length: 30 },
      (_, index) => `-A INPUT -m mark --mark ${1 << index}/${1 << index} -p tcp -m tcp --dport ${index + 1} -j DROP`,
    );
    const [left, right] = [operand({}), operand({ mangle: random, filter: asked })];
    expect(compareOperands(left, right, { ...options, effort: 20_000 })).toEqual({
      answer: 'unknown',
      different: [],
      unclear: [],
      tooLarge: true,
    });
  });
});

describe('the packets of a rule', () => {
  const tables = {
    mangle: [
      '-A PREROUTING -p tcp -j IN',
      '-A IN -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      '-A IN -p tcp -m tcp --dport 22 -j RETURN',
      '-A IN -p tcp -m tcp --dport 22 -j ACCEPT',
      '-A IN -p udp -j ACCEPT',
      '-A IN -m connmark --mark 0x539 -j ACCEPT',
      '-A UNUSED -j DROP',
    ],
    nat: [
      '-A OUTPUT -p tcp -m owner ! --uid-owner 1337 -j OUT',
      '-A OUT -d 10.0.0.0/8 -j RETURN',
      '-A OUT -p tcp -j REDIRECT --to-ports 15001',
    ],
    filter: ['-A INPUT -p tcp -m tcp --dport 15001 -j ACCEPT', '-A INPUT -p tcp -m tcp --dport 15001 -j DROP'],
  };
  const place = ({ table, chain, position }: { table: string; chain: string; position: number }): string => `${table} ${chain} ${position}`;

  it('are those it matches, as they were sent', () => {
    const [reach] = reachOf(operand(tables), ({ chain, position }) => chain === 'OUT' && position === 2);
    expect(reach?.regions.map((region) => regionWords(region, NO_NAMES))).toEqual([
      'TCP to any address but 10.0.0.0/8 from any user but user 1337',
    ]);
    const later = reachOf(operand(tables), ({ chain, position }) => chain === 'INPUT' && position === 1)[0];
    expect(later?.regions.map((region) => regionWords(region, NO_NAMES))).toContain(
      'TCP to any address but 10.0.0.0/8 from any user but user 1337',
    );
  });

  it('are none of a rule that is dead, and why', () => {
    expect(deadRules(operand(tables)).map(({ place: at, kind }) => `${place(at)} ${kind}`)).toEqual([
      'mangle IN 3 unmatched',
      'mangle IN 4 unmatched',
      'mangle IN 5 unmatched',
      'mangle UNUSED 1 unreached',
      'filter INPUT 2 unmatched',
    ]);
  });
});

it('what becomes of a port is told by who sends to it', () => {
  const nat = ['-A PREROUTING -p tcp -m tcp --dport 22 -j RETURN', '-A PREROUTING -p tcp -j REDIRECT --to-ports 15006'];
  const ends = (port: number): readonly string[] =>
    endsOfPort(operand({ nat }), port, classOf).map((region) => `${regionWords(region, NO_NAMES)}: ${region.end.words.trim()}`);
  expect(ends(22)).not.toEqual(ends(80));
  expect(ends(80)).toContain('TCP from outside: redirect 15006');
  expect(ends(22).join()).not.toContain('redirect');
});

it('rules of two families have no packet in common', () => {
  expect(() => compareOperands(operand({}), operand({}, {}, 'ip6'), options)).toThrow(RangeError);
});
