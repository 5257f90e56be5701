/** Who made rules of the ambient mode, and with which knobs, in a line. */

import type { AmbientAnswer, AmbientIdentification } from '../../istio/found/identify/ambient.ts';
import { knobTexts } from '../../istio/plan/ambient/knob-texts.ts';
import { spansText } from '../../istio/releases/spans-text.ts';
import { quoteForPasting } from '../../netfilter/words.ts';

/** `ambient mode of Istio 1.25.0 to 1.30.3`, or what comes nearest to it. */
export function agentText({ outcome, where, answers: [likeliest] }: AmbientIdentification): string {
  if (likeliest === undefined) return 'ambient mode';
  const name = agentName(likeliest, where);
  const count = likeliest.differences.length;
  return outcome === 'exact' ? name : `nearest to ${name}, with ${count} difference${count === 1 ? '' : 's'}`;
}

/** Whose rules they are. */
export function agentName({ releases }: Pick<AmbientAnswer, 'releases'>, where: AmbientIdentification['where']): string {
  return `ambient mode${where === 'host' ? ' on the node' : ''} of Istio ${spansText(releases)}`;
}

/** The knobs as `--set` takes them. */
export function knobsText({ knobs }: AmbientAnswer): string {
  const texts = knobTexts(knobs);
  return texts.length === 0 ? 'as the agent does by itself' : texts.join(' ');
}

/** What shows the same rules again. */
export function agentCommand({ knobs, releases }: AmbientAnswer): string {
  const sets = knobTexts(knobs).flatMap((text) => ['--set', quoteForPasting(text)]);
  const form = knobs.backend === 'nftables' ? ['-o', 'nft'] : [];
  return ['istio-init', 'preview', '--ambient', `@${releases.at(-1)}`, ...sets, ...form].join(' ');
}
