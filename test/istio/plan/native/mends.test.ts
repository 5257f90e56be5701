import { describe, expect, it } from 'vitest';
import { readArguments } from '../../../../src/istio/arguments/argument-settings.ts';
import { identify } from '../../../../src/istio/found/identify.ts';
import { nativePlanFor } from '../../../../src/istio/plan/native/native-plan.ts';
import type { CapturePlan } from '../../../../src/istio/plan/plan.ts';
import { ProblemError } from '../../../../src/istio/problems.ts';
import { NEWEST } from '../../../../src/istio/releases/known.ts';
import { profileOf } from '../../../../src/istio/releases/profile.ts';
import { printNft } from '../../../../src/netfilter/nft/print.ts';
import { readNft } from '../../../../src/netfilter/nft/read.ts';
import { rulesetOfNft } from '../../../../src/netfilter/nft/ruleset-of-nft.ts';
import { observeAll } from '../../../../src/netfilter/observation.ts';

const POD = ['-p', '15001', '-z', '15006', '-u', '1337', '-i', '*', '-b', '*', '-d', '15090,15021,15020', '--native-nftables'];
const IP4 = ['10.1.2.3/24'];
const BOTH = [...IP4, 'fd00:1::3/64'];
const IP6 = ['fd00:1::3/64'];

function plan(
  words: readonly string[],
  form: 'made' | 'mended',
  facts: { addresses: readonly string[]; nameservers?: readonly string[] },
): CapturePlan {
  const given = readArguments([...POD, ...words], {}, profileOf(NEWEST), facts, 'agent');
  return nativePlanFor(given.settings, NEWEST, facts, given.switches, form);
}

/** The problems that it has, or is refused for. */
function codes(make: () => CapturePlan): readonly string[] {
  try {
    return make().problems.map(({ code }) => code);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problems.map(({ code, severity, source }) => {
      expect(source, code).not.toMatchObject({ kind: 'default' });
      return `${severity}: ${code}`;
    });
  }
}

describe('an applied native plan', () => {
  it("is the real program's where that has no fault", () => {
    for (const words of [[], ['-m', 'TPROXY'], ['--redirect-dns'], ['-c', 'eth1', '-k', 'net1'], ['--drop-invalid']])
      for (const addresses of [IP4, IP6])
        expect(
          printNft(plan(words, 'mended', { addresses, nameservers: [addresses === IP4 ? '10.96.0.10' : 'fd00::10'] })),
          words.join(' '),
        ).toBe(printNft(plan(words, 'made', { addresses, nameservers: [addresses === IP4 ? '10.96.0.10' : 'fd00::10'] })));
  });

  it.each(['1eth', 'veth1@if2', 'counter', 'lo', 'eth0.100', 'eth-1'])('quotes the interface %s', (name) => {
    const text = printNft(plan(['-c', name], 'mended', { addresses: IP4 }));
    expect(text).toContain(`iifname "${name}" counter return`);
    expect(text).toContain(`oifname "${name}" counter return`);
  });

  it.each([
    [IP4, ['fd00::10'], ['fd00::10'], []],
    [IP4, ['fd00::10', '10.96.0.10'], ['fd00::10'], ['10.96.0.10']],
    [IP4, ['fe80::1%eth0', '10.96.0.10'], ['fe80::1%eth0'], ['10.96.0.10']],
    [IP6, ['10.96.0.10', 'fd00::10'], [], ['10.96.0.10', 'fd00::10']],
    [BOTH, ['fd00::10', '10.96.0.10'], ['fd00::10'], ['10.96.0.10']],
  ])('at %j passes over the nameservers that rules can not name, of %j', (addresses, nameservers, left, named) => {
    const made = plan(['--redirect-dns'], 'mended', { addresses, nameservers });
    const told = made.problems.filter(({ code }) => code === 'native-server-left');
    expect(told).toMatchObject(left.map((server) => ({ severity: 'warning', args: { value: JSON.stringify(server) } })));
    const text = printNft(made);
    for (const server of named) expect(text).toContain(`daddr ${server} udp dport 53`);
    expect(text.includes('jump istio-output-dns')).toBe(named.length > 0);
    for (const server of left) expect(text).not.toContain(server);
  });

  it('leaves IPv6 alone where it is off in a pod that has it, and says so; made as the program does, it says that IPv6 is captured', () => {
    for (const words of [[], ['-m', 'TPROXY', '--redirect-dns', '--capture-all-dns', '--drop-invalid']]) {
      const mended = plan(words, 'mended', { addresses: BOTH });
      const made = plan(words, 'made', { addresses: BOTH });
      expect(mended.problems.map(({ code }) => code)).toContain('native-leaves-ip6');
      expect(made.problems).toMatchObject([{ code: 'native-captures-ip6', severity: 'warning' }]);
      expect(printNft(made)).not.toContain('nfproto');
      for (const { chains } of mended.ip6.tables)
        for (const { base, rules } of chains)
          if (base !== undefined) expect(rules[0]).toMatchObject({ matches: [], target: { kind: 'verdict', verdict: 'RETURN' } });
      // To IPv4 nothing has changed.
      expect(mended.ip.tables.map(({ chains }) => chains.map(({ rules }) => rules.length))).toEqual(
        made.ip.tables.map(({ chains }) => chains.map(({ rules }) => rules.length)),
      );
      expect(plan([...words, '--dual-stack'], 'mended', { addresses: BOTH }).problems).toEqual([]);
      expect(plan(words, 'mended', { addresses: [...IP4, 'fe80::1/64'] }).problems).toEqual([]);
    }
  });

  it('is identified from its listing as rules that a release makes of settings', () => {
    for (const words of [
      ['-o', '9042'],
      ['-m', 'TPROXY', '-o', '9042'],
    ]) {
      const nft = readNft(printNft(plan(words, 'mended', { addresses: BOTH })))?.ruleset ?? { tables: [] };
      const { outcome, answers } = identify(observeAll({ ip: rulesetOfNft(nft, 'ip'), ip6: rulesetOfNft(nft, 'ip6') }));
      expect(outcome).toBe('exact');
      expect(answers[0]?.plan.settings['outbound.excludePorts'].value).toEqual([{ first: 9042, last: 9042 }]);
    }
  });
});

it.each([
  ['-t', '0x539'],
  ['-t', '0'],
  ['-t', '4294967296'],
  ['-r', 'local'],
  ['-p', '99999'],
  ['-p', '15001-15003'],
  ['-d', '80a'],
  ['-d', '8000:8099'],
  ['-o', 'nobody-knows-this-name'],
  ['-c', 'an-interface-with-a-long-name'],
  ['-c', 'eth+'],
  ['-c', 'a b'],
  ['-c', 'a"b'],
  ['-u', 'nobody-knows-this-name'],
  ['-i', '10.0.0.0/33'],
])('%s %s is refused before anything is changed, with its source', (flag, value) => {
  const found = codes(() => plan(['-m', 'TPROXY', flag, value], 'mended', { addresses: IP4 }));
  expect(found[0]).toMatch(/^error: /);
});

it('63 owner groups are made, and 64 are refused with their source', () => {
  const groups = (count: number): CapturePlan => {
    const value = Array.from({ length: count }, (_, index) => `${2000 + index}`).join();
    const given = readArguments(POD, { ISTIO_OUTBOUND_OWNER_GROUPS: value }, profileOf(NEWEST), { addresses: IP4 }, 'agent');
    return nativePlanFor(given.settings, NEWEST, { addresses: IP4 }, given.switches, 'mended');
  };
  expect(codes(() => groups(63))).toEqual([]);
  expect(codes(() => groups(64))).toEqual(['error: too-many-groups']);
});
