/** Colour in output that a person looks at. */

/** What a piece of text is, never how it looks. */
export type Style = 'removed' | 'added' | 'moved' | 'heading' | 'aside';

export type Paint = (style: Style, text: string) => string;

/** Without colour. */
export const plain: Paint = (_, text) => text;

// Codes of ECMA-48 that every terminal knows; the theme of the terminal decides what they look like.
const CODES: Readonly<Record<Style, number>> = { removed: 31, added: 32, moved: 33, heading: 1, aside: 2 };

const coloured: Paint = (style, text) => (text === '' ? '' : `\u001b[${CODES[style]}m${text}\u001b[0m`);

/** Colour on a terminal, unless `--no-color` or a NO_COLOR that is not empty (no-color.org) forbids it, or TERM is `dumb`. */
export function paintFor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
  forbidden: boolean,
): Paint {
  const unwanted = forbidden || (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return stream.isTTY === true && !unwanted ? coloured : plain;
}
