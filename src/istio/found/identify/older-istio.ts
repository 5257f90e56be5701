/** Rules of the program as it was before the oldest release that is known. */

import type { Observation } from '../../../netfilter/observation.ts';
import { isUnread, sees } from '../../../netfilter/observation.ts';

const NEW = { table: 'nat', chain: 'ISTIO_IN_REDIRECT' } as const;

/**
 * Every release from 1.0 on makes ISTIO_IN_REDIRECT beside ISTIO_REDIRECT, whatever its settings; before, what came in was
 * sent to ISTIO_REDIRECT as well, or in TPROXY mode to a chain of mangle, and what the proxy sends to its own pod as well.
 */
export function isOlderIstio(observed: Observation): boolean {
  const { ip } = observed;
  if (!sees(observed, 'ip', NEW.table) || isUnread(observed, { family: 'ip', ...NEW })) return false;
  const chains = (table: string): readonly string[] =>
    ip.tables.filter(({ name }) => name === table).flatMap((one) => one.chains.map(({ name }) => name));
  const nat = chains(NEW.table);
  if (!nat.includes('ISTIO_REDIRECT') || !nat.includes('ISTIO_OUTPUT') || nat.includes(NEW.chain)) return false;
  return ip.tables.some(({ chains: all }) =>
    all.some(
      ({ name, rules }) =>
        name === 'ISTIO_OUTPUT' &&
        rules.some(
          ({ target, matches }) =>
            target.kind === 'jump' &&
            target.chain === 'ISTIO_REDIRECT' &&
            matches.some((match) => match.kind === 'out-interface' && match.value === 'lo'),
        ),
    ),
  );
}
