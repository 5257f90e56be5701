/** `explorer`: the built page, with the texts of sources in it. */

import { readExplorerPage } from '../../host/explorer-page.ts';
import { textsIn } from '../../host/files.ts';
import { badOption } from '../../istio/bad-option.ts';
import { implicitSource } from '../../sources/implicit-source.ts';
import { readSource } from '../../sources/read-source.ts';
import { parseSource } from '../../sources/source-name.ts';
import type { Result } from '../result.ts';
import { observationText } from './observation-text.ts';

const OPENS = '<script type="application/json" id="given">';

const NO_PAGE = 'has no page beside the program: npx istio-init explorer has it, and so has every release';

/** Throws a ProblemError for a source that can't be read, and where the page was not built or installed. */
export async function explorer(sources: readonly string[]): Promise<Result> {
  const page = readExplorerPage();
  if (page === undefined) throw badOption('explorer', NO_PAGE);
  const texts: Given[] = [];
  const named = sources.length === 0 ? [implicitSource(undefined, {}) ?? []].flat() : sources;
  for (const source of named) texts.push(await textOf(source));
  // A text that looks like the end of its element is one no more.
  const given = texts.length === 0 ? '' : JSON.stringify(texts.map(({ text }) => text).join('\n')).replaceAll('<', '\\u003c');
  return { output: page.replace(OPENS, () => OPENS + given), form: 'html', ...remarksOf(texts), exitCode: 0 };
}

/** A source's text, and what of it could not be read. */
interface Given extends Pick<Result, 'problems' | 'notes'> {
  readonly text: string;
}

function remarksOf(texts: readonly Given[]): Pick<Result, 'problems' | 'notes'> {
  return { problems: texts.flatMap(({ problems }) => problems), notes: texts.flatMap(({ notes }) => notes) };
}

async function textOf(source: string): Promise<Given> {
  const name = parseSource(source);
  if (name.kind === 'file') {
    return {
      text: textsIn(name.file)
        .map(({ text }) => text)
        .join('\n---\n'),
      problems: [],
      notes: [],
    };
  }
  const { seen, problems, notes } = await readSource(source, { sets: [], env: [], addresses: [], nameservers: [] });
  return { text: observationText(source, seen), problems, notes };
}
