/**
 * Characters that a terminal or an editor obeys instead of showing them: control characters (C0, DEL and C1), the
 * line and paragraph separators, and those that turn the order of a line around (Unicode's Bidi_Control, the
 * "Trojan Source" of CVE-2021-42574).
 */
const OBEYED = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
// What nearly all texts are without: classes of Unicode take an interpreter long.
const UNUSUAL = /[^\n\t -~]/;

/** A text with each of them as `\\uXXXX`, line ends too. */
export function spelledOut(text: string): string {
  return text.replace(OBEYED, escaped);
}

/**
 * What may be written to a terminal, a file or a log of several lines: line ends and tabs stay. Inside JSON's strings the
 * spelling is JSON's own, so a document stays the same document. `colours` lets the colours of the program itself through, and
 * `windows` the carriage return of a line's end, which a patch needs.
 */
export function printable(text: string, { colours = false, windows = false } = {}): string {
  if (!UNUSUAL.test(text)) return text;
  return text.replace(OBEYED, (character, at: number) => {
    if (character === '\n' || character === '\t' || (windows && character === '\r' && text[at + 1] === '\n')) return character;
    return colours && character === '\u001b' && COLOUR.test(text.slice(at, at + LONGEST)) ? character : escaped(character);
  });
}

// The codes of cli/terminal/color.ts.
// biome-ignore lint/suspicious/noControlCharactersInRegex: ESC is what it looks for
const COLOUR = /^\u001b\[(?:[012]|3[123])m/;
const LONGEST = 6;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
