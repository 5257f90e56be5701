/** The real kubectl, where the machine has one. */

import { execFileSync } from 'node:child_process';

export const HAS_KUBECTL = hasKubectl();

function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('skipped: tests of clusters need kubectl (package kubernetes-client)');
    return false;
  }
}

/** Whether its `debug` has the profile netadmin, as since 1.27. */
export const CAN_DEBUG: boolean = HAS_KUBECTL && execFileSync('kubectl', ['debug', '--help'], { encoding: 'utf8' }).includes('netadmin');
