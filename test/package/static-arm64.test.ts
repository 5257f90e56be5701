/** The static executable for arm64, run by qemu: another machine reads the same bytecode. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { debianRoot } from '../../scripts/debian-root.mjs';
import { CASES } from '../golden.ts';
import { played } from '../trials.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILT = `${ROOT}dist/static-arm64/istio-iptables`;
// The root that it was compiled in has a qemu, and the libraries of that.
const TRIXIE = debianRoot('arm64');
const QEMU = [
  `${TRIXIE}/usr/lib64/ld-linux-x86-64.so.2`,
  '--library-path',
  `${TRIXIE}/usr/lib/x86_64-linux-gnu`,
  `${TRIXIE}/usr/bin/qemu-aarch64`,
] as const;

const missing = [BUILT, QEMU[0], QEMU[3]].find((file) => !existsSync(file));
if (missing !== undefined)
  console.warn(`skipped: the static executable for arm64, which \`npm run static -- arm64\` builds where mmdebstrap works`);

interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
}

async function onArm(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return ended(QEMU[0], [...QEMU.slice(1), '-0', name, BUILT, ...args], env);
}

async function ended(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const { exitCode, stdout } = await execa(program, [...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  return { exitCode, stdout };
}

describe.skipIf(missing !== undefined)('the static executable for arm64', () => {
  it('tells its version, and what it has', async () => {
    const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
    expect(await onArm('istio-init', ['--version'])).toEqual({ exitCode: 0, stdout: version });
    const help = await onArm('istio-init', ['--help']);
    expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ {2}apply /m) });
  });

  it('refuses in a line what it has not', async () => {
    expect(await onArm('istio-init', ['lint'])).toEqual({ exitCode: 2, stdout: '' });
    expect(await onArm('istio-init', ['apply', '--netns', '/nonexistent', '-f', `${ROOT}docs/examples/sidecar.yaml`])).toEqual({
      exitCode: 2,
      stdout: '',
    });
  });

  it.each(played(CASES).map((golden) => [golden.name, golden] as const))(
    'makes in a dry run of %s what the program makes on this machine',
    async (_, { args, env }) => {
      const words = ['--dry-run', ...args];
      expect(await onArm('istio-iptables', words, env)).toEqual(await ended(`${ROOT}bin/istio-iptables`, words, env));
    },
  );
});
