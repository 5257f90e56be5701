/** Whether `-f` names manifests, told without reading all of them. */

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { SettingsGiven } from '../options.ts';

// Every object of a dump has its kind; the first stands within the first of them.
const HEAD = 1 << 17;
const STRANGER = /(^|[\s{,])["']?kind["']?[ \t]*:[ \t]*["']?(?!SidecarCapture)[A-Z]/;

/** Whether there may be workloads: anything but one file with settings of ours, which has a shorter way. */
export function namesManifests({ manifests }: SettingsGiven): boolean {
  const [file, ...others] = manifests?.filenames ?? [];
  if (file === undefined) return false;
  return others.length > 0 || file === '-' || holdsStrangers(file);
}

/** A file that can't be looked at is no manifest: who reads it says why. A pipe can be read once only. */
function holdsStrangers(file: string): boolean {
  try {
    const stat = statSync(file);
    if (!stat.isFile()) return true;
    const descriptor = openSync(file, 'r');
    try {
      const head = Buffer.alloc(Math.min(HEAD, stat.size));
      return STRANGER.test(head.toString('utf8', 0, readSync(descriptor, head)));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}
