/** The built page of the explorer, where the program was installed. */

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PLACES = ['../dist/explorer.html', '../explorer.html', 'explorer.html'];

/** Beside the program, or above its folder; undefined where it was not built or not installed. */
export function readExplorerPage(): string | undefined {
  const folders = [process.argv[1] ?? '', process.execPath].flatMap((file) => folderOf(file) ?? []);
  const file = folders.flatMap((folder) => PLACES.map((name) => join(folder, name))).find((name) => existsSync(name));
  return file === undefined ? undefined : readFileSync(file, 'utf8');
}

/** Of the executable, the program is a file that stands within it, which exists and has no real path. */
function folderOf(file: string): string | undefined {
  try {
    return dirname(realpathSync(file));
  } catch {
    return undefined;
  }
}
