/** The real kubectl, where the machine has one. */

import { execFileSync } from 'node:child_process';

export const HAS_KUBECTL = hasKubectl();

function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env['CI'] === 'true') throw new Error('the tests of clusters need kubectl (package kubernetes-client)');
    console.warn('skipped: tests of clusters need kubectl (package kubernetes-client)');
    return false;
  }
}
