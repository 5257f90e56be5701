/** What the user named, as streams of bytes. */

import type { Problem } from '../../istio/problems.ts';
import { reasonOf, unreadable } from '../failure/unreadable.ts';
import { inFolder } from '../in-folder.ts';
import { namedPart, textOfPart } from '../page-part.ts';
import { system } from '../system.ts';

export interface Input {
  /** As the user named it; `-` is standard input. */
  readonly file: string;
  /** In bytes; undefined for a pipe. */
  readonly size?: number;
  readonly open: () => AsyncIterable<Buffer>;
}

const MANIFEST = /\.(ya?ml|json)$/;
// An object that a chunk cuts in two is looked for twice.
const CHUNK = 1 << 18;

/** Files, `-`, and the manifests that stand in folders themselves, not in folders within, as kubectl takes them. */
export function inputsOf(files: readonly string[], stdin: () => AsyncIterable<Buffer>): readonly (Input | Problem)[] {
  return files.flatMap((file, index) => {
    if (file !== '-') return inputsAt(file, inputsIn);
    if (files.indexOf('-') < index) return unreadable('-', 'is named a second time; standard input can be read once');
    return { file, open: stdin };
  });
}

function inputsAt(file: string, folder: (file: string) => readonly (Input | Problem)[]): readonly (Input | Problem)[] {
  const named = namedPart(file);
  if (named !== undefined) return [{ file, open: () => readPart(named) }];
  try {
    const { kind, size } = system.statusOf(file);
    if (kind === 'folder') return folder(file);
    const open = (): AsyncIterable<Buffer> => system.piecesOf(file, CHUNK);
    if (kind === 'file') return [{ file, size, open }];
    return [kind === 'pipe' ? { file, open } : unreadable(file, 'is neither a file nor a folder')];
  } catch (error) {
    return [unreadable(file, reasonOf(error))];
  }
}

/** Throws an Error in words where the page has no such part. */
async function* readPart({ page, part }: { readonly page: string; readonly part: string }): AsyncGenerator<Buffer> {
  const text = system.readText(page);
  if (text === undefined) throw new Error('its page can not be read');
  const read = await textOfPart(text, part);
  if ('reason' in read) throw new Error(read.reason);
  yield Buffer.from(read.text);
}

function inputsIn(folder: string): readonly (Input | Problem)[] {
  const names = system.namesInFolder(folder).filter((name) => MANIFEST.test(name));
  if (names.length === 0) return [unreadable(folder, 'holds no manifest (*.yaml, *.yml, *.json)')];
  return names.sort().flatMap((name) => inputsAt(inFolder(folder, name), () => []));
}
