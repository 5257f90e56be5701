/** What is known of failures is read where there is one: it is a tenth of what an ordinary run reads. */

import type { Ran } from '../run.ts';
import type { CallInput } from './explain-failure.ts';
import type { Failure } from './failure.ts';

/** Explains a program that failed. */
export async function whyFailed(ran: Ran, input: CallInput = {}): Promise<Failure> {
  const { explainFailure } = await import('./explain-failure.ts');
  return explainFailure(ran, input);
}
