/** The text of the only file that a name stands for, or of a part of it. */

import type { TextFile } from '../host/files.ts';
import { textsIn } from '../host/files.ts';
import { namedPart, textOfPart } from '../host/page-part.ts';
import { badOption } from '../istio/bad-option.ts';
import { isPage } from '../istio/found/page-signs.ts';
import { quoted } from '../istio/problems.ts';

/** Throws a ProblemError where there is not one. */
export async function oneText(file: string): Promise<TextFile> {
  const named = namedPart(file);
  if (named !== undefined) {
    const { text: page } = await oneText(named.page);
    const read = await textOfPart(page, named.part);
    if ('reason' in read) throw badOption(file, read.reason);
    return { file, text: read.text };
  }
  const texts = textsIn(file);
  const [first, second] = texts;
  if (first === undefined || second !== undefined) throw badOption(file, `holds ${texts.length} manifests; name one of them`);
  return first;
}

/** What a word behind `#` names in a file that is no manifest. Throws a ProblemError where it names nothing. */
export async function partOfFile(file: string, word: string): Promise<TextFile> {
  const { text } = await oneText(file);
  const read = await textOfPart(text, word);
  if ('text' in read) return { file: `${file}#${word}`, text: read.text };
  throw badOption(file, isPage(text) ? read.reason : `holds rules, no workload ${quoted(word)}; ${read.parts}`);
}
