// Installs the packages of package-lock.json where node_modules does not hold them yet; says nothing on standard output.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

function packages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return {};
  }
}

const locked = packages('package-lock.json');
const installed = packages('node_modules/.package-lock.json');
// The binaries of other platforms are in the lock and optional; what is installed must be in the lock as it is.
const missing = Object.entries(locked).some(([path, { optional }]) => path !== '' && optional !== true && installed[path] === undefined);
const other = Object.entries(installed).some(([path, { version }]) => locked[path]?.version !== version);
if (missing || other) {
  const { status } = spawnSync('npm', ['ci', '--include=dev', '--loglevel=error'], { stdio: ['ignore', 2, 2] });
  process.exitCode = status ?? 1;
}
