/** `explorer`: the built page, with the texts of sources in it. */

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readTexts } from '../../host/files.ts';
import { ProblemError } from '../../istio/problems.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { printSave } from '../../netfilter/print.ts';
import { badOption } from '../../sources/bad-option.ts';
import { implicitSource } from '../../sources/implicit-source.ts';
import { readSource } from '../../sources/read-source.ts';
import { parseSource } from '../../sources/source-name.ts';
import type { Result } from '../terminal/result.ts';

const OPENS = '<script type="application/json" id="given">';

/** Throws a ProblemError for a source that can't be read, and where the page was not built or installed. */
export async function explorer(sources: readonly string[]): Promise<Result> {
  const page = readFileSync(pageFile(), 'utf8');
  const texts: string[] = [];
  const named = sources.length === 0 ? [implicitSource(undefined, {}) ?? []].flat() : sources;
  for (const source of named) texts.push(await textOf(source));
  // A text that looks like the end of its element is one no more.
  const given = texts.length === 0 ? '' : JSON.stringify(texts.join('\n')).replaceAll('<', '\\u003c');
  return { output: page.replace(OPENS, () => OPENS + given), form: 'html', problems: [], notes: [], exitCode: 0 };
}

/** Beside the program, or above its folder. */
function pageFile(): string {
  const folders = [process.argv[1] ?? '', process.execPath].flatMap((file) => (existsSync(file) ? [dirname(realpathSync(file))] : []));
  const found = folders.flatMap((folder) =>
    ['../dist/explorer.html', '../explorer.html', 'explorer.html'].map((name) => join(folder, name)),
  );
  const file = found.find((name) => existsSync(name));
  if (file === undefined)
    throw badOption('explorer', 'has no page beside the program: npx istio-init explorer has it, and so has every release');
  return file;
}

async function textOf(source: string): Promise<string> {
  const name = parseSource(source);
  if (name.kind === 'file') {
    const read = readTexts(name.file);
    if ('code' in read) throw new ProblemError([read]);
    return read.map(({ text }) => text).join('\n---\n');
  }
  const { seen } = await readSource(source, { sets: [], env: [], addresses: [], nameservers: [] });
  return FAMILIES.filter((family) => seen[family].tables.length > 0)
    .map((family) => `# ${family === 'ip' ? 'iptables' : 'ip6tables'}-save\n${printSave(seen[family])}`)
    .join('');
}
