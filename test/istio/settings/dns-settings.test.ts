import { describe, expect, it } from 'vitest';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { formatProblem } from '../../../src/istio/problems.ts';
import { printSave } from '../../../src/netfilter/print.ts';

function plan(set: string, release: string, nameservers?: readonly string[]): { save: string; said: readonly string[] } {
  const source = { kind: 'option', option: '--release' } as const;
  const made = planFromSettings({
    sets: [set],
    release: { value: release, source },
    facts: nameservers === undefined ? {} : { nameservers },
  });
  return { save: printSave(made.ip), said: made.problems.map(formatProblem) };
}

describe('DNS capture that is asked for by our settings', () => {
  it.each([
    ['1.6', '-A OUTPUT -p udp -m udp --dport 53 -j REDIRECT --to-ports 15013\n'],
    ['1.7', '-A OUTPUT -p udp -m udp --dport 53 -j DNAT --to-destination 127.0.0.1:15053\n'],
    ['1.8', '-A OUTPUT -p udp -m udp --dport 53 -j DNAT --to-destination 127.0.0.1:15053\n'],
  ])("works at %s in that release's own way, without a word of having no effect", (release, rule) => {
    const { save, said } = plan('dns.capture=all', release);
    expect(save).toContain(rule);
    expect(said).toEqual([]);
  });

  it('has no effect before there was any, and says so', () => {
    expect(plan('dns.capture=all', '1.5').said).toEqual(['--set warning: dns.capture has no effect at 1.5.10: it came with 1.6']);
  });

  it('of all servers needs to know them where the release can only name servers', () => {
    expect(() => plan('dns.capture=all', '1.10')).toThrow(/nameservers are not known/);
    expect(plan('dns.capture=all', '1.10', ['10.96.0.10']).save).toContain(
      '-d 10.96.0.10/32 -p udp -m udp --dport 53 -j REDIRECT --to-ports 15053',
    );
  });
});
