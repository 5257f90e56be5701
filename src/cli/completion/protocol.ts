/** How a shell asks for completions: a hidden command, and one line a candidate, with a tab before what it is. */

/** The hidden command; behind it the words before the cursor, and the word at the cursor behind an equals sign, so that an empty one stays a word. */
export const COMPLETE = '__complete';

/** The line that says: files of the shell's own finding as well. */
export const FILES = ':files';

/** A word that may stand at the cursor, and what it is. */
export interface Candidate {
  readonly word: string;
  readonly about?: string;
}

/** Candidates, and whether files are among them. */
export interface Candidates {
  readonly words: readonly Candidate[];
  readonly files: boolean;
}

/** The lines that the scripts read. */
export function candidateLines({ words, files }: Candidates): string {
  const lines = words.map(({ word, about }) => (about === undefined || about === '' ? word : `${word}\t${about}`));
  return [...lines, ...(files ? [FILES] : [])].map((line) => `${line}\n`).join('');
}

/** What kubectl reads of its plugins' completions: the same, and at the end a number of cobra's (0: files as well, 4: none). */
export function pluginLines({ words, files }: Candidates): string {
  return `${candidateLines({ words, files: false })}:${files ? 0 : 4}\n`;
}
