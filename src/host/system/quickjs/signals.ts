/**
 * Signals, as a file that is read: QuickJS's own handlers note a signal and look at their notes before they wait, so one
 * that comes in between is not heard until something else happens.
 */

import { signalIn, signals } from 'quickjs:machine';
import * as os from 'quickjs:os';

const heardBy = new Map<number, () => void>();
/** None yet. */
let file = -1;

/** Calls when a signal with this number comes; it ends nothing any more. Answers an error code below zero where there is no file for it. */
export function onNumber(number: number, heard: () => void): number {
  if (heardBy.get(number) === heard) return file;
  const made = signals(file, ...heardBy.keys(), number);
  if (made < 0) return made;
  heardBy.set(number, heard);
  if (file < 0) os.setReadHandler(made, () => notify(made));
  file = made;
  return file;
}

function notify(from: number): void {
  for (let number = signalIn(from); number > 0; number = signalIn(from)) heardBy.get(number)?.();
}
