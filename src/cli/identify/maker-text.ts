/** Who made rules, and with which settings, in a line. */

import type { Answer, Identification } from '../../istio/found/identify.ts';
import { INJECTED_DEFAULTS } from '../../istio/kubernetes/ordinary-injection.ts';
import { agentText } from './agent-text.ts';
import { describedSettings, makerName } from './words.ts';

/** The settings: what is not as the injector has it by default. */
export function settingsText(answer: Answer): string {
  const nonDefault = describedSettings(answer).filter(({ ordinary }) => ordinary !== undefined);
  return `${INJECTED_DEFAULTS}${nonDefault.length === 0 ? '' : `, but ${nonDefault.map(({ key, text }) => `${key} ${text}`).join('; ')}`}`;
}

/** The settings that a default pod does not have, as `--set` takes them: `inbound.excludePorts=80,443`. */
export function nonDefaultSettings(answer: Answer): readonly string[] {
  return describedSettings(answer)
    .slice(0, answer.nonDefault.settings.length)
    .map(({ key, text }) => `${key}=${text === 'none' ? '' : text.replaceAll(', ', ',')}`);
}

/** What made the rules: `Istio 1.25.0 to 1.30.3`, or what comes nearest to it. */
export function makerText(identified: Identification | undefined): string {
  const [likeliest] = identified?.answers ?? [];
  if (likeliest === undefined && identified !== undefined && identified.agent.length > 0 && identified.outcome !== 'unknown')
    return identified.agent.map(agentText).join(' and ');
  if (likeliest === undefined)
    return identified?.outcome === 'unknown' ? "none of Istio's sidecar could be read" : "none of Istio's sidecar";
  const count = likeliest.differences.length;
  const name = makerName(likeliest);
  if (identified?.outcome === 'unknown') return `not known; what could be read is ${count === 0 ? 'as of' : 'nearest to'} ${name}`;
  return identified?.outcome === 'exact' ? name : `nearest to ${name}, with ${count} difference${count === 1 ? '' : 's'}`;
}
