/** Colour in output that a person looks at. */

/** What a piece of text is, never how it looks. */
export type Style = 'removed' | 'added' | 'moved' | 'heading' | 'aside';

export type Paint = (style: Style, text: string) => string;

/** Without colour. */
export const plain: Paint = (_, text) => text;

// Codes of ECMA-48 that every terminal knows; the theme of the terminal decides what they look like.
const CODES: Readonly<Record<Style, number>> = { removed: 31, added: 32, moved: 33, heading: 1, aside: 2 };

const coloured: Paint = (style, text) => (text === '' ? '' : `\u001b[${CODES[style]}m${text}\u001b[0m`);

/** What `--color` takes. */
export const COLOR_WORDS = ['auto', 'always', 'never'] as const;

export type ColorWord = (typeof COLOR_WORDS)[number];

/**
 * Whether to paint: as the option says; else as FORCE_COLOR says, where it is there, as for Node itself; else not where a
 * NO_COLOR that is not empty (no-color.org) forbids it; else as CLICOLOR_FORCE says; else on a terminal, unless CLICOLOR is 0
 * (both of bixense.com/clicolors) or TERM is `dumb`.
 */
export function coloursFor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
  word: ColorWord,
): boolean {
  if (word !== 'auto') return word === 'always';
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  if (!['', '0'].includes(environment['CLICOLOR_FORCE'] ?? '')) return true;
  return stream.isTTY === true && environment['CLICOLOR'] !== '0' && environment['TERM'] !== 'dumb';
}

export function paintFor(colours: boolean): Paint {
  return colours ? coloured : plain;
}
