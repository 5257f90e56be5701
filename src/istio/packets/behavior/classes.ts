/** Ends as a comparison of Istio's rules tells them apart: the verdict, and which of the proxy's ports gets what is caught. */

import type { Classify, EndClass, FinalEnd } from '../../../netfilter/behavior/outcomes.ts';
import { OPEN } from '../../../netfilter/behavior/outcomes.ts';
import type { ProxyPorts, VerdictId } from '../verdict.ts';
import { verdictOf } from '../verdict.ts';

/** How much of an end counts. `escape`: whether the proxy is passed by; `verdict`: only the verdict; `delivery`: the port and the way of delivery as well. */
export type Detail = 'escape' | 'verdict' | 'delivery';

/** An end by its verdict. */
export interface VerdictClass {
  readonly verdict: VerdictId;
  /** `direct`, `envoy-inbound (15006)`, `direct, delivered here by its mark`. */
  readonly words: string;
}

export function classesFor(ports: ProxyPorts, detail: Detail): Classify {
  const classOf: Classify = (final) => {
    const { end } = final;
    if (end.kind === 'unknown' && end.outcomes.length > 0) {
      const [first = OPEN, ...others] = end.outcomes.map((outcome) => classOf({ ...final, end: outcome.end }));
      return others.every(({ key }) => key === first.key) ? first : OPEN;
    }
    const { id } = verdictOf(end, ports);
    if (detail === 'escape' && id !== 'direct' && id !== 'unknown') return { key: '', id, words: 'no escape', known: true };
    const more = detail === 'delivery' ? deliveryOf(final, id) : '';
    return { key: `${id}${more}`, id, words: `${id}${more}`, known: id !== 'unknown' };
  };
  return classOf;
}

/** What of a delivery makes a difference beside the verdict; nothing for what goes where it was sent. */
function deliveryOf({ end, sentTo, portAsSent }: FinalEnd, id: VerdictId): string {
  switch (end.kind) {
    case 'local':
      if (end.how === 'plain' || end.how === 'reply') return '';
      if (end.how === 'mark') return ', delivered here by its mark';
      if (portAsSent === true || end.port === undefined)
        return id === 'unknown' ? ', sent to a port that the kernel chooses' : ', sent here';
      return id === 'direct' ? `, sent here to port ${end.port}` : ` (${end.port})`;
    case 'sent':
    case 'forwarded':
      return sentTo === undefined ? '' : `, sent to ${sentTo}`;
    case 'dropped':
    case 'rejected':
      return '';
    case 'queued':
      return ', left to a program';
    case 'unknown':
      return `, ${end.why.kind}`;
    default:
      return end satisfies never;
  }
}

/** The verdict of a class that `classesFor` made, or of packets of which nobody can tell. */
export function verdictClass({ id, words }: EndClass): VerdictClass {
  return { verdict: id as VerdictId, words };
}
