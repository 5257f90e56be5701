import { describe, expect, it } from 'vitest';
import { withoutForeign } from '../../../src/istio/found/foreign.ts';
import type { Family } from '../../../src/netfilter/family.ts';
import { observeAll } from '../../../src/netfilter/observation.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { readRules } from '../../../src/netfilter/read.ts';
import type { Ruleset } from '../../../src/netfilter/rule.ts';
import { DISTINCT_PLANS } from '../../golden-plans.ts';

const rulesetOf = (text: string, family: Family): Ruleset =>
  readRules(text, { family }).rulesets.find((ruleset) => ruleset.family === family) ?? { family, tables: [] };

/** What is left of a save, the lines that went, and who is said to have made them. */
function asideOf(
  save: string,
  ip6 = '',
): { readonly gone: readonly string[]; readonly foreign: ReturnType<typeof withoutForeign>['foreign'] } {
  const before = observeAll({ ip: rulesetOf(save, 'ip'), ip6: rulesetOf(ip6, 'ip6') });
  const { kept, foreign } = withoutForeign(before);
  const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line.startsWith('-A'));
  const left = lines(printSave(kept.ip) + printSave(kept.ip6));
  return { gone: lines(printSave(before.ip) + printSave(before.ip6)).filter((line) => !left.includes(line)), foreign };
}

const nat = (...lines: readonly string[]): string => `*nat\n${lines.join('\n')}\nCOMMIT\n`;

// As kube-proxy, Calico, Docker, the portmap plugin, node-local DNS and the AWS agent leave them on nodes.
const NODE = `*raw
:cali-PREROUTING - [0:0]
-A PREROUTING -m comment --comment "cali:6gwbT8clXdHdC1b1" -j cali-PREROUTING
-A OUTPUT -d 169.254.20.10/32 -p udp -m udp --dport 53 -m comment --comment "NodeLocal DNS Cache: skip conntrack" -j CT --notrack
-A cali-PREROUTING -m mark --mark 0x40000/0x40000 -m comment --comment "cali:aXVuSYYhCbLIA" -j ACCEPT
COMMIT
*filter
:KUBE-FORWARD - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
COMMIT
*nat
:CNI-HOSTPORT-DNAT - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -m comment --comment "AWS, SNAT CHAIN" -j AWS-SNAT-CHAIN-0
-A POSTROUTING -m comment --comment "flanneld masq" -j MASQUERADE
COMMIT
`;

describe('left out is', () => {
  it('what the programs of a node make, each counted with its program', () => {
    const { gone, foreign } = asideOf(NODE);
    expect(gone.length).toBe(NODE.match(/^-A/gm)?.length);
    expect(foreign).toEqual([
      { program: 'kube-proxy and kubelet', rules: 4, chains: 2 },
      { program: 'Docker', rules: 3, chains: 1 },
      { program: 'Calico', rules: 2, chains: 1 },
      { program: 'node-local DNS', rules: 1, chains: 0 },
      { program: 'CNI plugins', rules: 1, chains: 1 },
      { program: 'AWS VPC CNI', rules: 1, chains: 0 },
      { program: 'Flannel', rules: 1, chains: 0 },
    ]);
  });

  it('a rule that leads to such a chain from a chain that nobody is known to make', () => {
    expect(asideOf(nat(':MINE -', ':ufw-before-output -', '-A OUTPUT -j MINE', '-A MINE -j ufw-before-output')).gone).toEqual([
      '-A MINE -j ufw-before-output',
    ]);
  });

  it('such a chain of either family, and one without rules', () => {
    expect(asideOf(nat(':DOCKER -'), nat(':KUBE-MARK-MASQ -', '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000')).foreign).toEqual([
      { program: 'kube-proxy and kubelet', rules: 1, chains: 1 },
      { program: 'Docker', rules: 0, chains: 1 },
    ]);
  });
});

describe('never left out is', () => {
  it.each([
    [
      'a rule by hand before ours',
      nat(':ISTIO_OUTPUT -', '-A OUTPUT -p tcp -m tcp --dport 80 -j ACCEPT', '-A OUTPUT -p tcp -j ISTIO_OUTPUT'),
    ],
    ['a rule by hand in a table that we use not', '*filter\n-A FORWARD -o eth0 -j DROP\nCOMMIT\n'],
    ['a rule by hand with a comment of its own', nat('-A OUTPUT -p tcp -m comment --comment "see ticket 7" -j ACCEPT')],
    ['a chain that nobody is known to make', nat(':MY_RULES -', '-A OUTPUT -j MY_RULES', '-A MY_RULES -j RETURN')],
    [
      'anything in a chain of ours',
      nat(':ISTIO_OUTPUT -', ':KUBE-SERVICES -', '-A ISTIO_OUTPUT -m comment --comment "cali:x" -j KUBE-SERVICES'),
    ],
    ['a jump to ours, whatever its comment', nat(':ISTIO_OUTPUT -', '-A OUTPUT -m comment --comment "cali:x" -j ISTIO_OUTPUT')],
    ['an interface that may be one that Istio excludes', nat('-A PREROUTING -i docker0 -j RETURN')],
    ['another mesh, which takes the same traffic', nat(':PROXY_INIT_OUTPUT -', '-A OUTPUT -j PROXY_INIT_OUTPUT')],
    ['ambient mode, which takes the same traffic', nat(':ISTIO_PRERT -', '-A PREROUTING -j ISTIO_PRERT', '-A ISTIO_PRERT -j RETURN')],
  ])('%s', (_, save) => {
    expect(asideOf(save).gone).toEqual([]);
  });

  it('a rule of any release of Istio', () => {
    for (const { name, plan } of DISTINCT_PLANS)
      expect(withoutForeign(observeAll(plan)), name).toMatchObject({ kept: { ip: plan.ip, ip6: plan.ip6 }, foreign: [] });
  });
});

describe('a position', () => {
  it('is that among all rules of the chain, whatever was left out before it', () => {
    const save = nat(
      ':ISTIO_OUTPUT -',
      ':KUBE-X -',
      '-A OUTPUT -j KUBE-X',
      '-A OUTPUT -j ISTIO_OUTPUT',
      '-A OUTPUT -j KUBE-X',
      '-A OUTPUT -j DROP',
    );
    const { positionOf } = withoutForeign(observeAll({ ip: rulesetOf(save, 'ip'), ip6: rulesetOf(save, 'ip6') }));
    const place = { family: 'ip', table: 'nat', chain: 'OUTPUT' } as const;
    expect([1, 2].map((position) => positionOf(place, position))).toEqual([2, 4]);
    expect(positionOf({ ...place, chain: 'ISTIO_OUTPUT' }, 1)).toBe(1);
    expect(positionOf({ ...place, family: 'ip6' }, 1)).toBe(2);
  });
});
