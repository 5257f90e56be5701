/** What the node agent of the ambient mode makes: the rules in a pod, or those of its node. */

import type { Family } from '../../../netfilter/family.ts';
import type { Network } from '../../../netfilter/network.ts';
import { parseNetwork } from '../../../netfilter/network.ts';
import type { NftRuleset } from '../../../netfilter/nft/ruleset.ts';
import { rulesetOfNft } from '../../../netfilter/nft/ruleset-of-nft.ts';
import type { Ruleset } from '../../../netfilter/rule.ts';
import type { Origin } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import type { Release } from '../../releases/known.ts';
import type { Profile } from '../../releases/profile.ts';
import { profileOf } from '../../releases/profile.ts';
import { resolveRelease } from '../../releases/resolve-release.ts';
import { assemble } from '../assemble.ts';
import { LOOPBACK } from '../context.ts';
import { mergeFamilies } from '../native/merge-families.ts';
import type { Routing } from '../routing.ts';
import { NO_ROUTING } from '../routing.ts';
import { ambientTables } from './ambient-tables.ts';
import { hostRules, hostTable, ipsetText } from './host-rules.ts';
import { interfacesOf } from './interfaces.ts';
import type { AmbientKnobs } from './knobs.ts';
import { agentFails, checkKnobs } from './knobs.ts';
import type { PodContext } from './pod-rules.ts';
import { podRules } from './pod-rules.ts';
import { ambientRouting } from './routing.ts';
import type { AmbientState } from './steps.ts';
import { afterSteps } from './steps.ts';

/** The rules of both families, those of nft, the sets of addresses, and the policy routing. */
export interface AmbientPlan {
  readonly release: Release;
  readonly knobs: AmbientKnobs;
  readonly ip: Ruleset;
  readonly ip6: Ruleset;
  readonly nft?: NftRuleset;
  /** As `ipset save` shows it, sorted, without sizes; empty where there is none. */
  readonly ipset: string;
  readonly routing: Routing;
  readonly problems: readonly Problem[];
}

/** Where the kubelet's health checks seem to come from, unless the agent is told otherwise. */
const PROBE = { ip: '169.254.7.127', ip6: 'fd16:9254:7127:1337:ffff:ffff:ffff:ffff' } as const;

/**
 * The plan of the agent of a release. Pure. Throws a ProblemError where the release does not know one of the knobs, and
 * where the agent, or what it calls, would fail.
 */
export function planAmbient(
  knobs: AmbientKnobs,
  options: { readonly release?: string; readonly releaseSource?: Origin } = {},
): AmbientPlan {
  const { release: named, releaseSource = { kind: 'option', option: 'release' } } = options;
  const { release, problems } = resolveRelease(named === undefined ? undefined : { value: named, source: releaseSource });
  const profile = profileOf(release);
  checkKnobs(knobs, profile);
  const state = afterSteps(knobs, profile);
  const made = (knobs.where ?? 'pod') === 'pod' ? inPod(knobs, profile, state) : onNode(knobs, profile, state);
  return { release, knobs, ...made, problems };
}

type Made = Pick<AmbientPlan, 'ip' | 'ip6' | 'nft' | 'ipset' | 'routing'>;

const NOTHING: Made = { ip: { family: 'ip', tables: [] }, ip6: { family: 'ip6', tables: [] }, ipset: '', routing: NO_ROUTING };

function probeOf(family: Family, { probeV4 = PROBE.ip, probeV6 = PROBE.ip6 }: AmbientKnobs): Network {
  return parseNetwork(family === 'ip' ? probeV4 : probeV6) as Network;
}

function inPod(knobs: AmbientKnobs, profile: Profile, { rules }: AmbientState): Made {
  if (rules !== 'full') return NOTHING;
  const { has } = profile;
  const { ipv6 = false, dns = false, podDNS, ingress = false, backend } = knobs;
  const native = backend === 'nftables';
  const tproxy = knobs.tproxy ?? !has('ambientRedirectByDefault');
  const context = (family: Family): PodContext => ({
    family,
    native,
    tproxy,
    dns: podDNS === undefined ? dns : podDNS === 'on',
    ingress,
    interfaces: interfacesOf(knobs, native, profile),
    probe: probeOf(family, knobs),
    loopback: LOOPBACK[family],
    has,
  });
  const of = (family: Family): ReturnType<typeof podRules> => podRules(context(family));
  const routing = ambientRouting(ipv6);
  if (!native) return { ...NOTHING, ip: assemble('ip', of('ip')), ip6: assemble('ip6', ipv6 ? of('ip6') : []), routing };
  const nft = ambientTables(mergeFamilies(of('ip'), ipv6 || !has('ambientNftablesByFamily') ? of('ip6') : []));
  return { ...NOTHING, nft, ip: rulesetOfNft(nft, 'ip'), ip6: rulesetOfNft(nft, 'ip6'), routing };
}

function onNode(knobs: AmbientKnobs, profile: Profile, { rules, sets, filled }: AmbientState): Made {
  const { ipv6 = false, podIPs = [], backend, kubelet = 0 } = knobs;
  const families: readonly Family[] = ipv6 ? ['ip', 'ip6'] : ['ip'];
  const members = filled ? podIPs : [];
  if (backend === 'nftables') {
    if (!sets) return NOTHING;
    if (kubelet === null) throw agentFails(profile.release, 'no process is named kubelet');
    const probes = { ip: probeOf('ip', knobs), ip6: probeOf('ip6', knobs) };
    const nft = { tables: [hostTable(families, members, probes, kubelet, profile, rules)] };
    return { ...NOTHING, nft, ip: rulesetOfNft(nft, 'ip'), ip6: rulesetOfNft(nft, 'ip6') };
  }
  const of = (family: Family): Ruleset =>
    assemble(family, rules === 'full' && families.includes(family) ? hostRules(family, probeOf(family, knobs), profile) : []);
  return { ...NOTHING, ip: of('ip'), ip6: of('ip6'), ipset: sets ? ipsetText(families, members, profile) : '' };
}
