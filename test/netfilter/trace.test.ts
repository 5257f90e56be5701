/** Chains, verdicts and policies: cases named after the rules of the semantics that they show. */

import { describe, expect, it } from 'vitest';
import { simulatorFor } from '../../src/netfilter/trace.ts';
import { arriving, expectEnd, HOST, leaving, matched, rules, simulate, trail, visited } from './tracing.ts';

const HERE = 'local 10.0.0.5:80 plain';

describe('a chain', () => {
  it('skip: without a rule, its policy decides', () => {
    expectEnd(simulate({ filter: [] }), arriving(), HERE);
    expectEnd(simulate({ filter: [':INPUT DROP'] }), arriving(), 'dropped policy filter INPUT');
  });

  it('no match: a rule that does not match changes nothing', () => {
    expectEnd(simulate({ filter: ['-A INPUT -p tcp -m tcp --dport 81 -j DROP'] }), arriving(), HERE);
  });

  it('no match: one match of several that fails is enough', () => {
    const simulator = simulate({ filter: ['-A INPUT -s 10.9.9.0/24 -p tcp -m tcp --dport 81 -j DROP'] });
    const trace = expectEnd(simulator, arriving(), HERE);
    const rule = trace.steps.find((step) => step.kind === 'rule');
    expect(rule?.because).toMatchObject({ match: { kind: 'destination-port' }, field: 'destinationPort', value: 80 });
  });

  it('accept: nothing behind it in the table is asked', () => {
    const simulator = simulate({ filter: ['-A INPUT -j ACCEPT', '-A INPUT -j DROP'] });
    expect(matched(expectEnd(simulator, arriving(), HERE))).toEqual(['filter INPUT 1']);
  });

  it('accept: other tables are asked all the same', () => {
    const simulator = simulate({ mangle: ['-A INPUT -j ACCEPT'], filter: ['-A INPUT -j DROP'] });
    expectEnd(simulator, arriving(), 'dropped filter INPUT 1');
  });

  it('drop: nothing comes behind it', () => {
    const simulator = simulate({ mangle: ['-A INPUT -j DROP'], filter: ['-A INPUT -j ACCEPT'] });
    expect(visited(expectEnd(simulator, arriving(), 'dropped mangle INPUT 1'))).not.toContain('filter INPUT');
  });

  it('reject: the packet is refused with an answer', () => {
    const simulator = simulate({ filter: ['-A OUTPUT -p tcp -j REJECT --reject-with tcp-reset'] });
    expectEnd(simulator, leaving(), 'rejected tcp-reset filter OUTPUT 1');
  });

  it('queue: a program decides', () => {
    expectEnd(simulate({ filter: ['-A INPUT -j QUEUE'] }), arriving(), 'queued filter INPUT 1');
  });

  it('log and empty: rules without a verdict are passed', () => {
    const simulator = simulate({ filter: ['-A INPUT -p tcp', '-A INPUT -j LOG --log-prefix x', '-A INPUT -j NFLOG', '-A INPUT -j DROP'] });
    expect(matched(expectEnd(simulator, arriving(), 'dropped filter INPUT 4'))).toHaveLength(4);
  });

  it('sequence: the first rule with a verdict decides', () => {
    const lines = ['-A INPUT -p udp -j DROP', '-A INPUT -p tcp -j ACCEPT', '-A INPUT -p tcp -j DROP'];
    expectEnd(simulate({ filter: lines }), arriving(), HERE);
    expectEnd(simulate({ filter: lines.toReversed() }), arriving(), 'dropped filter INPUT 1');
  });

  it('a comment is asked of no packet', () => {
    expectEnd(simulate({ filter: ['-A INPUT -m comment --comment "no entry" -j DROP'] }), arriving(), 'dropped filter INPUT 1');
  });
});

describe('a user chain', () => {
  it('call: a verdict in it is a verdict of the table', () => {
    const simulator = simulate({ filter: ['-A INPUT -j USER', '-A INPUT -j ACCEPT', '-A USER -j DROP'] });
    expectEnd(simulator, arriving(), 'dropped filter USER 1');
    const accepting = ['-A INPUT -j USER', '-A INPUT -j DROP', '-A USER -j ACCEPT'];
    expectEnd(simulate({ filter: accepting }), arriving(), HERE);
  });

  it('call result: its end leads back to the rule behind the call', () => {
    const simulator = simulate({ filter: ['-A INPUT -j USER', '-A INPUT -j DROP', '-A USER -p udp -j ACCEPT'] });
    const trace = expectEnd(simulator, arriving(), 'dropped filter INPUT 2');
    expect(trail(trace)).toEqual([
      'routing: local by address, out=null',
      'filter INPUT in=eth0 out=null',
      'matched filter INPUT 1: -j USER',
      '  failed filter USER 1: -p udp -j ACCEPT [-p udp is asked of tcp]',
      '  end of filter USER: -',
      'matched filter INPUT 2: -j DROP',
      'dropped filter INPUT 2',
    ]);
  });

  it('call return: RETURN leads back at once', () => {
    const simulator = simulate({ filter: ['-A INPUT -j USER', '-A INPUT -j ACCEPT', '-A USER -j RETURN', '-A USER -j DROP'] });
    expect(matched(expectEnd(simulator, arriving(), HERE))).toEqual(['filter INPUT 1', 'filter USER 1', 'filter INPUT 2']);
  });

  it('call return: RETURN leads back by one call only', () => {
    const lines = ['-A INPUT -j OUTER', '-A INPUT -j ACCEPT', '-A OUTER -j INNER', '-A OUTER -j DROP', '-A INNER -j RETURN'];
    expectEnd(simulate({ filter: lines }), arriving(), 'dropped filter OUTER 2');
  });

  it('return in a built-in chain: its policy decides', () => {
    const lines = ['-A INPUT -j RETURN', '-A INPUT -j ACCEPT'];
    expectEnd(simulate({ filter: [':INPUT DROP', ...lines] }), arriving(), 'dropped policy filter INPUT');
  });

  it('goto: its end leads to where the calling chain would have led', () => {
    const lines = ['-A INPUT -j OUTER', '-A INPUT -j ACCEPT', '-A OUTER -g INNER', '-A OUTER -j DROP', '-A INNER -p udp -j DROP'];
    expect(matched(expectEnd(simulate({ filter: lines }), arriving(), HERE))).toEqual([
      'filter INPUT 1',
      'filter OUTER 1',
      'filter INPUT 2',
    ]);
  });

  it('goto from a built-in chain: the end leads to the policy', () => {
    const lines = [':INPUT DROP', '-A INPUT -g USER', '-A INPUT -j ACCEPT', '-A USER -p udp -j ACCEPT'];
    expectEnd(simulate({ filter: lines }), arriving(), 'dropped policy filter INPUT');
  });

  it('may be called twice', () => {
    const lines = ['-A INPUT -j USER', '-A INPUT -j USER', '-A INPUT -j DROP', '-A USER -p tcp'];
    expect(matched(expectEnd(simulate({ filter: lines }), arriving(), 'dropped filter INPUT 3'))).toHaveLength(5);
  });

  it('loop: a chain that leads into itself ends in no verdict, for no kernel loads it', () => {
    const calls = ['-A INPUT -j A', '-A A -j B', '-A B -j A'];
    expectEnd(simulate({ filter: calls }), arriving(), '(loop? )');
    const gotos = ['-A INPUT -g A', '-A A -g B', '-A B -g A'];
    expectEnd(simulate({ filter: gotos }), arriving(), '(loop? )');
    expectEnd(simulate({ filter: ['-A INPUT -j A', '-A A -j A'] }), arriving(), '(loop? )');
  });

  it('loop: as many calls as there are chains are none', () => {
    const chains = Array.from({ length: 100 }, (_, index) => `C${index}`);
    const calls = chains.map((name, index) => `-A ${name} -j ${chains[index + 1] ?? 'DROP'}`);
    expectEnd(simulate({ filter: ['-A INPUT -j C0', ...calls] }), arriving(), 'dropped filter C99 1');
  });
});

describe('a trace', () => {
  it('keeps the rule itself, with its line', () => {
    const ruleset = rules({ filter: ['-A INPUT -j DROP'] });
    const { end } = simulatorFor(ruleset, HOST).trace(arriving());
    const rule = ruleset.tables[0]?.chains.find(({ name }) => name === 'INPUT')?.rules[0];
    expect(rule?.line).toBe(5);
    expect(end.kind === 'dropped' && end.by.kind === 'rule' && end.by.rule).toBe(rule);
  });

  it('refuses a packet of the other family, and what is no address or protocol', () => {
    const simulator = simulate({ filter: [] });
    expect(() => simulator.trace(arriving({ family: 'ip6' }))).toThrow(RangeError);
    expect(() => simulator.end(arriving({ destination: '10.0.0' }))).toThrow('10.0.0 is not an IPv4 address');
    expect(() => simulator.end(arriving({ source: '10.0.0.256' }))).toThrow(RangeError);
    expect(() => simulator.end(arriving({ protocol: 'tpc' }))).toThrow('tpc is not a protocol');
  });
});
