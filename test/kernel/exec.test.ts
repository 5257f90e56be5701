import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { programs } from '../../src/host/run.ts';
import { inScratch } from '../../src/host/scratch/scratch.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { compareObservations, observeAll } from '../../src/netfilter/observation.ts';
import { printCommands } from '../../src/netfilter/print.ts';
import type { SourceOptions } from '../../src/sources/options.ts';
import { readSource } from '../../src/sources/read-source.ts';
import type { RuleSource } from '../../src/sources/rule-source.ts';
import { SHELL_BIN, scratchFolder } from '../cli/program.ts';
import { inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { everything, run as runByNode, startingFrom } from './starting.ts';

const { run, start } = startingFrom(SHELL_BIN);

const NONE: SourceOptions = { sets: [], env: [], addresses: [], nameservers: [] };

const folder = scratchFolder();
afterAll(folder.remove);
let files = 0;

/** A path for what a command writes; it has its namespaces for itself, and the files of everybody. */
function file(): string {
  files += 1;
  return join(folder.path, `file-${files}`);
}

function commandsOf({ seen: { ip, ip6 } }: RuleSource): readonly string[] {
  return (printCommands(ip) + printCommands(ip6)).split('\n').filter((line) => line !== '');
}

/** Runs a script and answers what it wrote to "$OUT". */
async function told(script: string, given: Partial<SourceOptions> = {}): Promise<string> {
  const out = file();
  await readSource(`exec:${script}`, { ...NONE, ...given, env: [`OUT=${out}`, ...(given.env ?? [])] });
  return readFileSync(out, 'utf8');
}

/** The processes whose command line has a word, wherever they run. */
function processesWith(word: string): readonly string[] {
  return readdirSync('/proc').filter((entry) => {
    try {
      return /^\d+$/.test(entry) && readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').includes(word);
    } catch {
      return false;
    }
  });
}

/** All that programs share by System V's means on this machine. */
function sharedMemory(): readonly string[] {
  return ['shm', 'sem', 'msg'].map((kind) => readFileSync(`/proc/sysvipc/${kind}`, 'utf8').replace(/ +/g, ' '));
}

function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
}

async function until(test: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 1000 && !test(); tries += 1) await sleep(10);
  return test();
}

describeKernel.concurrent('exec: runs a command in namespaces of its own', () => {
  it('and what its kernel holds afterwards is the source, of both families and both backends', async () => {
    const side = await readSource(
      'exec:iptables-nft -t nat -A OUTPUT -p tcp -j RETURN; ip6tables-legacy -t mangle -A OUTPUT -p udp -j RETURN',
      NONE,
    );
    expect(commandsOf(side)).toEqual(['iptables -t nat -A OUTPUT -p tcp -j RETURN', 'ip6tables -t mangle -A OUTPUT -p udp -j RETURN']);
    expect(side.places).toEqual([
      { family: 'ip', table: 'nat', backend: 'nft' },
      { family: 'ip6', table: 'mangle', backend: 'legacy' },
    ]);
    expect(side).toMatchObject({ problems: [], notes: [], seen: { seen: { ip: 'all', ip6: 'all' }, unseen: [] } });
    expect(side.name).toMatch(/^the command "iptables-nft -t nat .*\.\.\."$/);
  });

  it.each([
    ['both families', { addresses: ['10.1.2.3/24', '2001:db8::7/64'], env: ['ISTIO_DUAL_STACK=true'] }],
    ['IPv6 alone', { addresses: ['2001:db8::7'], env: [] }],
    ['TPROXY', { addresses: [], env: ['INBOUND_INTERCEPTION_MODE=TPROXY'] }],
    ['DNS capture', { addresses: [], nameservers: ['10.96.0.10'], env: ['ISTIO_META_DNS_CAPTURE=true'] }],
  ])('and so a program in the place of istio-iptables is compared with the plan of its arguments: %s', async (_, given) => {
    const args = ['-p', '15001', '-z', '15006', '-u', '1337', '-g', '1337', '-i', '*', '-x', '', '-b', '*', '-d', '15090,15021,15020'];
    const side = await readSource(`exec:${SHELL_BIN}/istio-iptables`, { ...NONE, ...given, args });
    const env = Object.fromEntries(given.env.map((text) => text.split('=') as [string, string]));
    const plan = planFromArguments(args, { ...side.facts, env });
    expect(plan.ip.tables.length + plan.ip6.tables.length).toBeGreaterThan(0);
    expect(compareObservations(side.seen, observeAll(plan))).toMatchObject({ differences: [], notCompared: [] });
    const other = planFromArguments([...args, '-q', '9999'], { ...side.facts, env });
    expect(compareObservations(side.seen, observeAll(other)).differences).not.toEqual([]);
  });

  it('with the addresses and nameservers given, and no others', async () => {
    const script = `{ ip -o address show scope global; ip -o -6 address show dev eth0; cat /etc/resolv.conf; } >"$OUT"`;
    const given = { addresses: ['10.1.2.3', '10.9.8.7/16', '2001:db8::7/64'], nameservers: ['10.96.0.10', 'fd00::a'] };
    const text = await told(script, given);
    expect([...text.matchAll(/inet6? (\S+)/g)].map(([, address]) => address)).toEqual([
      '10.1.2.3/32',
      '10.9.8.7/16',
      '2001:db8::7/64',
      '2001:db8::7/64',
    ]);
    // An address that waits for its detection of duplicates can not be used yet.
    expect(text).not.toMatch(/tentative/);
    expect(text.split('\n').slice(-3)).toEqual(['nameserver 10.96.0.10', 'nameserver fd00::a', '']);
    const bare = await told(script);
    expect(bare).toMatch(/^\d+: eth0 +inet 192\.0\.2\.1\/24 .*\n$/);
  });

  it('with the rights of an init container, and an environment of its own', async () => {
    const text = await told('{ grep -E "^(Cap|NoNewPrivs)" /proc/self/status; env; } >"$OUT"', { env: ['A=b c', 'HOME=/home'] });
    expect(Object.fromEntries([...text.matchAll(/^(\w+):\s*(\w+)$/gm)].map(([, name, value]) => [name, value]))).toEqual({
      CapInh: '0000000000000000',
      CapPrm: '0000000000003000',
      CapEff: '0000000000003000',
      CapBnd: '0000000000003000',
      CapAmb: '0000000000000000',
      NoNewPrivs: '1',
    });
    const names = [...text.matchAll(/^(\w+)=/gm)].map(([, name]) => name).sort();
    expect(names.filter((name) => name !== '_')).toEqual(['A', 'HOME', 'OUT', 'PATH', 'PWD']);
    expect(text).toMatch(/^A=b c\n/m);
  });

  it('which finds the arguments after -- behind its text, or where it asks for them', async () => {
    expect(await told('printf "%s|" >"$OUT"', { args: ['a', 'b c'] })).toBe('a|b c|');
    expect(await told('printf "%s|" "$2" "$1" >"$OUT"', { args: ['a', 'b c'] })).toBe('b c|a|');
    expect(await told('printf "%s|" "$@" >"$OUT"\n', { args: [] })).toBe('|');
    expect(await told('exec >"$OUT"; echo "#$0#"; echo\n \n', { args: ['x'] })).toBe('#sh#\nx\n');
  });

  const hostile = fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc
        .array(
          fc.constantFrom(
            "'",
            '"',
            '\n',
            '\\',
            '$(exit 9)',
            '`exit 9`',
            ';',
            '#',
            ' ',
            '-',
            '--',
            '$IFS',
            '*',
            '&',
            '|',
            '\r',
            '\t',
            '%s',
            '"$@"',
          ),
          { maxLength: 12 },
        )
        .map((parts) => parts.join('')),
    )
    .map((text) => text.replaceAll('\0', ''));

  it('which takes its arguments word for word, whatever is in them', async () => {
    const args = fc.sample(hostile, 300);
    const text = await told(`printf '%s\\0' "$@" >"$OUT"`, { args });
    expect(text.split('\0').slice(0, -1)).toEqual(args);
  });

  it('which the shell gets word for word, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (rest) => {
        const script = `cat /proc/$$/cmdline >"$OUT"; exit 0\n${rest}`;
        expect((await told(script)).split('\0')).toEqual(['/bin/sh', '-c', '--', script, 'sh', '']);
      }),
      { numRuns: 8 },
    );
    expect(await told('- --; -c x 2>/dev/null; echo here >"$OUT"')).toBe('here\n');
  });
});

describeKernel.concurrent('exec: refuses in one line', () => {
  it.each([
    ['exit 3', 'exec: "exit 3" ended with exit code 3'],
    ['echo no >&2; echo more; exit 1', 'exec: "echo no >&2; echo more; exit 1" ended with exit code 1: no'],
    ['echo said; false', 'exec: "echo said; false" ended with exit code 1: said'],
    ['seq 9 >&2; exit 1', 'exec: "seq 9 >&2; exit 1" ended with exit code 1: 7; 8; 9'],
    ['no-such-program', 'exec: "no-such-program" ended with exit code 127: sh: 1: no-such-program: not found'],
    ['kill -9 $$', 'exec: "kill -9 $$" was ended by SIGKILL'],
    [
      "printf '\\033[31m\\000x' >&2; exit 1",
      `exec: "printf '\\\\033[31m\\\\000x' >&2; exit 1" ended with exit code 1: \\u001b[31m\\u0000x`,
    ],
  ])('a command that fails: %s', async (script, line) => {
    await expect(readSource(`exec:${script}`, NONE)).rejects.toMatchObject({ message: line });
  });

  it('a command that is no root', async () => {
    await inNamespace(async (namespace) => {
      const found = await runByNode(namespace, ['istio-init', 'preview', 'exec:true'], {
        prefix: ['setpriv', '--reuid=1000', '--clear-groups'],
      });
      expect(found).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: 'istio-init: preview: exec: only root can make namespaces for it; run with sudo\n',
      });
      const bounded = await run(namespace, ['istio-init', 'preview', 'exec:true'], {
        prefix: ['setpriv', '--bounding-set=-all,+net_admin', '--inh-caps=-all'],
      });
      expect(bounded).toMatchObject({
        exitCode: 2,
        stdout: '',
        stderr: expect.stringMatching(/^istio-init: preview: exec: namespaces for it can not be made: unshare: .*not permitted\n$/),
      });
    });
  });

  it('a command that hangs, which is killed with all that it started', async () => {
    const begin = Date.now();
    const script = "trap '' TERM; sleep 40417 & (setsid sleep 40417 &) ; nohup sleep 40417 & sleep 40417";
    await expect(readSource(`exec:${script}`, { ...NONE, deadline: '1' })).rejects.toThrow(
      /was killed, with all that it started, after 1 s/,
    );
    expect(Date.now() - begin).toBeLessThan(5000);
    expect(processesWith('40417')).toEqual([]);
  });

  it('a command that prints without end, in little memory', async () => {
    const before = process.memoryUsage().rss;
    await expect(readSource('exec:yes', { ...NONE, deadline: '1' })).rejects.toThrow(/after 1 s.*: y; y; y$/);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  });
});

describeKernel('exec: leaves nothing', () => {
  it('of the processes that a command leaves behind: they end before its kernel is looked at', async () => {
    const text =
      '(setsid sh -c "while :; do iptables -t nat -A OUTPUT -p tcp; done" 40418 >/dev/null 2>&1 &); until iptables -t nat -C OUTPUT -p tcp 2>/dev/null; do sleep 0.01; done';
    const command = { text, args: [], env: {}, addresses: [], nameservers: [], deadline: 10_000 };
    await inScratch(command, programs(), async (ran, namespace) => {
      expect(processesWith('40418')).toEqual([]);
      expect(ran).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
      expect((await namespace.run({ argv: ['iptables-save'], deadline: 10_000 })).stdout).toMatch(/^-A OUTPUT -p tcp$/m);
    });
  });

  it.each([
    ['SIGTERM', 1],
    ['SIGINT', 2],
    ['SIGKILL', 3],
  ] as const)('when this program is ended by %s', async (signal, number) => {
    await inNamespace(async (namespace) => {
      // In the command line of everything that makes the namespaces.
      const address = `10.40.41.${number}`;
      const seconds = `4041${number}`;
      const { pid, ended } = start(namespace, [
        'istio-init',
        'preview',
        `exec:setsid sleep ${seconds} & sleep ${seconds}`,
        '--address',
        address,
      ]);
      expect(await until(() => processesWith(seconds).length >= 2)).toBe(true);
      expect(processesWith(address).length).toBeGreaterThanOrEqual(3);
      process.kill(pid, signal);
      expect((await ended).exitCode).toBeUndefined();
      expect(await until(() => [...processesWith(seconds), ...processesWith(address)].length === 0)).toBe(true);
    });
  });

  it('of processes, namespaces and mounts, whether it fails or not', async () => {
    const mounts = (): readonly string[] =>
      readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter((line) => / (?:\/run|\/sys|\/etc\/resolv.conf|\/proc\S*) /.test(line));
    const held = (): readonly string[] =>
      readdirSync('/proc/self/fd')
        .map(linkOf)
        .filter((link) => link.startsWith('net:'));
    const before = mounts();
    const given = { ...NONE, addresses: ['10.40.42.1'] };
    await readSource('exec:iptables -t nat -A OUTPUT -j ACCEPT', given);
    await expect(readSource('exec:false', given)).rejects.toThrow();
    await expect(readSource('exec:sleep 40420', { ...given, deadline: '1' })).rejects.toThrow();
    await expect(readSource('exec:true', { ...given, addresses: ['10.40.42.1', '10.40.42.1'] })).rejects.toThrow(
      /^exec: namespaces for it can not be made: .*(?:File exists|already assigned)/,
    );
    expect([mounts(), held(), processesWith('10.40.42.1')]).toEqual([before, [], []]);
  });

  it('outside of its namespaces, which it can not leave', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run('iptables -t nat -A OUTPUT -p tcp -j RETURN; ip6tables-legacy -t raw -A OUTPUT -j ACCEPT');
      const rules = await everything(namespace);
      const out = file();
      const attempts = [
        'nsenter --net=/proc/1/ns/net iptables -t nat -F',
        'nsenter --net --target 1 iptables -t nat -F',
        'unshare --net true',
        'unshare --mount true',
        'mount -t tmpfs none /mnt',
        'umount /etc/resolv.conf',
        'mount -o remount,rw /sys',
        'ip netns add escaped',
        `ip netns exec ${namespace.name} iptables -t nat -F`,
        'echo 1 >/proc/sys/net/ipv4/ip_forward',
        'echo x >/proc/sys/kernel/hostname',
        'hostname escaped',
        'test "$(wc -l </proc/sysvipc/shm)" -gt 1',
        'test "$(readlink /proc/self/ns/ipc)" = "$OUTER_IPC"',
        'echo x >/proc/sysrq-trigger',
        'chroot / true',
        'mknod /tmp/escaped c 1 1',
        'kill -9 1; ls /proc/1/root/',
        ': >/proc/1/fd/0',
      ];
      const script = `exec 2>/dev/null; for attempt in ${attempts.map((text) => `'${text}'`).join(' ')}; do
          sh -c "$attempt" >/dev/null && echo "$attempt" >>"$OUT"
        done; : >>"$OUT"; touch /run/left-behind; ipcmk -M 4711 -S 1 -Q; iptables-legacy -t nat -A OUTPUT -j ACCEPT`;
      const shared = sharedMemory();
      const found = await run(namespace, [
        'istio-init',
        'preview',
        `exec:${script}`,
        '--env',
        `OUT=${out}`,
        '--env',
        `OUTER_IPC=${readlinkSync('/proc/self/ns/ipc')}`,
      ]);
      expect(found).toMatchObject({ exitCode: 0, stderr: 'note: IPv4 nat is in legacy\n' });
      // What succeeded.
      expect(readFileSync(out, 'utf8')).toBe('');
      expect(await everything(namespace)).toBe(rules);
      expect(sharedMemory()).toEqual(shared);
      expect(readdirSync('/run').filter((name) => /left-behind|istio-init/.test(name))).toEqual([]);
      expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).not.toMatch(/escaped/);
    });
  });
});
