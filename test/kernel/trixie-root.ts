/** A root of Debian trixie, whose nft (1.1.3) and iptables (1.8.11) are newer than those of bookworm. */

import { spawnSync } from 'node:child_process';
import { debianRoot, makeDebianRoot } from '../../scripts/debian-root.mjs';

const ROOT = debianRoot('netfilter');

function whatIsLacking(): string | undefined {
  const lacking = makeDebianRoot('netfilter');
  if (lacking !== undefined) return lacking;
  const { stdout } = spawnSync('chroot', [ROOT, 'nft', '--version'], { encoding: 'utf8' });
  return stdout?.includes('v1.1.') === true ? undefined : `nft does not run in ${ROOT}`;
}

const lacking = whatIsLacking();
if (lacking !== undefined) console.warn(`skipped: packets against the programs of Debian trixie: ${lacking}`);

/** Undefined where it can't be made: said as skipped. */
export const TRIXIE_ROOT: string | undefined = lacking === undefined ? ROOT : undefined;
