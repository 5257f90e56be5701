/**
 * Signals, as a file that is read: QuickJS's own handlers note a signal and look at their notes before they wait, so one
 * that comes in between is not heard until something else happens.
 */

import { signalIn, signals } from 'quickjs:machine';
import * as os from 'quickjs:os';

const heardBy = new Map<number, () => void>();
let file: number | undefined;

/** Calls when a signal with this number comes; it ends nothing any more. */
export function onNumber(number: number, heard: () => void): void {
  if (heardBy.get(number) === heard) return;
  heardBy.set(number, heard);
  if (file !== undefined) {
    os.setReadHandler(file, null);
    os.close(file);
  }
  file = signals(...heardBy.keys());
  const from = file;
  os.setReadHandler(from, () => {
    for (let number = signalIn(from); number > 0; number = signalIn(from)) heardBy.get(number)?.();
  });
}
