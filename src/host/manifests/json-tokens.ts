/** Tokens of JSON in bytes, one by one. */

import { isUtf8 } from 'node:buffer';

export interface Token {
  readonly kind: '{' | '}' | '[' | ']' | ':' | ',' | 'string' | 'word';
  /** Of a string, what it means; of anything else its source text: what a person wrote is what is shown. */
  readonly text: string;
  /** Of its first byte. */
  readonly start: number;
  /** Behind its last byte. */
  readonly end: number;
}

/** What is no token, at an offset; or, where only bytes to come can tell, nothing. */
export type NoToken = { readonly kind: 'fault'; readonly start: number } | { readonly kind: 'wait' };

const QUOTE = 34;
const BACKSLASH = 92;
// What follows it must not be the rest of a number that was cut or written badly.
const WORD = /^(?:-?(?:0|[1-9]\d*(?!\d))(?:\.\d+(?!\d)|(?!\.))(?:[eE][-+]?\d+|(?![eE]))|true|false|null)/;

/** The token at `from` or behind blanks there. `last`: nothing follows these bytes. */
export function tokenAt(bytes: Buffer, from: number, last: boolean): Token | NoToken {
  const start = behindBlanks(bytes, from);
  const byte = bytes[start];
  if (byte === undefined) return { kind: 'wait' };
  if (byte === QUOTE) return stringAt(bytes, start, last);
  const character = String.fromCharCode(byte);
  if (isBracketOrMark(character)) return { kind: character, text: character, start, end: start + 1 };
  let end = start;
  while (isOfWord(bytes[end])) end++;
  if (end === bytes.length && !last) return { kind: 'wait' };
  const [text] = WORD.exec(bytes.toString('latin1', start, end)) ?? [];
  return text === undefined ? { kind: 'fault', start } : { kind: 'word', text, start, end: start + text.length };
}

/** The first offset from `from` on where no blank stands. */
export function behindBlanks(bytes: Buffer, from: number): number {
  let at = from;
  while (isBlank(bytes[at])) at++;
  return at;
}

export function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}

function stringAt(bytes: Buffer, start: number, last: boolean): Token | NoToken {
  const quote = closingQuote(bytes, start + 1);
  const end = quote < 0 ? bytes.length : quote + 1;
  // A line that ends within it is not closed, whatever is still to come.
  if (quote < 0) return last || bytes.subarray(start, end).includes(10) ? { kind: 'fault', start } : { kind: 'wait' };
  const source = bytes.subarray(start, end);
  if (!isUtf8(source)) return { kind: 'fault', start };
  try {
    return { kind: 'string', text: JSON.parse(source.toString('utf8')) as string, start, end };
  } catch {
    return { kind: 'fault', start };
  }
}

function closingQuote(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(QUOTE, from); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let before = at;
    while (before > from && bytes[before - 1] === BACKSLASH) before--;
    if ((at - before) % 2 === 0) return at;
  }
  return -1;
}

function isBracketOrMark(character: string): character is '{' | '}' | '[' | ']' | ':' | ',' {
  return '{}[]:,'.includes(character);
}

/** Whether a byte may belong to a number, true, false or null. */
function isOfWord(byte: number | undefined): boolean {
  return byte !== undefined && /[-+.\w]/.test(String.fromCharCode(byte));
}
