/** Whether a line of a log complains, in words that no table of causes knows. */

import type { Line } from '../../../netfilter/read/lines.ts';

// A program that works says nothing of the kind behind the call of iptables-restore; warnings are none.
const WORDS =
  /^(?!.{0,200}warn).{0,500}\b(?:errors?|fatal|fail(?:s|ed|ure)?|abort(?:s|ed)?|denied|cannot|can't|could ?n[o']t|unable|not (?:found|supported|permitted|allowed|implemented)|no such|invalid|refused|exception|expired|corrupt(?:ed|ion)?|killed|exit(?:ed)? (?:with )?(?:code|status)? ?[1-9])\b/i;

// As loggers write it: between tabs, as a field, in JSON.
const LEVEL = /(?:^|[\s,{])(?:(?:level|severity|"level"|"severity")[=:] ?"?)?(?:error|fatal)(?:"|\t| {2})/i;

/** Asks lines of one log. */
export class Complaints {
  readonly #log: string;
  #written: readonly string[] | undefined;

  constructor(log: string) {
    this.#log = log;
  }

  has({ text, number }: Line): boolean {
    if (WORDS.test(text)) return true;
    // The reader of lines takes levels off.
    this.#written ??= this.#log.split('\n');
    return LEVEL.test(this.#written[number - 1] ?? '');
  }
}
