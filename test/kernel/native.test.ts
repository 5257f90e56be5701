/** Native runs of the program: what it starts, what it changes, and what it leaves alone. */

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SHELL_BIN } from '../cli/program.ts';
import type { Namespace } from './namespace.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { everything, pathBehind, startingFrom } from './starting.ts';

const { run } = startingFrom(SHELL_BIN);

const POD = ['-p', '15001', '-z', '15006', '-u', '1337', '-i', '*', '-x', '', '-b', '*', '-d', '15090,15021,15020'];
const REDIRECT = ['istio-iptables', ...POD, '-m', 'REDIRECT'] as const;
const TPROXY = ['istio-iptables', ...POD, '-m', 'TPROXY', '--drop-invalid'] as const;
const NATIVE = '--native-nftables';
const CLEAN = ['istio-iptables', '--cleanup-only'] as const;

const PROGRAMS = ['nft', 'ip', 'iptables-nft-save', 'iptables-nft-restore', 'ip6tables-nft-save', 'iptables-legacy-save', 'iptables-save'];

/** A search path on which every program writes down that it was started. */
function counted(programs: readonly string[] = PROGRAMS): { readonly path: string; readonly started: () => readonly string[] } {
  const log = join(mkdtempSync(join(tmpdir(), 'istio-init-log-')), 'log');
  const path = pathBehind(Object.fromEntries(programs.map((name) => [name, `echo ${name} >>${log}; exec /usr/sbin/${name} "$@"`])));
  let before = 0;
  return {
    path,
    started: () => {
      let lines: readonly string[] = [];
      try {
        lines = readFileSync(log, 'utf8').trimEnd().split('\n');
      } catch {
        // None was started.
      }
      const since = lines.slice(before);
      before = lines.length;
      return since;
    },
  };
}

/** Tables of others, in nft and in iptables, with a word on each kind of thing in them. */
const OTHERS = `${feed(
  'nft -f -',
  `table inet istio-proxy-others { chain prerouting { type nat hook prerouting priority -110; tcp dport 9999 redirect to :9998; }; }
table inet mine { set s { type ipv4_addr; elements = { 192.0.2.7 }; }; counter c { }; chain out { type filter hook output priority 0; ip daddr @s counter name "c" drop; meta l4proto vmap { 132 : drop }; }; }
table ip istio-proxy-nat { chain c { }; }
table bridge b { chain c { type filter hook input priority 0; }; }
`,
)}iptables-nft -t nat -A OUTPUT -p tcp --dport 9 -m comment --comment "not ours" -j RETURN\n`;

/** What of others is there, byte for byte. */
async function others({ run: inside }: Namespace): Promise<string> {
  const tables = ['inet istio-proxy-others', 'inet mine', 'ip istio-proxy-nat', 'bridge b'];
  return (await inside(`${tables.map((table) => `nft -a list table ${table}\n`).join('')}iptables-nft-save | grep 'not ours'`)).stdout;
}

describeKernel.concurrent('a native run', () => {
  it('starts nft twice at most, and iptables not at all; a second one starts nft once and changes nothing', async () => {
    const { path, started } = counted();
    await inNamespace(async (namespace) => {
      for (const args of [REDIRECT, TPROXY, [...TPROXY, '--redirect-dns'], REDIRECT]) {
        expect(await run(namespace, [...args, NATIVE] as [string, ...string[]], { path })).toMatchObject({ exitCode: 0 });
        expect(started().filter((name) => name !== 'ip')).toEqual(['nft', 'nft']);
        const before = await everything(namespace);
        expect(await run(namespace, [...args, NATIVE] as [string, ...string[]], { path })).toMatchObject({
          exitCode: 0,
          stderr: expect.stringContaining('already there, nothing changed'),
        });
        expect(started().filter((name) => name !== 'ip')).toEqual(['nft']);
        expect(await everything(namespace)).toBe(before);
      }
      expect((await namespace.run('cat /proc/net/ip_tables_names /proc/net/ip6_tables_names; nft list tables')).stdout).toBe(
        'table inet istio-proxy-nat\n',
      );
    });
  });

  it('needs no iptables in its image, whether others have rules of iptables or not', async () => {
    const path = pathBehind(Object.fromEntries(['nft', 'ip'].map((name) => [name, `exec /usr/sbin/${name} "$@"`]))).replaceAll(
      /:\/usr\/sbin|:\/sbin/g,
      '',
    );
    await inNamespace(async (namespace) => {
      expect(await run(namespace, [...TPROXY, NATIVE], { path })).toMatchObject({ exitCode: 0 });
      await namespace.run('iptables-nft -t nat -A OUTPUT -p tcp --dport 9 -j RETURN');
      expect(await run(namespace, [...REDIRECT, NATIVE], { path })).toMatchObject({ exitCode: 0 });
      await namespace.run('iptables-nft -t nat -N ISTIO_OUTPUT');
      expect(await run(namespace, [...TPROXY, NATIVE], { path })).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('there is no program iptables'),
      });
    });
  });

  it('leaves what is of others as it is, byte for byte, on every way in, between and out', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(OTHERS);
      const before = await others(namespace);
      expect(before).toContain('counter name "c"');
      for (const args of [
        [...REDIRECT, NATIVE],
        [...TPROXY, '--redirect-dns', NATIVE],
        REDIRECT,
        TPROXY,
        [...REDIRECT, NATIVE],
        CLEAN,
        [...TPROXY, NATIVE],
        [...CLEAN, NATIVE],
      ]) {
        expect(await run(namespace, [...args] as [string, ...string[]])).toMatchObject({ exitCode: 0 });
        expect(await others(namespace)).toBe(before);
      }
      const { stdout } = await namespace.run('nft list tables; ip rule; ip route show table 133 2>/dev/null');
      expect(stdout).not.toMatch(/table inet istio-proxy-(?:nat|mangle|raw)$|fwmark|local default/m);
    });
  });

  it('is not fooled by an nft that only says that it has done it, nor by one that leaves a rule out or makes another one', async () => {
    const written = (how: string): string => `case "$2" in -e) ${how}; exit $?;; esac; exec /usr/sbin/nft "$@"`;
    const otherwise = (edit: string): string => written(`/usr/sbin/nft -j -e "$(echo "$3" | ${edit})"`);
    const lies = [
      written('true'),
      written(`echo '{"nftables": []}'`),
      otherwise("grep -v 'skuid 1337 .*return'"),
      otherwise("sed 's/:15006/:15007/'"),
      otherwise("sed 's/dport 15020/dport 15021/'"),
      otherwise("sed 's/^add rule \\(.*\\) istio-output \\(.*return\\)/insert rule \\1 istio-output \\2/'"),
    ];
    for (const nft of lies)
      await inNamespace(async (namespace) => {
        const found = await run(namespace, [...REDIRECT, NATIVE], { path: pathBehind({ nft }) });
        expect(found, nft).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('what was read back is not what was written') });
        expect((await namespace.run('nft list ruleset')).stdout).toBe('');
      });
  });

  it('mends what somebody changes between its look and its writing, also in a table that was as it should be', async () => {
    const meddling = (command: string): string => pathBehind({ nft: `[ "$2" != -e ] || ${command}; exec /usr/sbin/nft "$@"` });
    await inNamespace(async (namespace) => {
      const listed = async (): Promise<string> => (await namespace.run('nft -s list ruleset')).stdout;
      const dns = [...REDIRECT, NATIVE, '--redirect-dns'] as const;
      await run(namespace, dns);
      const wanted = await listed();
      for (const command of [
        '/usr/sbin/nft flush chain inet istio-proxy-nat istio-output',
        '/usr/sbin/nft insert rule inet istio-proxy-nat output accept',
        '/usr/sbin/nft delete table inet istio-proxy-nat',
      ]) {
        await namespace.run('nft flush chain inet istio-proxy-raw istio-inbound');
        expect(await run(namespace, dns, { path: meddling(command) })).toMatchObject({ exitCode: 0 });
        // A table that was removed comes back at the end.
        expect((await listed()).split(/^(?=table )/m).sort()).toEqual(wanted.split(/^(?=table )/m).sort());
      }
    });
  });

  it('of more rules than an argument holds, and with an nft that has no JSON, is read back from words', async () => {
    const many = Array.from({ length: 900 }, (_, nth) => 20_000 + nth).join(',');
    const { path, started } = counted();
    const plain = pathBehind({ nft: 'case "$*" in *-j*) echo no JSON >&2; exit 1;; esac; exec /usr/sbin/nft "$@"' });
    await inNamespace(async (namespace) => {
      const long = ['istio-iptables', ...POD.slice(0, -1), many, '-m', 'REDIRECT', NATIVE] as const;
      expect(await run(namespace, long, { path })).toMatchObject({ exitCode: 0 });
      expect(started().filter((name) => name !== 'ip')).toEqual(['nft', 'nft']);
      expect((await namespace.run('nft list ruleset')).stdout).toContain('dport 20899');
      expect(await run(namespace, [...REDIRECT, NATIVE], { path: plain })).toMatchObject({ exitCode: 0 });
      expect((await namespace.run('nft list ruleset')).stdout).not.toContain('dport 20899');
    });
  });

  it('writes interface names as nft takes them, and leaves IPv6 alone where it is off', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(
        'ip address add 2001:db8::7/64 dev lo; ip link add eth0 type veth peer name e1; ip address add 2001:db8:1::7/64 dev eth0 nodad; ip address add 198.51.100.7/24 dev eth0; ip link set eth0 up; ip link set e1 up',
      );
      const args = [...REDIRECT, NATIVE, '-c', '1eth,veth1@if2,counter'] as const;
      const found = await run(namespace, args);
      expect(found).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('IPv6 is off, and is left alone here') });
      const { stdout } = await namespace.run('nft -s list ruleset');
      for (const name of ['1eth', 'veth1@if2', 'counter']) expect(stdout).toContain(`iifname "${name}" counter return`);
      expect(stdout.match(/meta nfproto ipv6 counter return/g)).toHaveLength(2);
      expect(await run(namespace, args)).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('already there') });
      const exact = await run(namespace, [...REDIRECT, NATIVE], { env: { ISTIO_INIT_EXACT: 'true' } });
      expect(exact).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('capture IPv6 though it is off') });
      expect((await namespace.run('nft list ruleset')).stdout).not.toContain('nfproto');
    });
  });

  it('that was cleaned without its policy routing, as the real program does it, is cleaned to the end by whoever knows its mark', async () => {
    const marked = [...TPROXY, NATIVE, '-t', '55', '-r', '77'] as const;
    await inNamespace(async (namespace) => {
      const routing = async (): Promise<string> => (await namespace.run('ip rule; ip route show table 77 2>/dev/null')).stdout;
      const before = await routing();
      await run(namespace, marked);
      expect(await routing()).toMatch(/fwmark 0x37 lookup 77[^]*local default/);
      await namespace.run('for t in nat mangle; do nft delete table inet istio-proxy-$t; done');
      expect(await run(namespace, [...marked, '--cleanup-only'])).toMatchObject({ exitCode: 0 });
      expect(await routing()).toBe(before);
      // With its tables there, nobody needs to know it.
      await run(namespace, marked);
      expect(await run(namespace, CLEAN)).toMatchObject({ exitCode: 0 });
      expect(await routing()).toBe(before);
    });
  });

  it('in a dry run starts nothing, and prints what a run then feeds to nft', async () => {
    const { path, started } = counted();
    await inNamespace(async (namespace) => {
      const before = await everything(namespace);
      const dry = await run(namespace, [...TPROXY, NATIVE, '--dry-run'], { path });
      expect(dry).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('nothing was touched') });
      expect(started()).toEqual([]);
      expect(await everything(namespace)).toBe(before);
      const real = await run(namespace, [...TPROXY, NATIVE, '--log_as_json'], { path });
      const told = real.stderr
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { readonly msg: string }).msg);
      expect(told).toContain(`nftables rules programmed:\n${dry.stdout.trimEnd()}`);
    });
  });
});
