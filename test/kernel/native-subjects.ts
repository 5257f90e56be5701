/** What native and ambient modes make of settings, alone and beside what others hang on the same hooks. */

import { proxyPortsOf } from '../../src/istio/packets/verdict.ts';
import { planAmbient } from '../../src/istio/plan/ambient/ambient-plan.ts';
import type { AmbientKnobs } from '../../src/istio/plan/ambient/knobs.ts';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { NO_ROUTING } from '../../src/istio/plan/routing.ts';
import { ProblemError } from '../../src/istio/problems.ts';
import { valuesOf } from '../../src/istio/settings/settings.ts';
import { printNftScript } from '../../src/netfilter/nft/print.ts';
import type { NftRuleset } from '../../src/netfilter/nft/ruleset.ts';
import { AMBIENT_CASES, knobsOf } from '../golden-ambient.ts';
import { expandWithCandidate, NATIVE_CASES } from '../golden-nftables.ts';
import { randomNftScript } from './nft-rulesets.ts';
import { randomBy } from './packets-random.ts';
import { randomRuleset } from './trace-rulesets.ts';
import { SEED, type Subject } from './trace-trials.ts';
import type { Rules } from './tracing-pods.ts';

const NOTHING: Rules = { ip: { family: 'ip', tables: [] }, ip6: { family: 'ip6', tables: [] }, routing: NO_ROUTING };

function script(nft: NftRuleset | undefined): { readonly native?: string } {
  return nft === undefined || nft.tables.length === 0 ? {} : { native: printNftScript(nft) };
}

/** Each distinct outcome of golden/nftables, with its policy routing. */
export function nativePlans(): readonly Subject[] {
  const found = new Map<string, Subject>();
  for (const { name, args, env, addresses, nameservers, outcomes } of NATIVE_CASES) {
    for (const { releases, error } of outcomes) {
      if (error === true) continue;
      const release = expandWithCandidate(releases)[0] ?? '';
      const plan = planFromArguments(args, { env, addresses, nameservers, release });
      found.set(printNftScript(plan.nft ?? { tables: [] }), nativeSubject(`${name} at ${release}`, plan));
    }
  }
  return [...found.values()];
}

function nativeSubject(name: string, plan: CapturePlan): Subject {
  return { name, plan: { ...NOTHING, routing: plan.routing, ...script(plan.nft) }, ports: proxyPortsOf(valuesOf(plan.settings)) };
}

/** Each distinct outcome of golden/ambient in a pod, in either backend, with its policy routing. */
export function ambientPlans(): readonly Subject[] {
  const found = new Map<string, Subject>();
  for (const one of AMBIENT_CASES) {
    for (const { releases } of one.outcomes) {
      const release = expandWithCandidate(releases)[0] ?? '';
      const made = ambientPlan(knobsOf(one), release);
      if (made !== undefined) found.set(JSON.stringify(made.plan), { ...made, name: `${one.name} at ${release}` });
    }
  }
  return [...found.values()];
}

function ambientPlan(knobs: AmbientKnobs, release: string): Subject | undefined {
  // The node's part asks a set of ipset's, which is no part of a pod.
  if (knobs.where === 'host') return undefined;
  try {
    const { ip, ip6, nft, routing } = planAmbient(knobs, { release });
    const plan = nft === undefined ? { ip, ip6, routing } : { ...NOTHING, routing, ...script(nft) };
    return { name: release, plan, ports: undefined };
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

/** Tables of nft that nobody made for Istio. */
export function foreignTables(count: number, apart: boolean): readonly Subject[] {
  return Array.from({ length: count }, (_, index): Subject => {
    const random = randomBy(SEED * 2000 + index);
    const native = randomNftScript(random, { opaque: index % 3 === 0 ? 0.2 : 0, apart });
    return { name: `random tables ${index}\n${native}`, plan: { ...NOTHING, routing: TPROXY_ROUTING, native }, ports: undefined };
  });
}

const { routing: TPROXY_ROUTING } = planFromArguments(['-m', 'TPROXY', '-b', '*'], {
  addresses: ['10.1.2.3', 'fd00:1::3'],
  env: { ISTIO_DUAL_STACK: 'true' },
});

/** Rules of iptables-nft beside tables of nft's own. */
export function mixedRules(count: number): readonly Subject[] {
  return Array.from({ length: count }, (_, index): Subject => {
    const random = randomBy(SEED * 3000 + index);
    const native = randomNftScript(random, { opaque: 0.05, apart: index % 2 === 0 });
    const plan: Rules = { ip: randomRuleset('ip', random), ip6: randomRuleset('ip6', random), routing: TPROXY_ROUTING, native };
    return { name: `mixed rules ${index}\n${native}`, plan, ports: undefined };
  });
}

/** What kube-proxy has made beside an Istio pod's own rules, and what a firewall has. */
const BESIDE: readonly string[] = [
  `table ip kube-proxy {
  map service-ips {
    type ipv4_addr . inet_proto . inet_service : verdict
    elements = { 10.9.9.9 . tcp . 80 : goto service-A, 10.9.9.9 . udp . 53 : goto service-A }
  }
  set cluster-ips { type ipv4_addr; elements = { 10.9.9.9, 10.9.9.10 }; }
  chain mark-for-masquerade {
    meta mark set meta mark | 0x4000
  }
  chain service-A {
    ip daddr 10.9.9.9 tcp dport 80 ip saddr != 10.200.0.0/16 jump mark-for-masquerade
    numgen random mod 1 vmap { 0 : goto endpoint-A }
  }
  chain endpoint-A {
    ip saddr 10.1.2.3 jump mark-for-masquerade
    meta l4proto tcp dnat to 10.1.2.3:8080
  }
  chain services {
    ip daddr . meta l4proto . th dport vmap @service-ips
    ip daddr @cluster-ips reject
  }
  chain nat-prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    jump services
  }
  chain nat-output {
    type nat hook output priority -100; policy accept;
    jump services
  }
  chain nat-postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    meta mark & 0x4000 != 0 jump masquerading
  }
  chain masquerading {
    meta mark set meta mark ^ 0x4000
    masquerade fully-random
  }
  chain filter-forward {
    type filter hook forward priority filter; policy accept;
    ct state invalid drop
  }
}
`.replace('    ip daddr @cluster-ips reject\n', ''),
  `table inet firewalld {
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state established,related accept
    iifname "lo" accept
    tcp dport 22 accept
    udp dport 53 counter drop
    log prefix "rejected: " drop comment "ct state invalid accept"
  }
  chain filter_OUTPUT {
    type filter hook output priority filter + 10; policy accept;
    ct state { established, related } accept
    ip6 daddr fd00:9::9 drop
  }
}
`,
];

/** The same plans with what others have hung on the same hooks: between, beside and at the priorities of Istio's. */
export function besideOthers(subjects: readonly Subject[]): readonly Subject[] {
  return subjects.map(({ name, plan }, index): Subject => {
    const random = randomBy(SEED * 4000 + index);
    const other = BESIDE[index % (BESIDE.length + 1)] ?? randomNftScript(random, { opaque: 0, apart: true });
    return { name: `${name}, beside others\n${other}`, plan: { ...plan, native: `${plan.native ?? ''}${other}` }, ports: undefined };
  });
}
