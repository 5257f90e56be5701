/** What a machine can lack: each a clear line and a right exit code, never a crash. */

import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { quoteForShell } from '../../src/netfilter/words.ts';
import { DEFAULT_POD } from '../default-pod.ts';
import type { Namespace } from './namespace.ts';
import { inNamespace } from './namespace.ts';
import { describeKernel, describeKernelOf } from './requirements.ts';
import type { Run } from './starting.ts';
import { BIN, PATH, pathBehind, run } from './starting.ts';

const DRY_RUN = ['istio-iptables', '--dry-run', ...DEFAULT_POD];
const MAKE = ['istio-iptables', ...DEFAULT_POD];
const APPLY = ['istio-init', 'apply', '--here', '--before-proxy'];
const CLEAN = ['istio-init', 'clean', '--here'];
const PROBE = ['istio-init', 'probe', '--timeout', '300ms'];

/** Node and bun end with a crash of their own where they have little memory. */
const IS_STATIC = process.env['TEST_PROGRAM'] === 'static';
const IS_OF_BUN = process.env['TEST_PROGRAM'] === 'executable';

/** Runs a command line of bash in a namespace with an address; `$@` is the program with its arguments. */
function inBash(script: string, words: readonly string[], env?: Readonly<Record<string, string>>): Promise<Run> {
  return inNamespace((namespace) => bash(namespace, script, words, env));
}

function bash(
  { run: inside }: Namespace,
  script: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  return inside(`exec ${inWords(script, words, env)} </dev/null`);
}

function inWords(script: string, [program = '', ...args]: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const variables = Object.entries({ PATH, ...env }).map(([name, value]) => `${name}=${value}`);
  return ['env', '-i', ...variables, 'bash', '-c', script, 'bash', join(BIN, program), ...args].map(quoteForShell).join(' ');
}

describeKernel('a full disk under standard output', () => {
  it.each([
    [1, DRY_RUN],
    [1, ['istio-iptables', '--help']],
    [2, [...APPLY, '--dry-run']],
    [2, ['istio-init', '--help']],
  ] as const)('is told, with exit code %i, of %j', async (exitCode, words) => {
    const found = await inBash('"$@" >/dev/full', words);
    expect(found).toMatchObject({
      exitCode,
      stderr: expect.stringMatching(/standard output can not be written: (?:ENOSPC|no space is left \(ENOSPC\))\n$/),
    });
  });

  it('is another thing than a reader that has gone away, which is no failure', async () => {
    const found = await inBash('set -o pipefail; "$@" | true; echo $?', DRY_RUN);
    expect(found).toMatchObject({ exitCode: 0, stdout: '0\n', stderr: expect.not.stringContaining('can not be written') });
  });

  it('is told where the dry run is to be written to a file as well', async () => {
    const script =
      'mount -t tmpfs -o size=4k none /mnt && head -c 9999 /etc/services >/mnt/x 2>/dev/null; DRY_RUN_FILE_PATH=/mnt/y exec "$@"';
    const found = await inBash(`exec unshare --mount bash -c '${script}' bash "$@"`, DRY_RUN);
    expect(found).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('the dry run can not be written: ENOSPC: no space left on device'),
    });
  });
});

describeKernel('closed descriptors', () => {
  it('keep no command from its work, and get nothing of its into files that it opens', async () => {
    await inNamespace(async (namespace) => {
      const done = async (words: readonly string[]): Promise<unknown> => {
        const { exitCode } = await bash(namespace, '"$@" <&- >&- 2>&-', words);
        return [exitCode, (await namespace.run('iptables-save')).stdout.includes('ISTIO_REDIRECT')];
      };
      expect(await done(MAKE)).toEqual([0, true]);
      expect(await done(CLEAN)).toEqual([0, false]);
      expect(await done(APPLY)).toEqual([0, true]);
      expect(await done(DRY_RUN)).toEqual([0, true]);
    });
  });
});

describeKernelOf(!IS_OF_BUN)('a folder that is deleted', () => {
  it('does not matter', async () => {
    for (const words of [DRY_RUN, MAKE, APPLY, CLEAN])
      expect(await inBash('d=$(mktemp -d) && cd "$d" && rmdir "$d" && "$@"', words)).toMatchObject({
        exitCode: 0,
        stderr: expect.not.stringContaining('this should not have happened'),
      });
  });
});

describeKernelOf(IS_OF_BUN)('a folder that is deleted, for the runtime of the executable', () => {
  it('is a line, before anything is done', async () => {
    expect(await inBash('d=$(mktemp -d) && cd "$d" && rmdir "$d" && "$@"', MAKE)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('the folder that istio-init was started in has been deleted'),
    });
  });
});

describeKernelOf(IS_STATIC)('a namespace without /proc', () => {
  it('does not matter to the static executable, which reads it where it is there', async () => {
    for (const [words, exitCode] of [
      [DRY_RUN, 0],
      [MAKE, 0],
      [APPLY, 0],
      [CLEAN, 0],
      [PROBE, 126],
    ] as const)
      expect(await inBash(`exec unshare --mount bash -c 'mount -t tmpfs none /proc && exec "$@"' bash "$@"`, words)).toMatchObject({
        exitCode,
      });
  });
});

/**
 * The fewest handles with which the runtime itself comes to a program. Below, it ends with a crash of its own: bun 1.4.5 with 4 ("bun
 * ran out of file descriptors"), Node 20 with 17 (`node -e 0` aborts), and with 18 it opens no file. The static executable has none.
 */
async function countFewest(): Promise<number> {
  if (IS_STATIC) return 4;
  if (IS_OF_BUN) return 5;
  const empty = join(mkdtempSync(join(tmpdir(), 'istio-init-empty-')), 'empty.cjs');
  writeFileSync(empty, '');
  for (let handles = 3; handles < 64; handles += 1) {
    const { exitCode } = await execa('bash', ['-c', `ulimit -n ${handles}; exec "$@"`, 'bash', process.execPath, empty], { reject: false });
    if (exitCode === 0) return handles;
  }
  throw new Error('Node starts with no number of handles');
}

let fewestOfRuntime: Promise<number> | undefined;

describeKernel('few file handles', () => {
  // Once, beside many other tests, bun with 17 handles had none left for taking back, and said "mixed" of a state that was none.
  it('from where the runtime itself starts: all is done, or nothing, and a line says so', { retry: 1, timeout: 120_000 }, async () => {
    fewestOfRuntime ??= countFewest();
    const fewest = await fewestOfRuntime;
    await inNamespace(async (namespace) => {
      let told = 0;
      for (let handles = fewest; handles < fewest + 16; handles += 1)
        for (const words of [MAKE, APPLY]) {
          const few = inWords(`ulimit -n ${handles}; exec "$@"`, words);
          const { exitCode, stdout, stderr } = await namespace.run(
            `${few} </dev/null; code=$?; (iptables-save; nft flush ruleset) 2>/dev/null; exit $code`,
          );
          const seen = { handles, exitCode, stderr };
          expect(seen).not.toMatchObject({ stderr: expect.stringMatching(/should not have happened|^ {4}at /m) });
          expect({ ...seen, made: /^:ISTIO/m.test(stdout) }).toMatchObject(
            exitCode === 0
              ? { made: true }
              : {
                  // An option that can't be used is 2, where a command of ours has it.
                  exitCode: expect.toSatisfy((code: unknown) => code === 1 || (code === 2 && words === APPLY)),
                  stderr: expect.stringMatching(
                    /cause: there are too few file handles to run \S+\nfix: raise the limit|fib_trie can not be read: the addresses are unknown/,
                  ),
                  made: false,
                },
          );
          told += exitCode === 0 ? 0 : 1;
        }
      expect(told).toBeGreaterThan(0);
      expect(told).toBeLessThan(2 * 16);
    });
  });

  it('never make a probe miss rules that are there', async () => {
    fewestOfRuntime ??= countFewest();
    const fewest = await fewestOfRuntime;
    await inNamespace(async (namespace) => {
      expect((await bash(namespace, 'exec "$@"', MAKE)).exitCode).toBe(0);
      const codes = new Set<number | undefined>();
      for (let handles = fewest; handles < fewest + 12; handles += 1) {
        const { exitCode, stderr } = await bash(namespace, `ulimit -n ${handles}; exec "$@"`, PROBE);
        expect({ handles, exitCode, stderr }).toMatchObject({ exitCode: expect.toSatisfy((code: unknown) => code === 0 || code === 2) });
        codes.add(exitCode);
      }
      expect(codes).toContain(0);
    });
  });

  it('none at all: the addresses of the pod are unknown to the static executable, not absent', async () => {
    if (IS_STATIC)
      expect(await inBash('ulimit -n 3; "$@"', MAKE)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('/proc/net/fib_trie can not be read: the addresses are unknown'),
      });
  });

  it('64 are enough for every build, as the line says, and 16 for the static executable', async () => {
    for (const handles of IS_STATIC ? [16, 64] : [64])
      expect(await inBash(`ulimit -n ${handles}; exec "$@"`, MAKE)).toMatchObject({ exitCode: 0 });
  });
});

describeKernel('signals that whoever starts it ignores', () => {
  it.each(['CHLD', 'TERM INT HUP', 'PIPE XFSZ CHLD'])('%s: what is started is still waited for', async (ignored) => {
    for (const [words, exitCode] of [
      [MAKE, 0],
      [PROBE, 126],
    ] as const)
      expect(await inBash(`trap '' ${ignored}; exec timeout 30 "$@"`, words)).toMatchObject({ exitCode });
  });
});

describeKernel('an environment', () => {
  it('of hostile names and values is no obstacle', async () => {
    const script = `exec env $'A\\xff\\xfe=\\xff' 'B=$(x)' __proto__=1 constructor=2 toString=x hasOwnProperty= "$@"`;
    for (const words of [DRY_RUN, MAKE, APPLY]) expect(await inBash(script, words)).toMatchObject({ exitCode: 0 });
  });

  it('of thousands of variables, and of one as long as the kernel takes, is none either', async () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`V${index}`, 'x'.repeat(30)]));
    expect(await inBash('exec "$@"', MAKE, many)).toMatchObject({ exitCode: 0 });
    expect(await inBash('exec "$@"', MAKE, { HUGE: 'x'.repeat(130_000) })).toMatchObject({ exitCode: 0 });
  });

  it('that asks for a hundred thousand rules is refused in a line', async () => {
    expect(await inBash('exec "$@"', MAKE, { ISTIO_OUTBOUND_OWNER_GROUPS: ','.repeat(100_000) })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('a list of 100001 items; at most 20000 are taken'),
    });
  });
});

describeKernel('a save of 100 MB', () => {
  it('is refused in a line, and nothing is changed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'istio-init-save-'));
    chmodSync(folder, 0o755);
    const rule = '-A OTHERS -s 10.0.0.0/8 -d 192.0.2.0/24 -p tcp -m tcp --dport 8080 -m comment --comment "of somebody else" -j ACCEPT\n';
    writeFileSync(join(folder, 'save'), `*nat\n:OTHERS - [0:0]\n${rule.repeat(100_000_000 / rule.length)}COMMIT\n`);
    const path = pathBehind({ 'iptables-nft-save': `exec cat ${join(folder, 'save')}` });
    await inNamespace(async (namespace) => {
      expect(await run(namespace, ['istio-init', 'clean', '--here', '--backend', 'nft'], { path })).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('it said: printed more than 64 MB, which is the most that is read'),
      });
    });
  }, 180_000);
});

describeKernelOf(IS_STATIC)('little memory', () => {
  it('is enough for a dry run: 20 MB of addresses', async () => {
    expect(await inBash('ulimit -v 20000; "$@"', DRY_RUN)).toMatchObject({ exitCode: 0 });
  });
});
