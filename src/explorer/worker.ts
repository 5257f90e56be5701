/** Answers questions beside the page: the last one that was asked wins. */

import { answerTo } from './answer.ts';
import type { Question } from './question.ts';

self.addEventListener('message', ({ data }: MessageEvent<{ readonly number: number; readonly question: Question }>) => {
  self.postMessage({ number: data.number, answer: answerTo(data.question) });
});
