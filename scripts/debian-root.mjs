// Roots of Debian trixie, whose programs and libraries are newer than bookworm's. Each is made once for a machine
// (mmdebstrap, some 20 s), whichever clone asks for it.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';

// Only root writes there: what stands in a root is run as root.
const KEPT = '/var/cache/istio-init';

const ROOTS = {
  // What the static executable is compiled by.
  x64: { architectures: 'amd64', packages: ['quickjs', 'libquickjs', 'gcc', 'libc6-dev'] },
  arm64: {
    architectures: 'amd64,arm64',
    // qemu-user runs what was made, in the tests.
    packages: ['quickjs', 'libquickjs:arm64', 'gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross', 'qemu-user'],
  },
  // Whose nft (1.1.3) and iptables (1.8.11) the kernel's rules are tried with.
  netfilter: { architectures: 'amd64', packages: ['iptables', 'nftables', 'iproute2', 'python3-minimal'] },
};

function wordsOf({ architectures, packages }) {
  return ['--variant=minbase', `--architectures=${architectures}`, `--include=${packages}`, 'trixie'];
}

/** Where one of these roots is, or will be; other packages have another. */
export function debianRoot(name) {
  const words = wordsOf(ROOTS[name]).join(' ');
  return `${KEPT}/${name}-${createHash('sha256').update(words).digest('hex').slice(0, 12)}`;
}

/** Answers why there is none, where it can't be made. Where several make it at a time, one is kept. */
export function makeDebianRoot(name) {
  const root = debianRoot(name);
  if (existsSync(root)) return undefined;
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `it is made on Linux for x64, and this is ${process.platform} on ${process.arch}`;
  if (process.getuid?.() !== 0) return 'only root makes a Debian root';
  if (spawnSync('mmdebstrap', ['--version'], { stdio: 'ignore' }).error !== undefined) return 'there is no mmdebstrap';
  const made = `${root}.${process.pid}`;
  try {
    mkdirSync(KEPT, { recursive: true });
    const { status } = spawnSync('mmdebstrap', ['--quiet', ...wordsOf(ROOTS[name]), made], { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) return `mmdebstrap can not make a root of trixie with ${ROOTS[name].packages.join(', ')}`;
    renameSync(made, root);
    return undefined;
  } catch (error) {
    // Another was as fast.
    if (existsSync(root)) return undefined;
    throw error;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}
