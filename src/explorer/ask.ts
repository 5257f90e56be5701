/** Asks the worker: one question at a time, and of those that came meanwhile only the last. */

import type { Answer, Beyond } from './answer.ts';
import type { Question } from './question.ts';

export interface Numbered {
  readonly number: number;
  readonly question: Question;
}

export type Reply = { readonly number: number } & ({ readonly answer: Answer } | { readonly beyond: Beyond });

// A worker that is longer than this at something that is not asked any more is given up.
const PATIENCE = 1500;

export interface Asker {
  readonly answered: (answer: Answer, question: Question) => void;
  readonly wentBeyond: (beyond: Beyond) => void;
}

/** A worker that was started, and where its script is for the next one. */
export interface Started {
  readonly address: string;
  readonly worker: Worker;
}

/** Questions that come before the first worker wait. */
export function questionSender(first: Promise<Started>, { answered, wentBeyond }: Asker): (question: Question) => void {
  let address: string | undefined;
  let worker: Worker | undefined;
  let number = 0;
  let open: Question | undefined;
  let next: Question | undefined;
  /** The worker may be at the rest of an answer. */
  let goesBeyond = false;
  const listened = (started: Worker): Worker => {
    started.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      if (started !== worker || data.number !== number) return;
      if ('beyond' in data) {
        goesBeyond = false;
        wentBeyond(data.beyond);
        return;
      }
      if (open !== undefined) answered(data.answer, open);
      [open, goesBeyond] = [undefined, true];
      if (next !== undefined) post(next);
    });
    return started;
  };
  const post = (question: Question): void => {
    number += 1;
    [open, next] = [question, undefined];
    worker ??= listened(new Worker(address ?? ''));
    worker.postMessage({ number, question });
    if (goesBeyond) setTimeout(giveUp, PATIENCE, question, question);
  };
  const giveUp = (stuck: Question, retry?: Question): void => {
    const instead = next ?? retry;
    if (open !== stuck || instead === undefined) return;
    worker?.terminate();
    [worker, goesBeyond] = [undefined, false];
    post(instead);
  };
  first.then((started) => {
    address = started.address;
    worker = listened(started.worker);
    if (next !== undefined) post(next);
  });
  return (question) => {
    if (address !== undefined && open === undefined) return post(question);
    next = question;
    if (open !== undefined && open.text !== question.text) setTimeout(giveUp, PATIENCE, open);
  };
}
