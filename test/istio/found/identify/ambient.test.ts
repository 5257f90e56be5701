/** Whatever the node agent of any release makes is recognised: its releases, and knobs that make the same again. */

import { describe, expect, it } from 'vitest';
import { judgeAgent } from '../../../../src/istio/found/audit/agent-rules.ts';
import { identifyAmbient } from '../../../../src/istio/found/identify/ambient.ts';
import { identify } from '../../../../src/istio/found/identify.ts';
import { planAmbient } from '../../../../src/istio/plan/ambient/ambient-plan.ts';
import type { AmbientKnobs } from '../../../../src/istio/plan/ambient/knobs.ts';
import { withNft } from '../../../../src/netfilter/nft/as-rules.ts';
import { printNft, printNftRuleset } from '../../../../src/netfilter/nft/print.ts';
import { readNft } from '../../../../src/netfilter/nft/read.ts';
import type { Observation } from '../../../../src/netfilter/observation.ts';
import { observeText } from '../../../../src/netfilter/observation.ts';
import { printSave } from '../../../../src/netfilter/print.ts';
import { readRules } from '../../../../src/netfilter/read.ts';
import { AMBIENT_CASES } from '../../../golden-ambient.ts';
import { expandWithCandidate } from '../../../golden-nftables.ts';

function saved(ip: string, ip6 = ''): Observation {
  const [four, six] = [observeText(readRules(ip, { family: 'ip' })), observeText(readRules(ip6, { family: 'ip6' }))];
  return { ...four, ip6: six.ip6, seen: { ip: 'all', ip6: 'all' } };
}

function listed(nft: string): Observation {
  const read = readNft(nft);
  if (read === undefined) throw new Error('no nft');
  return observeText(withNft(readRules('', {}), read));
}

const CASES = AMBIENT_CASES.flatMap(({ name, outcomes }) =>
  outcomes.flatMap(({ releases, codes, ip = '', ip6 = '', nft = '' }) => {
    // What a failed run leaves is a part that no release makes whole.
    if (codes.some((code) => code !== 0)) return [];
    const known = expandWithCandidate(releases).filter((release) => !release.includes('rc'));
    return [
      ...(/ISTIO_(PRERT|POSTRT)/.test(ip)
        ? [{ name: `${name}, ${releases[0]}`, known, seen: saved(ip, ip6), backend: 'iptables' as const }]
        : []),
      ...(/istio-output|postrouting/.test(nft)
        ? [{ name: `${name}, ${releases[0]}, nft`, known, seen: listed(nft), backend: 'nftables' as const }]
        : []),
    ];
  }),
);

it('a table nat that was not seen tells nothing of what is caught inbound', () => {
  const plan = planAmbient({ dns: true }, { release: '1.30.3' });
  const whole = saved(printSave(plan.ip), printSave(plan.ip6));
  const seen: Observation['seen'] = { ip: ['mangle'], ip6: ['mangle'] };
  const ip = { ...whole.ip, tables: whole.ip.tables.filter(({ name }) => name === 'mangle') };
  const [found] = identifyAmbient({ ...whole, ip, seen });
  expect(found?.outcome).toBe('exact');
  expect(found?.answers[0]?.knobs.ingress).toBeUndefined();
});

// A table that was left behind by a run before is none of those that the last one makes.
const MIXED = /^nftables-pod-dns-then-without|-then-delete|host-(delete|flush|stop)|over-node-rules-deleted/;

describe('the rules of each golden case are recognised', () => {
  it.each(CASES.filter(({ name }) => !MIXED.test(name)))('$name', ({ known, seen, backend }) => {
    const found = identifyAmbient(seen).find((one) => one.backend === backend);
    expect(found?.outcome).toBe('exact');
    const releases = found?.answers.flatMap((answer) => answer.releases) ?? [];
    expect(known.filter((release) => !releases.includes(release))).toEqual([]);
  });
});

it('there are enough of them, of both backends', () => {
  const count = (backend: string): number => CASES.filter((one) => one.backend === backend).length;
  expect(count('iptables')).toBeGreaterThan(60);
  expect(count('nftables')).toBeGreaterThan(50);
});

describe('the knobs are those that the rules were made with', () => {
  const KNOBS: readonly (AmbientKnobs & { readonly at: string })[] = [
    { at: '1.30', dns: true },
    { at: '1.30', dns: true, ipv6: true, ingress: true },
    { at: '1.22', dns: true },
    { at: '1.24', tproxy: true, ipv6: true },
    { at: '1.30', virtualInterfaces: ['eth1', 'net+'], probeV4: '169.254.9.9' },
    { at: '1.30', backend: 'nftables', dns: true, ipv6: true },
    { at: '1.28.0', backend: 'nftables', dns: true },
    { at: '1.30', backend: 'nftables', ingress: true, virtualInterfaces: ['eth1', 'net*'] },
    { at: '1.30', where: 'host', ipv6: true },
    { at: '1.30', where: 'host', backend: 'nftables', ipv6: true, kubelet: 1001 },
    { at: '1.30', where: 'host', backend: 'nftables', probeV4: '169.254.9.9' },
  ];
  it.each(KNOBS)('%j', ({ at, ...knobs }) => {
    const plan = planAmbient(knobs, { release: at });
    const seen = knobs.backend === 'nftables' ? listed(printNft(plan)) : saved(printSave(plan.ip), printSave(plan.ip6));
    const [found] = identifyAmbient(seen);
    expect(found?.outcome).toBe('exact');
    expect(found?.where).toBe(knobs.where ?? 'pod');
    expect(found?.answers.map((answer) => answer.knobs)).toContainEqual(knobs);
  });
});

describe('rules that somebody changed', () => {
  const plain = printSave(planAmbient({ dns: true }, { release: '1.30' }).ip);
  const without = (part: string): Observation =>
    saved(
      plain
        .split('\n')
        .filter((line) => !line.includes(part))
        .join('\n'),
    );

  it('are nearest to those that they were', () => {
    const [found] = identifyAmbient(without('--to-ports 15006'));
    expect(found?.outcome).toBe('nearest');
    expect(found?.answers[0]).toMatchObject({ knobs: { dns: true } });
    expect(found?.answers[0]?.differences.length).toBe(1);
  });

  it('have no difference for rules of others beside them', () => {
    const beside = saved(
      plain.replace(
        '-A PREROUTING -j ISTIO_PRERT\n-A OUTPUT -j ISTIO_OUTPUT\n-A ISTIO_OUTPUT -d',
        '-A PREROUTING -p udp -j ACCEPT\n-A PREROUTING -j ISTIO_PRERT\n-A OUTPUT -j ISTIO_OUTPUT\n-A ISTIO_OUTPUT -d',
      ),
    );
    expect(identifyAmbient(beside)[0]?.outcome).toBe('exact');
  });

  it("of nft's tables are told by what is missing in both families", () => {
    const plan = planAmbient({ backend: 'nftables' }, { release: '1.30' });
    const text = printNftRuleset(plan.nft ?? { tables: [] }).replace(/.*redirect to :15001\n/, '');
    expect(identifyAmbient(listed(text))[0]).toMatchObject({
      outcome: 'nearest',
      backend: 'nftables',
      answers: [{ knobs: { backend: 'nftables' } }],
    });
  });
});

it("a sidecar's rules are none of the agent's, and the agent's none of a sidecar's", () => {
  const sidecar = saved(
    '*nat\n:ISTIO_OUTPUT - [0:0]\n:ISTIO_REDIRECT - [0:0]\n-A OUTPUT -p tcp -j ISTIO_OUTPUT\n-A ISTIO_OUTPUT -j ISTIO_REDIRECT\nCOMMIT\n',
  );
  expect(identify(sidecar).agent).toEqual([]);
  const both = identify(saved(printSave(planAmbient({ dns: true }, { release: '1.30' }).ip)));
  expect(both).toMatchObject({ outcome: 'none', answers: [], agent: [{ outcome: 'exact' }] });
});

describe('an ambient pod on its node', () => {
  const judged = (knobs: AmbientKnobs, at: string, interfaces: readonly string[] | undefined) => {
    const plan = planAmbient(knobs, { release: at });
    return judgeAgent(identifyAmbient(knobs.backend === 'nftables' ? listed(printNft(plan)) : saved(printSave(plan.ip))), interfaces)[0];
  };

  it.each([
    ['an interface that it has', ['eth1'], ['lo', 'eth0', 'eth1'], []],
    ['one that it does not have', ['eth1', 'eth2'], ['lo', 'eth0', 'eth1'], ['eth2']],
    ['a wildcard', ['vm*'], ['lo', 'vm3'], []],
    ['a wildcard for nothing', ['vm*'], ['lo', 'eth0'], ['vm+']],
    ['interfaces that are not known', ['eth1'], undefined, []],
  ] as const)('has rules that reroute %s', (_, virtualInterfaces, interfaces, otherPods) => {
    expect(judged({ backend: 'nftables', virtualInterfaces }, '1.29.3', interfaces)?.otherPods).toEqual(otherPods);
  });

  it('may have been mixed up by agents with nftables only', () => {
    expect(judged({ backend: 'nftables' }, '1.29.3', [])).toMatchObject({ shared: true, release: '1.30.3', knobs: 'backend=nftables' });
    expect(judged({}, '1.29.3', [])).toMatchObject({ shared: false, knobs: '' });
  });
});
