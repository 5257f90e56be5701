import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { ASKS_KERNEL, ROOT, SHELL_BIN } from '../cli/program.ts';
import { DEFAULT_POD } from '../default-pod.ts';
import { CASES, expand } from '../golden.ts';
import { messagesOf } from './log-messages.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { saved } from './saves.ts';
import { everything, newFile, pathBehind, startingFrom } from './starting.ts';

const { run } = startingFrom(SHELL_BIN);

const TPROXY = DEFAULT_POD.map((argument) => (argument === 'REDIRECT' ? 'TPROXY' : argument));
const DROP_IN = ['istio-iptables', ...DEFAULT_POD] as const;
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

describeKernel('the log of the drop-in', () => {
  const SUMMARY =
    /^the rules of Istio 1\.30\.3 \(the newest known release\): (.*); this network namespace, nft, 18 IPv4 and 0 IPv6 rules, (\d) commands?/;

  it('has at info one block with the rules that are there and one line of summary, on standard error, in a first and a second run', async () => {
    await inNamespace(async (namespace) => {
      for (const done of ['applied and verified', 'already there, nothing changed']) {
        const found = await run(namespace, DROP_IN);
        expect(found).toMatchObject({ exitCode: 0, stdout: '' });
        const [rules, summary, ...rest] = messagesOf(found);
        expect(rest).toEqual([]);
        for (const message of [rules, summary]) expect(message).toMatchObject({ level: 'info', time: expect.stringMatching(STAMP) });
        expect(`${rules?.text}\n`).toBe(`rules of Istio now:\n# iptables\n${await saved(namespace)}`);
        expect(SUMMARY.exec(summary?.text ?? '')?.[1]).toBe(done);
      }
    });
  });

  it('counts in its summary the programs that were really started: at most 5 in a first run and 3 in a second', async () => {
    const log = newFile();
    const names = ['nft', 'ip', 'iptables-nft-save', 'iptables-nft-restore', 'ip6tables-nft-save', 'iptables-legacy-save', 'iptables-save'];
    const path = pathBehind(Object.fromEntries(names.map((name) => [name, `echo ${name} >>${log}; exec /usr/sbin/${name} "$@"`])));
    await inNamespace(async (namespace) => {
      let before = 0;
      for (const most of [5, 3]) {
        const [, summary] = messagesOf(await run(namespace, DROP_IN, { path }));
        const all = readFileSync(log, 'utf8').split('\n').length - 1;
        expect(Number(SUMMARY.exec(summary?.text ?? '')?.[2])).toBe(all - before);
        expect(all - before).toBeLessThanOrEqual(most);
        before = all;
      }
    });
  });

  if (ASKS_KERNEL)
    it('names no nft among them where the kernel itself tells of what iptables makes and nothing else, and asks nft where there is more', async () => {
      const log = newFile();
      const path = pathBehind({ nft: `echo nft >>${log}; exec /usr/sbin/nft "$@"` });
      const asks = (): number => (existsSync(log) ? readFileSync(log, 'utf8').length / 'nft\n'.length : 0);
      await inNamespace(async (namespace) => {
        await namespace.run('iptables-nft -A INPUT -s 10.0.0.0/8 -m comment --comment "of another" -j ACCEPT');
        for (const args of [DROP_IN, DROP_IN, ['istio-iptables', '--cleanup-only']] as const)
          expect((await run(namespace, args, { path })).exitCode).toBe(0);
        expect(asks()).toBe(0);
      });
      for (const table of ['add table bridge empty', 'add table ip x', 'add rule ip nat OUTPUT ct state new accept']) {
        const before = asks();
        await inNamespace(async (namespace) => {
          await namespace.run(`iptables-nft -t nat -A OUTPUT -d 192.0.2.99 -j RETURN\nnft ${table}`);
          await run(namespace, DROP_IN, { path });
        });
        expect(asks()).toBeGreaterThan(before);
      }
    });

  it('has details only when debug is asked for: why this backend, and what was fed to which program', async () => {
    await inNamespace(async (namespace) => {
      const details = messagesOf(await run(namespace, [...DROP_IN, '--log_output_level=default:debug'])).filter(
        ({ level }) => level === 'debug',
      );
      expect(details.map(({ text }) => text.split('\n')[0])).toEqual([
        'iptables-nft-save works',
        'the kernel lists no legacy table in use',
        'done: # iptables-nft-restore --noflush',
      ]);
      expect(details.at(-1)?.text).toContain('-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001\nCOMMIT');
      const quiet = await run(namespace, [...DROP_IN, '--log_output_level=all:error']);
      expect(quiet).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    });
  });

  it('is a JSON document a line with --log_as_json, failures included', async () => {
    const path = pathBehind({ 'iptables-nft-restore': 'echo "line 3: RULE_APPEND failed (Invalid argument)" >&2; exit 4' });
    await inNamespace(async (namespace) => {
      const failed = await run(namespace, [...DROP_IN, '--log_as_json'], { path });
      const done = await run(namespace, [...DROP_IN, '--log_as_json', '--log_output_level', 'default:debug']);
      expect([failed.exitCode, done.exitCode]).toEqual([1, 0]);
      for (const { stdout, stderr } of [failed, done]) {
        expect(stdout).toBe('');
        for (const line of stderr.trimEnd().split('\n'))
          expect(JSON.parse(line)).toEqual({
            level: expect.stringMatching(/^(debug|info|error)$/),
            time: expect.stringMatching(STAMP),
            msg: expect.any(String),
          });
      }
      expect(done.stderr).toContain('"msg":"rules of Istio now:\\n# iptables\\n*nat\\n');
    });
  });
});

describeKernel('the drop-in', () => {
  it('makes the rules of the release that ISTIO_INIT_RELEASE names, and its summary says so', async () => {
    const { args, env, outcomes } = CASES.find(({ name }) => name === 'no-arguments') ?? {};
    const golden = outcomes?.find(({ releases }) => expand(releases).includes('1.12.9'));
    await inNamespace(async (namespace) => {
      const found = await run(namespace, ['istio-iptables', ...(args ?? [])], { env: { ...env, ISTIO_INIT_RELEASE: '1.12' } });
      expect(found.exitCode).toBe(0);
      expect(messagesOf(found).at(-1)?.text).toMatch(/^the rules of Istio 1\.12\.9 \(the release that was named\): applied and verified/);
      expect(await saved(namespace)).toBe(golden?.ip);
      expect(golden?.ip).not.toBe(outcomes?.at(-1)?.ip);
    });
  });

  it('does in one run what all harmless flags of an injector ask for', async () => {
    const words =
      '--cni-mode --reconcile --force-apply --probe-timeout=3s --iptables-probe-port=15002 --log_caller=default --log_stacktrace_level=default:none --log_target=stdout --vklog=6';
    await inNamespace(async (namespace) => {
      expect(await run(namespace, [...DROP_IN, ...words.split(' ')])).toMatchObject({ exitCode: 0 });
      expect(await saved(namespace)).toContain('-A ISTIO_OUTPUT -j ISTIO_REDIRECT\n');
    });
  });

  it('touches nothing in a dry run, which needs no rights and prints what preview prints for the addresses it finds', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(
        'sysctl -qw net.ipv6.conf.default.accept_dad=0; ip link add eth0 type veth peer name eth1; ip addr add fd00:1::3/64 dev eth0 nodad; ip link set eth0 up; ip link set eth1 up',
      );
      const before = await everything(namespace);
      const preview = async (family: string): Promise<string> =>
        (await execa(join(ROOT, 'bin/istio-init'), ['preview', '-o', 'restore', family, '--address', 'fd00:1::3', '--', ...TPROXY])).stdout;
      const prefix = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'];
      const found = await run(namespace, ['istio-iptables', ...TPROXY, '-n'], { prefix });
      expect(found.exitCode).toBe(0);
      expect(found.stdout).toBe(`# iptables-restore\n${await preview('-4')}\n# ip6tables-restore\n${await preview('-6')}\n`);
      expect(await everything(namespace)).toBe(before);
    }, '');
  });

  it('refuses a namespace with chains of kube-proxy unless ISTIO_INIT_ALLOW_HOST is true', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run('iptables-nft -t nat -N KUBE-SERVICES');
      const before = await everything(namespace);
      for (const env of [{}, { ISTIO_INIT_ALLOW_HOST: 'false' }]) {
        const found = await run(namespace, DROP_IN, { env });
        expect(found.exitCode).toBe(1);
        expect(found.stderr).toMatch(
          /\terror\tcause: this looks like a node[^]*fix: .*ISTIO_INIT_ALLOW_HOST=true[^]*: refused, nothing touched/,
        );
        expect(await run(namespace, ['istio-iptables', '--cleanup-only'], { env })).toMatchObject({ exitCode: 1 });
      }
      expect(await everything(namespace)).toBe(before);
      expect(await run(namespace, DROP_IN, { env: { ISTIO_INIT_ALLOW_HOST: 'true' } })).toMatchObject({ exitCode: 0 });
      expect(await saved(namespace)).toMatch(/ISTIO_OUTPUT[^]*KUBE-SERVICES|KUBE-SERVICES[^]*ISTIO_OUTPUT/);
    });
  });

  it('looks for --help only where every flag can be read, and does nothing where rules are neither to be made nor removed', async () => {
    await inNamespace(async (namespace) => {
      expect(await run(namespace, DROP_IN)).toMatchObject({ exitCode: 0 });
      const before = await everything(namespace);
      expect(await run(namespace, ['istio-iptables', '--cleanup-only', '--skip-rule-apply'])).toMatchObject({ exitCode: 0 });
      expect(await everything(namespace)).toBe(before);
      for (const flags of [
        ['--nope', '--help'],
        ['-h', '--nope'],
      ])
        expect(await run(namespace, ['istio-iptables', ...flags])).toMatchObject({ exitCode: 1, stdout: '' });
      const helped = await run(namespace, ['istio-iptables', '-p', 'nonsense', '-h']);
      expect(helped).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--istio-inbound-ports') });
    });
  });

  it('with --cleanup-only removes what another release left, makes nothing, and succeeds where there is nothing', async () => {
    await inNamespace(async (namespace) => {
      const before = await everything(namespace);
      expect(await run(namespace, ['istio-iptables', ...TPROXY], { env: { ISTIO_INIT_RELEASE: '1.9' } })).toMatchObject({ exitCode: 0 });
      const found = await run(namespace, [...DROP_IN, '--cleanup-only', '--run-validation']);
      expect(found.exitCode).toBe(0);
      expect(messagesOf(found).map(({ text }) => text)).toEqual([
        expect.stringMatching(/^the rules of Istio: removed and verified;.* 0 IPv4 and 0 IPv6 rules/),
      ]);
      expect(await saved(namespace)).toBe('');
      expect((await namespace.run('ip rule | grep -c fwmark; ip route show table 133 2>/dev/null')).stdout).toBe('0\n');
      const again = await run(namespace, ['istio-iptables', '--cleanup-only']);
      expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('nothing of Istio to remove, nothing changed') });
      expect(before).not.toContain('ISTIO');
    });
  });

  it.each([
    { how: 'the flag', args: (backend: string): string[] => ['--force-iptables-binary', backend], env: (): Record<string, string> => ({}) },
    {
      how: 'the variable',
      args: (): string[] => [],
      env: (backend: string): Record<string, string> => ({ FORCE_IPTABLES_BINARY: backend }),
    },
  ])('takes nft or legacy as $how for the binary says', async ({ args, env }) => {
    for (const [backend, other] of [
      ['nft', 'legacy'],
      ['legacy', 'nft'],
    ] as const) {
      await inNamespace(async (namespace) => {
        const found = await run(namespace, [...DROP_IN, ...args(backend)], { env: env(backend) });
        expect(found).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(`this network namespace, ${backend}, 18 IPv4`) });
        expect(await saved(namespace, backend)).toContain('ISTIO_OUTPUT');
        expect(await saved(namespace, other)).toBe('');
      });
    }
  });

  it('works in the namespace that --network-namespace names, with the facts of that one, and leaves its own alone', async () => {
    await inNamespace(async (own) => {
      await inNamespace(async (named) => {
        await named.run(
          'ip link add eth0 type veth peer name eth1; ip addr add fd00:1::3/64 dev eth0 nodad; ip link set eth0 up; ip link set eth1 up',
        );
        const before = await everything(own);
        const found = await run(own, [...DROP_IN, '--network-namespace', `/run/netns/${named.name}`]);
        expect(found).toMatchObject({
          exitCode: 0,
          stderr: expect.stringContaining(`the network namespace /run/netns/${named.name}, nft, 18 IPv4 and 18 IPv6 rules`),
        });
        expect(await saved(named)).toContain('ISTIO_OUTPUT');
        expect(await everything(own)).toBe(before);
      });
    });
  });
});

describeKernel('rules of others', () => {
  it('keep their text and order through the drop-in and its cleanup, on both backends', async () => {
    const foreign = `*nat
:OTHERS - [0:0]
-A PREROUTING -p tcp -m tcp --dport 8080 -j OTHERS
-A OUTPUT -d 10.9.9.9/32 -p tcp -m comment --comment "not ours" -j DNAT --to-destination 10.8.8.8:80
-A OTHERS -j RETURN
COMMIT
`;
    for (const backend of ['nft', 'legacy']) {
      await inNamespace(async (namespace) => {
        await namespace.run(feed(`iptables-${backend}-restore`, foreign));
        const before = await saved(namespace, backend);
        const lines = before.split('\n').filter((line) => line.startsWith('-A'));
        expect(lines).toHaveLength(3);
        expect(await run(namespace, ['istio-iptables', ...TPROXY, '--force-iptables-binary', backend])).toMatchObject({ exitCode: 0 });
        expect((await saved(namespace, backend)).split('\n').filter((line) => lines.includes(line))).toEqual(lines);
        expect(await run(namespace, ['istio-iptables', '--cleanup-only'])).toMatchObject({ exitCode: 0 });
        expect(await saved(namespace, backend)).toBe(before);
      });
    }
  });
});
