/** Whether this machine can run pods. Where it can't, their tests are skipped with one line; CI=true makes that a failure. */

import { existsSync } from 'node:fs';
import { describe } from 'vitest';

const PROGRAMS = [
  'buildah',
  'podman',
  'runc',
  'conmon',
  'catatonit',
  'netavark',
  'mmdebstrap',
  'squid',
  'dnsmasq',
  'nsenter',
  'unshare',
  'ip',
];
const FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/lib/podman', '/usr/libexec/podman'];

function whatIsLacking(): string | undefined {
  if (process.getuid?.() !== 0) return 'they need root';
  const lacking = PROGRAMS.filter((program) => !FOLDERS.some((folder) => existsSync(`${folder}/${program}`)));
  return lacking.length === 0 ? undefined : `they need ${lacking.join(', ')}`;
}

const lacking = whatIsLacking();
if (lacking !== undefined) {
  const line = `tests with pods can't run here: ${lacking}`;
  if (process.env['CI'] === 'true') throw new Error(line);
  console.warn(`skipped: ${line}`);
}

/** `describe` for tests that need root and a container engine. */
export const describePods: typeof describe.skip = describe.skipIf(lacking !== undefined) as typeof describe.skip;
