/** Whose rules these are, in a line or two. */

import type { Answer, Identification } from '../../istio/found/identify.ts';
import { FAMILIES } from '../../netfilter/rule.ts';
import { FAMILY_NAMES } from '../diff/words.ts';
import { makerName, settingsSaid } from '../identify/words.ts';
import type { Report } from './report.ts';

/** What made the rules: `Istio 1.25.0 to 1.30.3`, or what comes nearest to it. */
export function makerText(identified: Identification | undefined): string {
  const [likeliest] = identified?.answers ?? [];
  if (likeliest === undefined) return "none of Istio's sidecar";
  const count = likeliest.differences.length;
  const name = makerName(likeliest);
  return identified?.outcome === 'exact' ? name : `nearest to ${name}, with ${count} difference${count === 1 ? '' : 's'}`;
}

/** What is not as in an ordinary injected pod. */
export function settingsText(answer: Answer): string {
  const odd = settingsSaid(answer).filter(({ ordinary }) => ordinary !== undefined);
  return `an ordinary injected pod${odd.length === 0 ? '' : `, but ${odd.map(({ key, text }) => `${key} ${text}`).join('; ')}`}`;
}

/** The settings that an ordinary injected pod does not have, as `--set` takes them: `inbound.excludePorts=80,443`. */
export function oddSettings(answer: Answer): readonly string[] {
  return settingsSaid(answer)
    .slice(0, answer.odd.settings.length)
    .map(({ key, text }) => `${key}=${text === 'none' ? '' : text.replaceAll(', ', ',')}`);
}

/** How many rules of each family there are, of whoever, and where they live. */
export function amountText({ side }: Pick<Report, 'side'>): string {
  const counts = FAMILIES.map((family) => {
    const rules = side?.seen[family].tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules)) ?? [];
    return `${rules.length} ${FAMILY_NAMES[family]}`;
  });
  const homes = [...new Set((side?.places ?? []).map(({ backend }) => backend))].join(' and ');
  return `${counts.join(' and ')} rules${homes === '' ? '' : ` in ${homes}`}`;
}
