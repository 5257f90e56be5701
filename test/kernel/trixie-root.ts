/** A root of Debian trixie, whose nft (1.1.3) and iptables (1.8.11) are newer than those of bookworm: made once, and kept. */

import { mkdirSync, rmSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const KEPT = process.env['TRIXIE_ROOT'] ?? join(tmpdir(), 'istio-init-trixie-root');

/** Its path; or why there is none. Several that make it at a time make several, and one is kept. */
async function makeRoot(): Promise<{ readonly root: string } | { readonly lacking: string }> {
  if (await works(KEPT)) return { root: KEPT };
  const fresh = `${KEPT}.${process.pid}`;
  try {
    mkdirSync(fresh, { recursive: true });
    const packages = '--include=iptables,nftables,iproute2,python3-minimal';
    const made = await execa('mmdebstrap', ['--variant=minbase', packages, 'trixie', fresh], { reject: false, timeout: 300_000 });
    if (made.failed) return { lacking: `mmdebstrap fails: ${made.shortMessage} ${made.stderr.trim().split('\n').at(-1) ?? ''}`.trim() };
    await rename(fresh, KEPT).catch(() => undefined);
    return (await works(KEPT)) ? { root: KEPT } : { lacking: `nft does not run in ${KEPT}` };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function works(root: string): Promise<boolean> {
  const { failed, stdout } = await execa('chroot', [root, 'nft', '--version'], { reject: false });
  return !failed && stdout.includes('v1.1.');
}

const made = process.getuid?.() === 0 ? await makeRoot() : { lacking: 'it takes root' };
if ('lacking' in made) console.warn(`skipped: packets against the programs of Debian trixie: ${made.lacking}`);

/** Undefined where it can't be made: said as skipped. */
export const TRIXIE_ROOT: string | undefined = 'root' in made ? made.root : undefined;
