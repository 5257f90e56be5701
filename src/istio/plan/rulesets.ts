/** The rules of both families that a release makes of bare values. */

import type { Family } from '../../netfilter/family.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import type { Profile } from '../releases/profile.ts';
import type { Facts } from '../settings/facts.ts';
import { needsIp6 } from '../settings/facts.ts';
import type { SettingValues } from '../settings/settings.ts';
import type { Switches } from '../settings/switches.ts';
import { assemble } from './assemble.ts';
import { contextFor } from './context.ts';
import { CONCERNS } from './rules/concerns.ts';
import { rejected6 } from './rules/invalid.ts';

/** The rules in normal form; the values' names are numbers as far as anyone knows them. */
export function rulesetsFor(values: SettingValues, switches: Switches, profile: Profile, facts: Facts): Readonly<Record<Family, Ruleset>> {
  if (values.mode === 'NONE') return { ip: assemble('ip', []), ip6: assemble('ip6', []) };
  const logged = switches.traceLogging && profile.has('traceLogging');
  const context = contextFor(values, switches, profile, facts);
  const captured = (family: Family): Ruleset => {
    const own = context(family);
    return assemble(
      family,
      CONCERNS.flatMap((concern) => concern(own)),
      logged,
    );
  };
  const rejects6 = !profile.has('noReject6') && !switches.inbound6;
  const refused = (): Ruleset => assemble('ip6', rejects6 ? rejected6(profile.has('loopbackAccept6')) : []);
  return { ip: captured('ip'), ip6: needsIp6(facts, values, switches, profile) ? captured('ip6') : refused() };
}
