/** The plan of `--native-nftables`: the rules of iptables in tables of nft, where the two differ as the real programs do. */

import type { Family } from '../../../netfilter/family.ts';
import type { NftRuleset } from '../../../netfilter/nft/ruleset.ts';
import { rulesetOfNft } from '../../../netfilter/nft/ruleset-of-nft.ts';
import type { Problem } from '../../problems.ts';
import { ProblemError, problem } from '../../problems.ts';
import type { Release } from '../../releases/known.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Facts } from '../../settings/facts.ts';
import { lacksAddress, needsIp6 } from '../../settings/facts.ts';
import type { Settings, SettingValues } from '../../settings/settings.ts';
import type { Switches } from '../../settings/switches.ts';
import { contextFor } from '../context.ts';
import type { CapturePlan } from '../plan.ts';
import { makePlan, withProblems } from '../plan.ts';
import { CONCERNS } from '../rules/concerns.ts';
import type { Step } from '../rules/step.ts';
import type { Refused } from './assemble-native.ts';
import { assembleNative } from './assemble-native.ts';
import { hasIp6Address, lettingIp6Pass, usableServers } from './mends.ts';
import { mergeFamilies } from './merge-families.ts';
import { refuseWhatNftRefuses, withServicePorts, withStaticIds } from './refusals.ts';

/** What the program's tables are called before the dash. */
const PREFIX = 'istio-proxy';

/**
 * `made` as the real program makes them; `mended` with what it does wrong put right: names are quoted, a nameserver that
 * rules can't name is passed over, and IPv6 is left alone where it is off.
 */
export type NativeForm = 'made' | 'mended';

/**
 * The native plan of settings at a release. Throws a ProblemError where the release's native program fails, and for
 * what `planFor` throws.
 */
export function nativePlanFor(
  settings: Settings,
  release: Release,
  facts: Facts,
  switches: Switches,
  form: NativeForm = 'made',
): CapturePlan {
  const mended = form === 'mended';
  const problems: Problem[] = [];
  const known = withServicePorts(withStaticIds(facts), settings);
  const plan = makePlan(settings, release, known, switches, (values, _, profile) => {
    if (lacksAddress(facts, profile))
      throw new ProblemError([problem('no-address', { kind: 'default', release }, { release, and: ' or link-local' })]);
    const has6 = needsIp6(known, values, switches, profile);
    const picks = mended && values['dns.capture'] === 'servers';
    const { left, ...nameservers } = picks ? usableServers(known, has6, settings['dns.capture'].source) : { left: [] };
    problems.push(...left);
    const used = { ...known, ...nameservers };
    refuseWhatNftRefuses(settings, values, used, has6, mended);
    const nft = nativeRules(settings, values, switches, profile, used);
    const listed = mended && !has6 && hasIp6Address(facts) ? lettingIp6Pass(nft, profile.has('nativeCounters')) : nft;
    if (!has6 && hasIp6Address(facts) && nft.tables.length > 0)
      problems.push(problem(mended ? 'native-leaves-ip6' : 'native-captures-ip6', settings.dualStack.source, { release }));
    return { nft: listed, ip: rulesetOfNft(listed, 'ip'), ip6: rulesetOfNft(listed, 'ip6') };
  });
  return problems.length === 0 ? plan : withProblems(plan, problems);
}

function nativeRules(settings: Settings, values: SettingValues, switches: Switches, profile: Profile, facts: Facts): NftRuleset {
  if (values.mode === 'NONE') return { tables: [] };
  const context = contextFor(values, switches, profile, facts);
  const has6 = needsIp6(facts, values, switches, profile);
  const steps = CONCERNS.flatMap((concern): readonly Step[] => {
    const of = (family: Family): readonly Step[] => concern(context(family));
    return mergeFamilies(of('ip'), has6 ? of('ip6') : []);
  });
  const made = assembleNative(steps, PREFIX, profile);
  if ('kind' in made) throw new ProblemError([refusalOf(made, settings, profile)]);
  return made;
}

function refusalOf(refused: Refused, settings: Settings, { release }: Profile): ProblemError['problems'][number] {
  if (refused.kind === 'no place') return problem('native-no-place', settings['inbound.includePorts'].source, { release });
  return problem('native-no-chain', settings['dns.capture'].source, { release, value: refused.chain });
}
