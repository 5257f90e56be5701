import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { readTraceContext } from '../../src/cli/trace/context.ts';
import { provenFor } from '../../src/istio/packets/captured-flows.ts';
import { packetFromWords } from '../../src/istio/packets/packet/words.ts';
import { hostOf } from '../../src/istio/packets/trace-plan.ts';
import { printCommands } from '../../src/netfilter/print.ts';
import type { SourceOptions } from '../../src/sources/options.ts';
import { readSource } from '../../src/sources/read-source.ts';
import type { RuleSource } from '../../src/sources/rule-source.ts';
import { SHELL_BIN } from '../cli/program.ts';
import type { Namespace } from './namespace.ts';
import { inNamespace } from './namespace.ts';
import { PYTHON } from './python.ts';
import { describeKernel } from './requirements.ts';
import { everything, run as runByNode, startingFrom } from './starting.ts';

const { run } = startingFrom(SHELL_BIN);

const NONE: SourceOptions = { sets: [], env: [], addresses: [], nameservers: [] };

function sourceOf({ name }: Namespace): string {
  return `netns:/run/netns/${name}`;
}

function commandsOf({ seen: { ip, ip6 } }: RuleSource): readonly string[] {
  return (printCommands(ip) + printCommands(ip6)).split('\n').filter((line) => line !== '');
}

function placesOf({ places = [] }: RuleSource): readonly string[] {
  return places.map(({ family, table, backend }) => `${family} ${table} ${backend}`);
}

/** As which user and with which capabilities a program runs. */
const as = (user: number, ...capabilities: readonly string[]): readonly string[] => {
  const set = `-all${capabilities.map((capability) => `,+${capability}`).join('')}`;
  return [
    'setpriv',
    `--reuid=${user}`,
    `--regid=${user}`,
    '--clear-groups',
    `--bounding-set=${set}`,
    `--inh-caps=${set}`,
    `--ambient-caps=${set}`,
  ];
};

describeKernel.concurrent('a live namespace', () => {
  it('shows the rules of both backends and families, each with its place', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(`iptables-nft -t nat -A OUTPUT -p tcp -j RETURN; iptables-legacy -t mangle -A OUTPUT -p udp -j RETURN
        ip6tables-legacy -t nat -A OUTPUT -p tcp -j ACCEPT; ip6tables-nft -t raw -A OUTPUT -p udp -j ACCEPT; iptables-nft -t raw -L >/dev/null`);
      const side = await readSource(sourceOf(namespace), NONE);
      expect(commandsOf(side)).toEqual([
        'iptables -t mangle -A OUTPUT -p udp -j RETURN',
        'iptables -t nat -A OUTPUT -p tcp -j RETURN',
        'ip6tables -t raw -A OUTPUT -p udp -j ACCEPT',
        'ip6tables -t nat -A OUTPUT -p tcp -j ACCEPT',
      ]);
      expect(placesOf(side)).toEqual(['ip nat nft', 'ip mangle legacy', 'ip6 raw nft', 'ip6 nat legacy']);
      expect(side).toMatchObject({ name: `the network namespace /run/netns/${namespace.name}`, notes: [] });
      expect(side.seen).toMatchObject({ seen: { ip: 'all', ip6: 'all' }, unseen: [] });
    });
  });

  it('has a table that is in both backends once, with a word on the order, and with chains of one name told apart', async () => {
    await inNamespace(async (namespace) => {
      const own = (backend: string, target: string): string =>
        `iptables-${backend} -t nat -N ISTIO_OUTPUT; iptables-${backend} -t nat -A OUTPUT -p tcp -j ISTIO_OUTPUT; iptables-${backend} -t nat -A ISTIO_OUTPUT -p tcp -j ${target}; `;
      await namespace.run(own('nft', 'RETURN') + own('legacy', 'ACCEPT'));
      const side = await readSource(sourceOf(namespace), NONE);
      expect(commandsOf(side)).toEqual([
        'iptables -t nat -N ISTIO_OUTPUT',
        'iptables -t nat -N ISTIO_OUTPUT.legacy',
        'iptables -t nat -A OUTPUT -p tcp -j ISTIO_OUTPUT',
        'iptables -t nat -A OUTPUT -p tcp -j ISTIO_OUTPUT.legacy',
        'iptables -t nat -A ISTIO_OUTPUT -p tcp -j RETURN',
        'iptables -t nat -A ISTIO_OUTPUT.legacy -p tcp -j ACCEPT',
      ]);
      expect(placesOf(side)).toEqual(['ip nat nft', 'ip nat legacy']);
      expect(side.notes).toEqual([expect.stringMatching(/^warning: the IPv4 table nat has rules in nft and in legacy, .*made last/)]);
    });
  });

  // What the word on the order rests on.
  it.each(['filter', 'mangle', 'raw', 'nat'])('sends a packet first to that backend whose table %s was made last', async (table) => {
    const counted = async (first: string, second: string): Promise<Readonly<Record<string, boolean>>> =>
      inNamespace(async ({ run: inside }) => {
        const { stdout } = await inside(`for b in ${first} ${second}; do
            iptables-$b -t ${table} -A OUTPUT -p udp --dport 99 -j ${table === 'nat' ? 'REDIRECT --to-ports 1' : 'DROP'}
          done
          bash -c 'echo >/dev/udp/127.0.0.1/99' 2>/dev/null
          for b in nft legacy; do iptables-$b-save -c -t ${table} | grep ' 99 '; done`);
        const [nft = '', legacy = ''] = stdout.split('\n');
        return { nft: !nft.startsWith('[0:0]'), legacy: !legacy.startsWith('[0:0]') };
      });
    expect(await counted('nft', 'legacy')).toEqual({ nft: false, legacy: true });
    expect(await counted('legacy', 'nft')).toEqual({ nft: true, legacy: false });
  });

  it('proves by conntrack what became of connections like the one that is asked for, of both families', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(`ip link add eth0 type veth peer name node; ip link set node up; ip address add 10.44.6.21/24 dev eth0; ip address add 2001:db8:44::21/64 dev eth0 nodad
        ip link set eth0 up; ip route add default via 10.44.6.1; ip -6 route add default via 2001:db8:44::1
        for program in iptables ip6tables; do $program -t nat -A OUTPUT -p tcp --dport 4321 -j REDIRECT --to-ports 15001; done
        ${PYTHON} -c '
import socket
proxy = socket.create_server(("::", 15001), family=socket.AF_INET6, dualstack_ipv6=True)
for to in ("198.51.100.9", "2001:db8:99::9"):
    call = socket.create_connection((to, 4321))
    proxy.accept()[0].close()
    call.close()'`);
      const source = sourceOf(namespace);
      const told = await Promise.all(
        ['198.51.100.9:4321', '[2001:db8:99::9]:4321', '198.51.100.9:80'].map(async (to) => {
          const found = await readTraceContext(source, NONE, { beforeProxy: false });
          const { podNetwork, flows = [] } = found;
          const host = hostOf(podNetwork.plan, podNetwork.facts, podNetwork.state);
          return provenFor(flows, packetFromWords({ from: 'app', to }, podNetwork.pod, host).packet, podNetwork.ports);
        }),
      );
      expect(told).toEqual([
        ['envoy-outbound: 1 connection, as 10.44.6.21 > 198.51.100.9:4321, answered from port 15001'],
        ['envoy-outbound: 1 connection, as 2001:db8:44::21 > [2001:db8:99::9]:4321, answered from port 15001'],
        [],
      ]);
    });
  });

  it('reads the tables of nft too, and names what it can not read', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(`nft add table inet harmless; nft add table arp filter
        for table in 'inet istio-proxy-nat' 'ip kube-proxy' 'bridge filter'; do nft add table $table
          nft add chain $table c '{ type filter hook output priority 0; }'; nft add rule $table c counter; done
        nft add table ip6 nat; nft add chain ip6 nat other '{ type nat hook output priority -90; }'
        for table in nat raw; do iptables-nft -t $table -A OUTPUT -p tcp -j RETURN; done
        nft add rule ip raw OUTPUT ct state new counter`);
      const side = await readSource(sourceOf(namespace), NONE);
      expect(side).toMatchObject({ notes: [], seen: { seen: { ip: ['mangle', 'security', 'filter', 'nat'], ip6: 'all' } } });
      expect(side.seen.ip.tables.map(({ name }) => name)).toEqual(['nat', 'inet harmless', 'inet istio-proxy-nat', 'ip kube-proxy']);
      expect(side.seen.ip6.tables.map(({ name }) => name)).toEqual(['inet harmless', 'inet istio-proxy-nat']);
      expect(placesOf(side).toSorted()).toEqual([
        'ip harmless native nft',
        'ip istio-proxy-nat native nft',
        'ip kube-proxy native nft',
        'ip nat nft',
        'ip6 harmless native nft',
        'ip6 istio-proxy-nat native nft',
      ]);
      expect(side.seen.unseen).toEqual([
        { family: 'ip', table: 'raw', reason: 'iptables-nft calls it incompatible: it holds rules that only nft shows' },
        { family: 'ip6', table: 'nat', reason: 'it has more base chains than iptables knows, which only nft shows' },
        { kind: 'native table', reason: 'the table bridge filter is native to nft, and no rules of iptables' },
      ]);
      expect((await run(namespace, ['istio-init', 'preview', 'live'])).stderr.split('\n')).toEqual([
        'note: IPv4 nat is in nft',
        ...side.seen.unseen.map(
          ({ kind, family, table = '', reason }) =>
            `note: not shown: ${kind !== undefined || family === undefined ? '' : `${`${family === 'ip' ? 'IPv4' : 'IPv6'} ${table}`.trim()}: `}${reason}`,
        ),
        ...['inet harmless', 'inet istio-proxy-nat', 'ip kube-proxy'].map(
          (name) => `note: not shown: the table ${name} is nft's own, and nft list table ${name} shows it`,
        ),
        '',
      ]);
    });
  });

  it('is the same by process, by path and from within, and so is what is known of its pod', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(`ip link add eth0 type veth peer name other; ip address add 10.1.2.3/24 dev eth0; ip address add 2001:db8::7/64 dev eth0 nodad
        iptables -t nat -A OUTPUT -p tcp -j RETURN; ip6tables-legacy -t mangle -A OUTPUT -p tcp -j RETURN`);
      const process = execa('ip', ['netns', 'exec', namespace.name, 'cat']);
      try {
        const byPath = await readSource(sourceOf(namespace), { ...NONE, nameservers: ['10.96.0.10'] });
        const byProcess = await readSource(`pid:${process.pid}`, NONE);
        const within = await runByNode(namespace, ['istio-init', 'preview', 'live', '-o', 'json']);
        expect(byProcess).toMatchObject({
          name: `the network namespace of process ${process.pid}`,
          seen: byPath.seen,
          places: byPath.places,
        });
        expect(byPath.facts).toMatchObject({ addresses: ['10.1.2.3/24', '2001:db8::7/64'], nameservers: ['10.96.0.10'] });
        expect(byProcess.facts).toMatchObject({ addresses: ['10.1.2.3/24', '2001:db8::7/64'] });
        const { places, ip, ip6 } = JSON.parse(within.stdout);
        expect(places).toEqual(byPath.places);
        expect([ip, ip6].map(({ tables }) => tables[0].name)).toEqual(['nat', 'mangle']);
      } finally {
        process.kill('SIGKILL');
        await process.catch(() => undefined);
      }
    });
  });

  it('is not changed by the look: no table is made, in neither backend', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(
        'iptables-legacy -t mangle -A OUTPUT -j ACCEPT; iptables-nft -t nat -A OUTPUT -j ACCEPT; nft add table inet mine',
      );
      const lists =
        'nft -j list ruleset; nft list tables; cat /proc/net/ip_tables_names /proc/net/ip6_tables_names /proc/modules 2>/dev/null';
      const before = await namespace.run(lists);
      expect(before.stdout).toMatch(/mangle/);
      await readSource(sourceOf(namespace), NONE);
      for (const prefix of [[], as(0, 'net_admin'), as(1000, 'net_admin', 'net_raw'), as(1000)])
        await run(namespace, ['istio-init', 'preview', 'live'], { prefix });
      expect(await namespace.run(lists)).toEqual(before);
    });
  });

  it('can not be read without rights, and then nothing is said to be empty', async () => {
    await inNamespace(async (namespace) => {
      const preview = (prefix: readonly string[]) => run(namespace, ['istio-init', 'preview', 'live'], { prefix });
      const refusedFor = (fix: string): string =>
        `istio-init: preview: live: the rules can not be read: this process has no NET_ADMIN capability, without which the kernel shows and changes no rules; ${fix}\n`;
      const asRoot = refusedFor('add the capability NET_ADMIN (kubectl debug --profile=netadmin does)');
      const refused = refusedFor('run as root');
      expect(await preview(as(0))).toEqual({ exitCode: 2, stdout: '', stderr: asRoot });
      expect(await preview(as(1000))).toEqual({ exitCode: 2, stdout: '', stderr: refused });
      await namespace.run('iptables-nft -t nat -A OUTPUT -j ACCEPT');
      expect(await preview(as(1000))).toEqual({ exitCode: 2, stdout: '', stderr: refused });
      const half = await preview(as(1000, 'net_admin'));
      expect(half).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/-A OUTPUT -j ACCEPT/) });
      expect(half.stderr.split('\n')).toEqual([
        'note: IPv4 nat is in nft',
        'note: not shown: IPv4: only root may read /proc/net/ip_tables_names, which says what legacy holds',
        'note: not shown: IPv6: only root may read /proc/net/ip6_tables_names, which says what legacy holds',
        '',
      ]);
      await namespace.run('iptables-nft -t nat -F; ip6tables-legacy -t raw -A OUTPUT -j ACCEPT');
      expect((await preview([...as(1000, 'net_admin')])).stderr).toMatch(/^note: no IPv4 rules can be seen$/m);
      expect((await preview(as(0))).stderr).toBe(asRoot);
    });
  });

  it('is read with plain iptables where there is no other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'istio-init-path-'));
    for (const name of ['iptables', 'iptables-save', 'nft']) symlinkSync(`/usr/sbin/${name}`, join(folder, name));
    await inNamespace(async (namespace) => {
      await namespace.run('iptables -t nat -A OUTPUT -j ACCEPT; iptables-nft -t raw -A OUTPUT -j ACCEPT');
      const path = `${folder}:${dirname(process.execPath)}:/usr/bin`;
      const { stdout, stderr } = await run(namespace, ['istio-init', 'preview', 'live', '-o', 'commands'], { path });
      expect({ stdout, stderr }).toMatchObject({
        stdout: expect.stringMatching(/-t nat -A OUTPUT -j ACCEPT/),
        stderr: expect.not.stringMatching(/not shown/),
      });
    });
  });

  it('goes through a preview in every form', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run('iptables-legacy -t nat -A OUTPUT -p tcp -j REDIRECT --to-ports 15001');
      const before = await everything(namespace);
      for (const form of ['restore', 'save', 'commands', 'list', 'json', 'yaml']) {
        const { exitCode, stdout, stderr } = await run(namespace, ['istio-init', 'preview', 'live', '-o', form]);
        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'note: IPv4 nat is in legacy\n' });
        expect(stdout).toMatch(/15001/);
      }
      expect(await everything(namespace)).toBe(before);
    });
  });
});
