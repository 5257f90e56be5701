import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { printFailure } from '../../src/host/failure/failure.ts';
import { clean } from '../../src/host/kernel/apply.ts';
import type { ApplyResult } from '../../src/host/kernel/result.ts';
import { applyIn, startIn } from './applying.ts';
import type { Namespace } from './namespace.ts';
import { inNamespace } from './namespace.ts';
import { applyByShell } from './programs-in.ts';
import { describeKernel } from './requirements.ts';

const REDIRECT = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', '*', '-d', '15090,15021,15020'];
const TPROXY = REDIRECT.map((argument) => (argument === 'REDIRECT' ? 'TPROXY' : argument));
const DUAL = { addresses: ['10.0.0.2', 'fd00::2'], env: { ISTIO_DUAL_STACK: 'true' } };
const NFT = { backend: 'nft' } as const;
const LEGACY = { backend: 'legacy', lockWait: 1000 } as const;

/** All rules and routing, handles of nft included. */
async function everything({ run }: Namespace): Promise<string> {
  const script = `for b in nft legacy; do iptables-$b-save; ip6tables-$b-save; done | grep -v '^#' | sed 's/ \\[.*//'; ip rule; ip -6 rule; ip route show table 133 2>/dev/null; ip -6 addr show dev lo | grep inet6`;
  return (await run(script)).stdout;
}

/** A table stays in a save after everything in it is gone. */
function withoutEmptyTables(text: string): string {
  return text.replace(/^\*\w+\n(?::[A-Z]+ [A-Z]+\n)*COMMIT\n/gm, '');
}

/** What a person reads of the first failure. */
function message({ failures: [failure] }: ApplyResult): string {
  return failure === undefined ? '' : printFailure(failure);
}

const SEARCHED = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** A search path with all programs but some, and with some replaced by scripts. */
function pathWith(replaced: Readonly<Record<string, string | undefined>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'istio-init-path-'));
  const real = join(folder, 'real');
  mkdirSync(real);
  for (const from of SEARCHED) {
    for (const name of readdirSync(from)) {
      if (name in replaced) continue;
      try {
        symlinkSync(join(from, name), join(real, name));
      } catch {
        // The same name in two folders: the first counts, as in a search.
      }
    }
  }
  for (const [name, script] of Object.entries(replaced)) {
    if (script !== undefined) writeFileSync(join(real, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return real;
}

const without = (...capabilities: readonly string[]): readonly string[] => [
  'setpriv',
  `--bounding-set=-all${capabilities.map((capability) => `,+${capability}`).join('')}`,
  '--inh-caps=-all',
  '--no-new-privs',
];

describeKernel('a table that iptables can not show, for a rule of nft is in it', () => {
  it.each([
    ['an apply of other rules', TPROXY],
    ['the same apply again', REDIRECT],
  ])('is not changed by %s: it could be neither verified nor put back', async (_, args) => {
    await inNamespace(async (namespace) => {
      expect(await applyByShell(namespace, REDIRECT)).toMatchObject({ outcome: 'applied' });
      await namespace.run('nft add rule ip nat OUTPUT ct state new accept');
      const before = (await namespace.run('nft list ruleset')).stdout;
      const result = await applyByShell(namespace, args);
      expect(result).toMatchObject({ outcome: 'failed', state: 'as before', tried: [], failures: [{ cause: 'not-verified' }] });
      expect(message(result)).toMatch(/can not show the table nat of IPv4[^]*nft -a list table ip nat/);
      expect((await namespace.run('nft list ruleset')).stdout).toBe(before);
    });
  });

  it('keeps a cleanup from saying that nothing of Istio is left', async () => {
    await inNamespace(async (namespace) => {
      expect(await applyByShell(namespace, REDIRECT)).toMatchObject({ outcome: 'applied' });
      await namespace.run('nft add rule ip nat OUTPUT ct state new accept');
      const before = (await namespace.run('nft list ruleset')).stdout;
      expect(await clean({ kind: 'netns', path: `/run/netns/${namespace.name}` })).toMatchObject({ outcome: 'failed', state: 'as before' });
      expect((await namespace.run('nft list ruleset')).stdout).toBe(before);
    });
  });

  it('is left alone where Istio has nothing in it', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run('iptables-nft -A INPUT -j ACCEPT; nft add rule ip filter INPUT ct state new accept');
      expect(await applyByShell(namespace, REDIRECT)).toMatchObject({ outcome: 'applied' });
      expect(await clean({ kind: 'netns', path: `/run/netns/${namespace.name}` })).toMatchObject({ outcome: 'cleaned' });
    });
  });
});

describeKernel('apply in an init container that lacks something', () => {
  it('has all it needs on nft with NET_ADMIN alone, and on legacy with NET_RAW as well', async () => {
    await inNamespace(async (namespace) => {
      expect(await applyIn(namespace, { args: REDIRECT, prefix: without('net_admin'), options: NFT })).toMatchObject({
        outcome: 'applied',
        state: 'as wanted',
      });
    });
    await inNamespace(async (namespace) => {
      expect(await applyIn(namespace, { args: TPROXY, prefix: without('net_admin', 'net_raw'), options: LEGACY })).toMatchObject({
        outcome: 'applied',
        state: 'as wanted',
      });
    });
  });

  it.each([
    { lacking: 'NET_ADMIN, on nft', rights: ['net_raw'], options: NFT, cause: 'no-net-admin' },
    { lacking: 'NET_ADMIN, on legacy', rights: ['net_raw'], options: LEGACY, cause: 'no-net-admin' },
    { lacking: 'NET_ADMIN, with no backend named', rights: [], options: {}, cause: 'no-net-admin' },
    { lacking: 'NET_RAW, on legacy', rights: ['net_admin'], options: LEGACY, cause: 'no-net-raw' },
  ])('names the capability: $lacking', async ({ rights, options, cause }) => {
    await inNamespace(async (namespace) => {
      const before = await everything(namespace);
      const result = await applyIn(namespace, { args: REDIRECT, prefix: without(...rights), options });
      expect(result).toMatchObject({ outcome: 'failed', state: 'as before', needed: [], failures: [{ cause }] });
      expect(message(result)).toMatch(cause === 'no-net-raw' ? /NET_RAW[^]*--backend nft/ : /NET_ADMIN[^]*securityContext/);
      expect(await everything(namespace)).toBe(before);
    });
  });

  it('says which rules it could not look for where legacy is in use and NET_RAW is lacking', async () => {
    await inNamespace(async (namespace) => {
      await applyByShell(namespace, REDIRECT, LEGACY);
      const result = await applyIn(namespace, { args: REDIRECT, prefix: without('net_admin') });
      expect(result).toMatchObject({ outcome: 'applied', backend: 'nft' });
      expect(result.warnings).toContainEqual(expect.stringMatching(/^legacy tables are in use here and can not be read: .*NET_RAW/));
      // And who cleans one of the two is not told to clean the other.
      expect((await applyIn(namespace, { args: REDIRECT, options: NFT })).warnings).toContainEqual(
        expect.stringContaining('packets meet both; "clean --backend legacy"'),
      );
    });
  });

  it.each(['nft', 'legacy'] as const)('works on a read-only root with %s', async (backend) => {
    await inNamespace(async (namespace) => {
      const script =
        'mount --bind / /; mount -o remount,ro,bind /; mount -t tmpfs -o ro none /run; mount -t tmpfs none /dev/shm; exec "$@"';
      const prefix = ['unshare', '--mount', 'sh', '-c', script, 'sh'];
      expect(await applyIn(namespace, { args: REDIRECT, prefix, options: { backend } })).toMatchObject({
        outcome: 'applied',
        failures: [],
      });
    });
  });

  const IPTABLES = ['iptables', 'iptables-nft', 'iptables-legacy'].flatMap((name) => [`${name}-save`, `${name}-restore`]);
  it('names the program that is missing, and takes plain iptables where that is all there is', async () => {
    const none = pathWith(Object.fromEntries(IPTABLES.map((name) => [name, undefined])));
    const plain = pathWith(
      Object.fromEntries(
        IPTABLES.filter((name) => name.includes('iptables-nft') || name.includes('legacy')).map((name) => [name, undefined]),
      ),
    );
    await inNamespace(async (namespace) => {
      const result = await applyIn(namespace, { args: REDIRECT, env: { PATH: none } });
      expect(result).toMatchObject({ outcome: 'failed', state: 'as before', failures: [{ cause: 'program-missing' }] });
      expect(message(result)).toMatch(/there is no program iptables-nft-save[^]*package iptables/);
      expect(await applyIn(namespace, { args: REDIRECT, env: { PATH: plain } })).toMatchObject({ outcome: 'applied', backend: 'plain' });
      expect(await applyIn(namespace, { args: REDIRECT, env: { PATH: plain } })).toMatchObject({ outcome: 'unchanged', backend: 'plain' });
    });
  });

  it.each([
    {
      missing: 'ip6tables-nft-restore',
      family: 'ip6',
      first: 'leaves IPv4 as it was where IPv6 is wanted and its program is missing',
      other: false,
    },
    {
      missing: 'iptables-nft-restore',
      family: 'ip',
      first: 'puts IPv6 back, which goes first, where the program of IPv4 is missing',
      other: true,
    },
  ])('$first', async ({ missing, family, other }) => {
    const path = pathWith({ [missing]: undefined });
    await inNamespace(async (namespace) => {
      const before = await everything(namespace);
      const result = await applyIn(namespace, { args: TPROXY, plan: DUAL, options: NFT, env: { PATH: path } });
      expect(result).toMatchObject({ outcome: 'failed', state: 'as before', needed: [], failures: [{ cause: 'program-missing', family }] });
      expect(result.tried.some(({ kind, argv, done }) => kind === 'rules' && argv[0] !== missing && done)).toBe(other);
      expect(withoutEmptyTables(await everything(namespace))).toBe(before);
    });
  });
});

/** Holds the lock of iptables-legacy until it is told to end. */
async function holdXtablesLock(): Promise<() => void> {
  const holder = execa('sh', ['-c', 'exec flock /run/xtables.lock sh -c "echo held; sleep 60"'], {
    detached: true,
    reject: false,
  });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  return () => process.kill(-(holder.pid ?? 0), 'SIGKILL');
}

describeKernel('apply while the xtables lock is held', () => {
  it('waits on legacy until it is free', async () => {
    await inNamespace(async (namespace) => {
      const end = await holdXtablesLock();
      const result = applyIn(namespace, { args: REDIRECT, options: { backend: 'legacy', lockWait: 30_000 } });
      setTimeout(end, 1000);
      expect(await result).toMatchObject({ outcome: 'applied' });
    });
  });

  it('gives up on legacy when it stays held, and says what needs no lock', async () => {
    await inNamespace(async (namespace) => {
      const before = await everything(namespace);
      const end = await holdXtablesLock();
      const result = await applyIn(namespace, { args: REDIRECT, options: LEGACY });
      end();
      expect(result).toMatchObject({ outcome: 'failed', state: 'as before', failures: [{ cause: 'lock-held' }] });
      expect(message(result)).toMatch(/xtables lock[^]*--backend nft/);
      expect(await everything(namespace)).toBe(before);
    });
  });
});

describeKernel.each(['nft', 'legacy'] as const)('apply with an iptables-%s-restore that fails', (backend) => {
  const restore = `iptables-${backend}-restore`;
  const real = `/usr/sbin/${restore}`;
  const failing = (script: string): string => pathWith({ [restore]: script });

  // The kernel refuses a TPROXY outside of mangle, at the last line of the last table.
  const spoilt = `sed 's/^-A ISTIO_REDIRECT .*/-A ISTIO_REDIRECT -p tcp -j TPROXY --on-port 1/' | ${real} "$@"`;

  it('after its first table puts that table back, and the routing', async () => {
    await inNamespace(async (namespace) => {
      await applyByShell(namespace, [...REDIRECT, '-o', '9999'], { backend });
      const before = withoutEmptyTables(await everything(namespace));
      const result = await applyIn(namespace, { args: TPROXY, options: { backend }, env: { PATH: failing(spoilt) } });
      expect(result).toMatchObject({ outcome: 'failed', state: 'as before', needed: [], failures: [{ cause: 'refused', table: 'nat' }] });
      expect(result.tried.filter(({ back, done }) => back && done).map(({ kind }) => kind)).toEqual(['rules', 'routing']);
      expect(withoutEmptyTables(await everything(namespace))).toBe(before);
    });
  });

  it('and fails again when putting back gives the input that is still needed, which then works by hand', async () => {
    const flag = join(mkdtempSync(join(tmpdir(), 'istio-init-flag-')), 'failed');
    const path = failing(`[ -e ${flag} ] && exit 1; touch ${flag}; ${spoilt}`);
    await inNamespace(async (namespace) => {
      await applyByShell(namespace, [...REDIRECT, '-o', '9999'], { backend });
      const before = withoutEmptyTables(await everything(namespace));
      const result = await applyIn(namespace, { args: TPROXY, options: { backend }, env: { PATH: path } });
      expect(result).toMatchObject({ outcome: 'failed', state: 'mixed' });
      expect(result.failures).toHaveLength(2);
      for (const { argv, text } of result.needed) await execa('ip', ['netns', 'exec', namespace.name, ...argv], { input: text });
      expect(withoutEmptyTables(await everything(namespace))).toBe(before);
    });
  });

  it('because another program was faster reads again and tries again', async () => {
    const flag = join(mkdtempSync(join(tmpdir(), 'istio-init-flag-')), 'raced');
    const faster = `/usr/sbin/iptables-${backend} -t nat -D OUTPUT -j ISTIO_OUTPUT; /usr/sbin/iptables-${backend} -t nat -A POSTROUTING -j RETURN`;
    const path = failing(`[ -e ${flag} ] || { touch ${flag}; ${faster}; }; exec ${real} "$@"`);
    await inNamespace(async (namespace) => {
      await applyByShell(namespace, REDIRECT, { backend });
      await namespace.run(`iptables-${backend} -t nat -A OUTPUT -j ISTIO_OUTPUT; iptables-${backend} -t nat -D ISTIO_OUTPUT 3`);
      const result = await applyIn(namespace, { args: REDIRECT, options: { backend }, env: { PATH: path } });
      expect(result).toMatchObject({ outcome: 'applied', state: 'as wanted', rounds: 3 });
      expect(result.tried.map(({ done }) => done)).toEqual([false, true]);
      const { stdout } = await namespace.run(`iptables-${backend}-save -t nat | grep -E -- '-A (OUTPUT|POSTROUTING)'`);
      expect(stdout).toBe('-A OUTPUT -j ISTIO_OUTPUT\n-A POSTROUTING -j RETURN\n');
    });
  });

  it('to keep what it wrote, because another program undoes it every time, ends after three attempts with the state before', async () => {
    const undo = `/usr/sbin/iptables-${backend} -t nat -D ISTIO_OUTPUT 1`;
    const path = failing(`${real} "$@"; code=$?; ${undo}; exit $code`);
    await inNamespace(async (namespace) => {
      const result = await applyIn(namespace, { args: REDIRECT, options: { backend }, env: { PATH: path } });
      expect(result).toMatchObject({ outcome: 'failed', rounds: 3, failures: [{ cause: 'not-verified' }] });
      expect(result.tried.filter(({ back }) => !back)).toHaveLength(3);
    });
  });

  it('because it hangs is ended by the deadline, with its children, and nothing is changed', async () => {
    const path = failing('sleep 60 & sleep 60');
    await inNamespace(async (namespace) => {
      await applyByShell(namespace, REDIRECT, { backend });
      const before = await everything(namespace);
      const result = await applyIn(namespace, {
        args: [...REDIRECT, '-o', '9999'],
        options: { backend, deadline: 2000 },
        env: { PATH: path },
      });
      expect(result).toMatchObject({ outcome: 'failed', state: 'as before', failures: [{ cause: 'deadline' }] });
      expect(await everything(namespace)).toBe(before);
    });
  });
});

describeKernel('apply where nft can be read but not written', () => {
  it('takes legacy when the kernel lacks a module for nft, and says so', async () => {
    const path = pathWith({
      'iptables-nft-restore': `echo 'iptables-nft-restore v1.8.9 (nf_tables): \nline 3: RULE_APPEND failed (No such file or directory): rule in chain OUTPUT' >&2; exit 4`,
    });
    await inNamespace(async (namespace) => {
      const result = await applyIn(namespace, { args: REDIRECT, env: { PATH: path } });
      expect(result).toMatchObject({ outcome: 'applied', backend: 'legacy', state: 'as wanted', failures: [] });
      expect(result.reasons.join()).toMatch(/nft failed: the kernel lacks/);
      const forced = await applyIn(namespace, { args: TPROXY, options: NFT, env: { PATH: path } });
      expect(forced).toMatchObject({ outcome: 'failed', state: 'as before', failures: [{ cause: 'kernel-support' }] });
      expect(message(forced)).toMatch(/modprobe -a nf_tables nft_compat/);
    });
  });
});

describeKernel('several applies at once', () => {
  it.each(['nft', 'legacy'] as const)(
    'with iptables-%s leave one jump each and one policy rule, and only one of them changes something',
    async (backend) => {
      await inNamespace(async (namespace) => {
        const results = await Promise.all([1, 2, 3, 4].map(() => applyIn(namespace, { args: TPROXY, options: { backend } })));
        expect(results.map(({ outcome }) => outcome).sort()).toEqual(['applied', 'unchanged', 'unchanged', 'unchanged']);
        const { stdout } = await namespace.run(
          `iptables-${backend}-save | grep -c -- '-A OUTPUT -j ISTIO_OUTPUT'; ip rule | grep -c fwmark`,
        );
        expect(stdout).toBe('1\n1\n');
      });
    },
  );

  it('from outside and inside of the namespace wait for each other', async () => {
    await inNamespace(async (namespace) => {
      const { applyPlan } = await import('../../src/host/kernel/apply.ts');
      const { planFromArguments } = await import('../../src/istio/plan/plan-from-arguments.ts');
      const outside = applyPlan({ kind: 'netns', path: `/run/netns/${namespace.name}` }, planFromArguments(TPROXY));
      const results = [await applyIn(namespace, { args: TPROXY }), await outside];
      expect(results.map(({ outcome }) => outcome).sort()).toEqual(['applied', 'unchanged']);
    });
  });
});

describeKernel('a signal', () => {
  it('while a restore is under way lets it finish and verifies it', async () => {
    const path = pathWith({ 'iptables-nft-restore': 'sleep 1.31; exec /usr/sbin/iptables-nft-restore "$@"' });
    await inNamespace(async (namespace) => {
      const { pid, result } = await startIn(namespace, { args: REDIRECT, options: NFT, env: { PATH: path } });
      await expect
        .poll(async () => (await execa('pgrep', ['-f', '^sleep 1[.]31$'], { reject: false })).exitCode, { timeout: 20_000 })
        .toBe(0);
      process.kill(pid, 'SIGTERM');
      expect(await result).toMatchObject({ outcome: 'applied', state: 'as wanted' });
    });
  });

  it('before anything is changed ends the run with nothing changed', async () => {
    const path = pathWith({ 'iptables-nft-save': 'sleep 1.31; exec /usr/sbin/iptables-nft-save "$@"' });
    await inNamespace(async (namespace) => {
      const before = await everything(namespace);
      const { pid, result } = await startIn(namespace, { args: REDIRECT, options: NFT, env: { PATH: path } });
      await expect
        .poll(async () => (await execa('pgrep', ['-f', '^sleep 1[.]31$'], { reject: false })).exitCode, { timeout: 20_000 })
        .toBe(0);
      process.kill(pid, 'SIGINT');
      expect(await result).toMatchObject({ outcome: 'interrupted', state: 'as before', tried: [] });
      expect(await everything(namespace)).toBe(before);
    });
  });
});
