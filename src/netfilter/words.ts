/** Words of a rule line, as a shell and iptables-restore split them: white space separates, quotes hold together. */

import { spelledOut } from './printable.ts';

export interface Word {
  readonly text: string;
  /** As it stood in the line, quotes and backslashes included. */
  readonly raw: string;
}

// A single quote that is never closed is an ordinary character, as it is for iptables-restore.
const PIECE = /[^\s"'\\]+|"(?:[^"\\]|\\[\s\S])*"|'[^']*'|\\[\s\S]?|'/y;
const SPECIAL = /["'\\]/;
// Words with nothing but whole double quotes in them: of those a pattern finds all in one pass.
const INTRICATE = /['\\]/;
const PLAIN_OR_QUOTED = /(?:[^\s"]|"[^"]*")+/g;
const SPACE = /\s*/y;
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|\\([\s\S])/g;

/** The words of a line; null where a double quote is not closed. */
export function splitWords(line: string): readonly Word[] | null {
  if (!SPECIAL.test(line)) return plainWords(line).map((text) => ({ text, raw: text }));
  if (!INTRICATE.test(line)) return hasOddQuote(line) ? null : (line.match(PLAIN_OR_QUOTED) ?? []).map(quotedWord);
  const words: Word[] = [];
  let at = skip(SPACE, line, 0);
  while (at < line.length) {
    const start = at;
    for (let next = skip(PIECE, line, at); next > at; next = skip(PIECE, line, at)) at = next;
    if (at === start || line[at] === '"') return null;
    const raw = line.slice(start, at);
    words.push({ text: SPECIAL.test(raw) ? unquote(raw) : raw, raw });
    at = skip(SPACE, line, at);
  }
  return words;
}

/** Whether a double quote is open at the end of a text: iptables-save prints a line break in a quoted word as it is. */
export function leavesQuoteOpen(text: string): boolean {
  return text.includes('"') && (INTRICATE.test(text) ? splitWords(text) === null : hasOddQuote(text));
}

function hasOddQuote(text: string): boolean {
  return text.split('"').length % 2 === 0;
}

function quotedWord(raw: string): Word {
  return { text: raw.includes('"') ? raw.replaceAll('"', '') : raw, raw };
}

const UNEVEN = / {2}|[^\S ]/;

/** What white space separates, whatever it is. */
export function plainWords(line: string): string[] {
  const trimmed = line.trim();
  if (trimmed === '') return [];
  // An interpreter tries a pattern at every character; iptables-save puts one space between words.
  return UNEVEN.test(trimmed) ? trimmed.split(/\s+/) : trimmed.split(' ');
}

/** Where `pattern` (a sticky one) ends when it starts at `at`; `at` itself where it does not match. */
function skip(pattern: RegExp, line: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(line) ? pattern.lastIndex : at;
}

/** The text that quotes and backslashes stand for. */
export function unquote(raw: string): string {
  if (/^"[^"\\]*"$/.test(raw)) return raw.slice(1, -1);
  return raw.replace(
    QUOTED,
    (_, double?: string, single?: string, escaped?: string) => single ?? escaped ?? (double ?? '').replace(/\\([\s\S])/g, '$1'),
  );
}

/** The word if it can be an option, and an empty text if it is quoted: a quoted word is a value, whatever it looks like. */
export function bareText(word: Word | undefined): string {
  if (word === undefined) return '';
  return word.raw === word.text || !/["']/.test(word.raw) ? word.text : '';
}

/** A word that was read, so that it is read as the same again: an option stays one, and a value that looks like one stays quoted. */
export function printWord(word: Word): string {
  return bareText(word) === '' && /^[-!]/.test(word.text) ? quoted(word.text) : quoteWord(word.text);
}

/** A word as iptables-restore has to be given it: in double quotes where it would otherwise fall apart. */
export function quoteWord(text: string): string {
  return text === '' || /[\s"'\\]/.test(text) ? quoted(text) : text;
}

/** A chain's name, in double quotes where a reader could take its end for a remark. */
export function printChainName(name: string): string {
  return /^[\x21-\x7e]*$/.test(name) && !name.includes('#') ? name : quoted(name);
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A word as a POSIX shell has to be given it: in single quotes unless every character of it means itself. */
export function quoteForShell(text: string): string {
  return /^(?!=)[\w./:,=+@%-]+$|^!$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The same of a command that is shown for somebody to copy: what a terminal obeys is not shown as it is, and bash, zsh and
 * ksh read it from `$'\t'`. dash does not, so that no script has it.
 */
export function quoteForPasting(text: string): string {
  if (spelledOut(text) === text) return quoteForShell(text);
  const words = [...text].map((character) => {
    if (character === "'" || character === '\\') return `\\${character}`;
    if (spelledOut(character) === character) return character;
    return NAMED[character] ?? bytesOf(character.codePointAt(0) ?? 0);
  });
  return `$'${words.join('')}'`;
}

const NAMED: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** UTF-8 in octal, of which no digit that follows is taken for a part. None of the characters that are obeyed has more than three bytes. */
function bytesOf(code: number): string {
  const bytes =
    code < 0x80
      ? [code]
      : code < 0x800
        ? [0xc0 | (code >> 6), 0x80 | (code & 0x3f)]
        : [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)];
  return bytes.map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

/** `a`, `a and b`, `a, b and c`. */
export function listWords(texts: readonly string[]): string {
  const [last = '', ...others] = [...texts].reverse();
  return others.length === 0 ? last : `${others.reverse().join(', ')} and ${last}`;
}

/** `a, b and 3 more`: the first of many. */
export function someWords(texts: readonly string[], most: number): string {
  const more = texts.length - most;
  return `${texts.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
