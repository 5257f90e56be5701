/** The kubectl of some packages only asks the server for its release and starts the kubectl of that: two programs for each call. */

import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** The PATH with the newest of those that a dispatcher would start before it, as long as this process runs; else as it is. */
export function pathPastDispatcher(path: string): string {
  const kubectl = path
    .split(delimiter)
    .map((folder) => join(folder, 'kubectl'))
    .find(existsSync);
  if (kubectl === undefined) return path;
  const folder = dirname(realpathSync(kubectl));
  const minors = readdirSync(folder).flatMap((name) => /^kubectl\.1\.(\d+)$/.exec(name)?.[1] ?? []);
  if (minors.length === 0) return path;
  const first = mkdtempSync(join(tmpdir(), 'istio-init-kubectl-'));
  symlinkSync(join(folder, `kubectl.1.${Math.max(...minors.map(Number))}`), join(first, 'kubectl'));
  process.on('exit', () => rmSync(first, { recursive: true, force: true }));
  return `${first}${delimiter}${path}`;
}
