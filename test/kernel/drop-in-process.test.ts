/** The drop-in as a process: its exit codes, signals to it, a log that nobody reads, and its termination message. */

import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULT_POD } from '../default-pod.ts';
import { messagesOf } from './log-messages.ts';
import { inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { saved } from './saves.ts';
import { BIN, everything, newFile, PATH, pathBehind, run, start } from './starting.ts';

const TPROXY = DEFAULT_POD.map((argument) => (argument === 'REDIRECT' ? 'TPROXY' : argument));
const DROP_IN = ['istio-iptables', ...DEFAULT_POD] as const;

describeKernel('the drop-in', () => {
  it('whose log nobody reads does not keep the rules from being made', async () => {
    const code = newFile();
    await inNamespace(async (namespace) => {
      await namespace.run(
        `{ PATH=${PATH} ${BIN}/istio-iptables ${DEFAULT_POD.map((word) => `'${word}'`).join(' ')} --log_output_level=default:debug 2>&1; echo $? >${code}; } | true`,
      );
      expect(readFileSync(code, 'utf8')).toBe('0\n');
      expect(await saved(namespace)).toContain('-A ISTIO_OUTPUT -j ISTIO_REDIRECT\n');
    });
  });
  it.each(['nft', 'legacy'])(
    'exits with 1, the state before and the cause and the fix of it when a restore fails on %s',
    async (backend) => {
      const restore = `iptables-${backend}-restore`;
      const path = pathBehind({
        [restore]: `sed 's/^-A ISTIO_REDIRECT .*/-A ISTIO_REDIRECT -p tcp -j TPROXY --on-port 1/' | /usr/sbin/${restore} "$@"`,
      });
      await inNamespace(async (namespace) => {
        const force = ['--force-iptables-binary', backend];
        await run(namespace, [...DROP_IN, ...force, '-o', '9999']);
        const before = await saved(namespace, backend);
        const found = await run(namespace, ['istio-iptables', ...TPROXY, ...force], { path });
        expect(found).toMatchObject({ exitCode: 1, stdout: '' });
        const [failure, summary] = messagesOf(found).filter(({ level }) => level !== 'debug' && level !== 'warn');
        expect(failure?.level).toBe('error');
        expect(failure?.text).toMatch(new RegExp(`^${restore} .*ended with exit code \\d \\(IPv4, table nat\\)\n[^]*cause: .*\nfix: `));
        expect(summary?.text).toMatch(/failed, IPv4 and IPv6 are as before/);
        expect(found.stderr).not.toMatch(/^\s+at /m);
        expect(await saved(namespace, backend)).toBe(before);
        expect((await namespace.run('ip rule | grep -c fwmark')).stdout).toBe('0\n');
      });
    },
  );

  it('exits with 126 when the validation fails and with 0 when it does not, whether or not it made the rules itself', async () => {
    await inNamespace(async (namespace) => {
      const validate = ['--run-validation', '--probe-timeout', '500ms'];
      const missed = await run(namespace, [...DROP_IN, '--skip-rule-apply', ...validate]);
      expect(missed).toMatchObject({ exitCode: 126, stdout: '', stderr: expect.stringMatching(/\terror\tIPv4 inbound: NOT redirected/) });
      expect(missed.stderr).not.toMatch(/^\s+at /m);
      expect(await saved(namespace)).toBe('');
      const made = await run(namespace, [...DROP_IN, ...validate]);
      expect(made).toMatchObject({
        exitCode: 0,
        stderr: expect.stringMatching(/applied and verified[^]*\tinfo\tIPv4 inbound: redirected\n$/),
      });
      expect(await run(namespace, [...DROP_IN, '--skip-rule-apply', ...validate])).toMatchObject({ exitCode: 0 });
    });
  });
});

describeKernel('a signal to the drop-in', () => {
  /** A program that, once begun, goes on only when it is let. */
  const held = (program: string): { readonly path: string; readonly begun: () => Promise<void>; readonly go: () => void } => {
    const [flag, free] = [newFile(), newFile()];
    const script = `touch ${flag}; while [ ! -e ${free} ]; do sleep 0.05; done; exec /usr/sbin/${program} "$@"`;
    const begun = (): Promise<void> => expect.poll(() => existsSync(flag), { timeout: 20_000 }).toBe(true);
    return { path: pathBehind({ [program]: script }), begun, go: () => writeFileSync(free, '') };
  };

  it.each([
    ['SIGTERM', 143, DROP_IN],
    ['SIGINT', 130, DROP_IN],
    ['SIGTERM', 143, ['istio-init', 'apply', '--here', '--before-proxy']],
  ] as const)(
    '%s while a restore is under way: it is finished and verified, and the exit code is %i, of %j',
    async (signal, code, argv) => {
      const { path, begun, go } = held('iptables-nft-restore');
      await inNamespace(async (namespace) => {
        const { pid, ended } = start(namespace, argv, { path });
        await begun();
        process.kill(pid, signal);
        go();
        expect(await ended).toMatchObject({ exitCode: code, stdout: '', stderr: expect.stringContaining('applied and verified') });
        expect(await saved(namespace)).toContain('-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001\n');
        expect(await run(namespace, DROP_IN)).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('already there') });
      });
    },
  );

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s before anything is changed: nothing is, and the exit code is %i', async (signal, code) => {
    const { path, begun, go } = held('iptables-nft-save');
    await inNamespace(async (namespace) => {
      const before = await everything(namespace);
      const { pid, ended } = start(namespace, DROP_IN, { path });
      await begun();
      process.kill(pid, signal);
      go();
      expect(await ended).toMatchObject({ exitCode: code, stderr: expect.stringContaining('interrupted before anything was changed') });
      expect(await everything(namespace)).toBe(before);
    });
  });

  it('SIGTERM during a restore means that nothing is validated afterwards, and during a validation that it ends at once', async () => {
    const { path, begun, go } = held('iptables-nft-restore');
    await inNamespace(async (namespace) => {
      const first = start(namespace, [...DROP_IN, '--run-validation'], { path });
      await begun();
      process.kill(first.pid, 'SIGTERM');
      go();
      expect(await first.ended).toMatchObject({ exitCode: 143, stderr: expect.not.stringContaining('redirected') });
      await namespace.run('iptables-nft -t nat -F');
      const second = start(namespace, [...DROP_IN, '--skip-rule-apply', '--run-validation', '--probe-timeout=20s']);
      await expect.poll(async () => (await namespace.run('ss -Htln')).stdout, { timeout: 20_000, interval: 100 }).not.toBe('');
      const sent = Date.now();
      process.kill(second.pid, 'SIGTERM');
      expect(await second.ended).toMatchObject({ exitCode: 143, stderr: expect.stringMatching(/interrupted while/) });
      expect(Date.now() - sent).toBeLessThan(10_000);
    });
  });
});

describeKernel('the termination message of the drop-in', () => {
  // `ip netns exec` gives each script mounts of its own: another /dev is seen by nobody else.
  const withFile = (commands: string): string => {
    const folder = mkdtempSync(join(tmpdir(), 'istio-init-dev-'));
    return `set -e
      mount -t tmpfs none ${folder}
      for device in null zero urandom; do touch ${folder}/$device; mount --bind /dev/$device ${folder}/$device; done
      echo old >${folder}/termination-log
      mount --move ${folder} /dev
      set +e
      export PATH=${PATH}
      ${commands}
      cat /dev/termination-log`;
  };
  const program = `${BIN}/istio-iptables ${DEFAULT_POD.map((word) => `'${word}'`).join(' ')}`;

  it.each([
    ['a run that did its work', program, { outcome: 'applied', state: 'as wanted', release: '1.30.3', backend: 'nft', failures: [] }],
    [
      'a run that failed',
      `PATH=${pathBehind({ 'iptables-nft-restore': 'exit 3' })} ${program}`,
      { outcome: 'failed', state: 'as before', failures: [{ command: 'iptables-nft-restore --noflush', exitCode: 3, cause: 'unknown' }] },
    ],
    ['a cleanup', `${program} --cleanup-only`, { outcome: 'unchanged', state: 'as wanted' }],
    [
      'arguments that can not be used',
      `${program} -p 99999`,
      { outcome: 'refused', state: 'as before', problems: ['argument -p proxy.port: "99999" is not a port (1 to 65535)'] },
    ],
    [
      'native nftables',
      `${program} --native-nftables`,
      { outcome: 'applied', state: 'as wanted', release: '1.30.3', backend: 'nft', failures: [], processes: 2 },
    ],
    [
      'a validation that failed',
      `${program} --skip-rule-apply --run-validation --probe-timeout=300ms`,
      { outcome: 'not redirected', results: [{ family: 'ip', path: 'inbound', verdict: { kind: 'missed' } }] },
    ],
  ] as const)('is written as JSON by %s', async (_, command, report) => {
    await inNamespace(async (namespace) => {
      const { stdout } = await namespace.run(withFile(command));
      expect(JSON.parse(stdout)).toMatchObject(report);
      expect(stdout.length).toBeLessThanOrEqual(4096);
    });
  });

  // In a container of Kubernetes there is one already.
  it.skipIf(existsSync('/dev/termination-log'))('is written nowhere where there is no file for it', async () => {
    await inNamespace(async (namespace) => {
      expect(await run(namespace, DROP_IN)).toMatchObject({ exitCode: 0 });
      expect(existsSync('/dev/termination-log')).toBe(false);
    });
  });

  it('that can not be written is no failure', async () => {
    await inNamespace(async (namespace) => {
      const { exitCode, stdout } = await namespace.run(
        `${withFile(`mount --bind -o ro /dev/termination-log /dev/termination-log; mount -o remount,ro,bind /dev/termination-log; ${program}; echo code $?`)}`,
      );
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'code 0\nold\n' });
    });
  });
});
