/** Asks the worker: one question at a time, and of those that came meanwhile only the last. */

import type { Answer } from './answer.ts';
import type { Question } from './question.ts';

// The built worker, as a text: a page that is one file has no second one to load.
declare const WORKER_SOURCE: string;

export function asking(answered: (answer: Answer, question: Question) => void): (question: Question) => void {
  const worker = new Worker(URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' })));
  let open: Question | undefined;
  let next: Question | undefined;
  let number = 0;
  const post = (question: Question): void => {
    open = question;
    number += 1;
    worker.postMessage({ number, question });
  };
  worker.addEventListener('message', ({ data }: MessageEvent<{ readonly number: number; readonly answer: Answer }>) => {
    if (data.number !== number || open === undefined) return;
    answered(data.answer, open);
    open = undefined;
    if (next !== undefined) post(next);
    next = undefined;
  });
  return (question) => {
    if (open === undefined) post(question);
    else next = question;
  };
}
