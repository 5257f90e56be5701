/** Commands to run next, for people. */

import { onOneLine } from '../../istio/origin.ts';
import type { NextCommand } from './next-command.ts';

const LABEL = 10;

/** As lines below an answer. */
export function nextText(steps: readonly NextCommand[]): string {
  return steps
    .flatMap(({ why, command }, index) => [
      `${(index === 0 ? 'next' : '').padEnd(LABEL)}${why}:`,
      `${' '.repeat(LABEL + 2)}${onOneLine(command)}`,
    ])
    .map((line) => `${line}\n`)
    .join('');
}
