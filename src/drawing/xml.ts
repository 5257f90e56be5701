/** Text that goes into XML: what XML can't hold is shown by the replacement character. */

const NAMES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

// XML 1.0 has none of the control characters but tab and line ends, no lone surrogate, and not U+FFFE and U+FFFF; those
// that turn the direction of a text have no place in a rule either.
const FORBIDDEN = /(?![\t\n\r])\p{Cc}|[\u202a-\u202e\u2066-\u2069\ufffe\uffff]|\p{Surrogate}/gu;

export function xml(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"]/g, (letter) => NAMES[letter] ?? letter);
}
