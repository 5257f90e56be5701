/** What other rules do to packets, told before the rules: whether traffic goes elsewhere is what counts. */

import type { BehaviorComparison } from '../../istio/packets/behavior.ts';
import type { Paint } from '../terminal/color.ts';
import { plain } from '../terminal/color.ts';
import { fenced } from '../terminal/markdown.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import type { DiffFormName } from './forms.ts';
import { answerText, regionParts } from './packet-forms.ts';

/** The diff of the rules with the packets before it, in the forms that people read, and as a key of the data. */
export function withTraffic(form: DiffFormName, output: string, behavior: BehaviorComparison, paint: Paint): string {
  switch (form) {
    case 'text':
      return `${paragraphs([[paint('heading', trafficText(behavior))], ...regionParts({ behavior }, paint)])}\n${output}`;
    case 'markdown': {
      const lines = regionParts({ behavior }, plain).flatMap((part, index) => (index === 0 ? part : ['', ...part]));
      return `${paragraphs([[`**${trafficText(behavior)}**`], lines.length === 0 ? [] : fenced('diff', lines)])}\n${output}`;
    }
    case 'json':
      return `${JSON.stringify({ ...(JSON.parse(output) as object), traffic: trafficDocument(behavior) }, null, 2)}\n`;
    default:
      return output;
  }
}

function trafficText(behavior: BehaviorComparison): string {
  const { answer, different, more } = behavior;
  if (answer === 'equal') return 'Traffic goes where it went: only the rules are others.';
  const count = different.length + more;
  return answer === 'different'
    ? `Traffic goes elsewhere for ${count} kind${count === 1 ? '' : 's'} of packets${more === 0 ? '' : `, ${different.length} of them shown`}.`
    : answerText({ behavior });
}

function trafficDocument({ answer, different, more }: BehaviorComparison): object {
  return { answer, different: different.map(({ words, left, right, example }) => ({ packets: words, left, right, example })), more };
}
