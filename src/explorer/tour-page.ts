/** docs/tour.md: the tour as a page to read, with a picture of each step. */

import { DRAWING_FORMS } from '../drawing/forms.ts';
import { placeText } from '../istio/packets/packet/text.ts';
import type { PodNetwork } from '../istio/packets/pod-network.ts';
import { simulateRequest } from '../istio/packets/stories.ts';
import { verdictText } from '../istio/packets/verdict.ts';
import { drawPacket } from '../istio/pictures/path.ts';
import { subjectOf } from './answer/subject.ts';
import type { TourStep } from './tour.ts';
import { TOUR } from './tour.ts';

export interface TourPage {
  readonly page: string;
  /** By the name of their file in docs/pictures. */
  readonly pictures: Readonly<Record<string, string>>;
}

export function tourPage(): TourPage {
  const steps = TOUR.map(stepOf);
  const page = [
    '# A tour',
    '',
    `The way of two requests through the rules of a default pod: a client calls the application, and the application calls out. Each step is a trace of ${steps[0]?.title ?? ''}; the [explorer](explorer.md) walks through the same steps, rule by rule.`,
    '',
    ...steps.flatMap(({ text }) => text),
    'What other rules do with the same requests: `istio-init trace FILE --request client-to-app`, and [trace](trace.md).',
    '',
  ].join('\n');
  return { page, pictures: Object.fromEntries(steps.map(({ file, picture }) => [file, picture])) };
}

function stepOf({ title, text, ask }: TourStep, index: number) {
  const subject = subjectOf(ask);
  const podNetwork = subject.network as PodNetwork;
  const hop = simulateRequest(ask.request, podNetwork).calls.flatMap(({ hops }) => hops)[ask.hop];
  if (hop === undefined) throw new RangeError(`${ask.request} has no connection ${ask.hop}`);
  const { trace, verdict } = hop;
  const { protocol = '', source = '', destination, destinationPort } = trace.packet;
  const words = `${protocol} ${source} > ${placeText(destination, destinationPort)}`;
  const options = {
    podNetwork,
    reason: ({ rule }: { rule: { because?: { text: string } } }) => rule.because?.text,
    lines: false,
    all: false,
  };
  const file = `tour-${index + 1}.svg`;
  return {
    title: subject.title.replace(/^An /, 'an '),
    file,
    picture: DRAWING_FORMS.svg(drawPacket(`${index + 1}. ${title}`, { words, trace, verdict }, options)),
    text: [`## ${index + 1}. ${title}`, '', text, '', `![${title}: ${verdictText(verdict)}](pictures/${file})`, ''],
  };
}
