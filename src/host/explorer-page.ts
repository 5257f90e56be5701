/** The built page of the explorer, where the program was installed. */

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PLACES = ['../dist/explorer.html', '../explorer.html', 'explorer.html'];

/** Beside the program, or above its folder; undefined where it was not built or not installed. */
export function readExplorerPage(): string | undefined {
  const folders = [process.argv[1] ?? '', process.execPath].flatMap((file) => (existsSync(file) ? [dirname(realpathSync(file))] : []));
  const file = folders.flatMap((folder) => PLACES.map((name) => join(folder, name))).find((name) => existsSync(name));
  return file === undefined ? undefined : readFileSync(file, 'utf8');
}
