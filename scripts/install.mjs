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

const installed = packages('node_modules/.package-lock.json');
const missing = Object.entries(packages('package-lock.json')).some(
  ([path, { version, optional }]) => path !== '' && optional !== true && installed[path]?.version !== version,
);
if (missing) {
  // Not `npm ci`: it insists on a lock entry for the binaries of every platform, and a registry need not have those of others.
  // With the lock and exact pins this installs the very same versions, and `--no-save` leaves the lock as it is.
  const { status } = spawnSync('npm', ['install', '--no-save', '--include=dev', '--loglevel=error'], { stdio: ['ignore', 2, 2] });
  process.exitCode = status ?? 1;
}
