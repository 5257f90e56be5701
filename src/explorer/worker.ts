/** Answers questions beside the page: first what is quick, and the rest when no other question comes. */

import { answerTo, beyondOf } from './answer.ts';
import type { Numbered, Reply } from './ask.ts';
import { ORDINARY } from './question.ts';

// Whoever slides through releases asks for none of it.
const PAUSE = 80;

let waiting: ReturnType<typeof setTimeout> | undefined;

function reply(message: Reply): void {
  self.postMessage(message);
}

self.addEventListener('message', ({ data: { number, question } }: MessageEvent<Numbered>) => {
  clearTimeout(waiting);
  reply({ number, answer: answerTo(question) });
  waiting = setTimeout(() => reply({ number, beyond: beyondOf(question) }), PAUSE);
});

// The first answer costs ten times the next ones: it is made while the page is still being unpacked.
answerTo(ORDINARY);
