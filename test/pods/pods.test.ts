/** Real pods under podman: our image as init container, Squid as sidecar, an HTTP app; and what our commands say of them. */

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildMachine, buildOurs, TOOLS } from './images.ts';
import { auditContainer, INIT_CONTEXT, podFile, RELEASE, VALIDATION_CONTEXT } from './manifest.ts';
import type { PodNode, Said } from './node.ts';
import { openNode } from './node.ts';
import { describePods } from './requirements.ts';

const DUAL_STACK = { 'proxy.istio.io/config': 'proxyMetadata: {ISTIO_DUAL_STACK: "true"}' };

interface TestPod {
  readonly ip: string;
  readonly ip6: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const PODS: Readonly<Record<'client' | 'server' | 'tproxy', TestPod>> = {
  client: {
    ip: '198.51.100.10',
    ip6: '2001:db8:1::10',
    annotations: {
      'proxy.istio.io/config': 'proxyMetadata: {ISTIO_DUAL_STACK: "true", ISTIO_META_DNS_CAPTURE: "true"}',
      'traffic.sidecar.istio.io/excludeOutboundPorts': '9080',
    },
  },
  server: {
    ip: '198.51.100.11',
    ip6: '2001:db8:1::11',
    annotations: { ...DUAL_STACK, 'traffic.sidecar.istio.io/excludeInboundPorts': '9080' },
  },
  tproxy: { ip: '198.51.100.12', ip6: '2001:db8:1::12', annotations: { ...DUAL_STACK, 'sidecar.istio.io/interceptionMode': 'TPROXY' } },
};

type Name = keyof typeof PODS;

const NAMES = Object.keys(PODS) as readonly Name[];

interface Answer {
  readonly pod?: string;
  readonly peer?: string;
  readonly hops?: readonly string[];
  readonly failed?: string;
}

describePods('pods', () => {
  let node: PodNode;

  beforeAll(async () => {
    node = await openNode(await buildOurs());
    await buildMachine(node);
    const networks = ['--subnet', '198.51.100.0/24', '--ipv6', '--subnet', '2001:db8:1::/64'];
    await node.podman('network', 'create', ...networks, '--disable-dns', 'mesh');
    for (const name of NAMES) {
      const { ip, ip6, annotations } = PODS[name];
      await node.podman('kube', 'play', '--network', `mesh:ip=${ip},ip=${ip6}`, podFile(node, { name, annotations }));
    }
    await Promise.all(NAMES.map(listening));
  }, 240_000);

  // Also where making them has failed.
  afterAll(() => node?.close());

  /** Waits until the sidecar listens; its start is not what is tested here. */
  async function listening(name: Name): Promise<void> {
    const sockets = `/proc/${await pidOf(name)}/net/tcp6`;
    for (let tries = 0; !/:3A9E 0{32}:0000 0A/.test((await node.run(['cat', sockets])).stdout); tries++) {
      if (tries === 200) throw new Error(`the sidecar of ${name} does not listen: ${await node.podman('logs', `${name}-istio-proxy`)}`);
      await setTimeout(100);
    }
  }

  async function pidOf(name: Name, container = 'app'): Promise<string> {
    return (await node.podman('inspect', `${name}-${container}`, '--format', '{{.State.Pid}}')).trim();
  }

  /** What the client's app is answered, in the order of the calls. */
  async function called(...urls: readonly string[]): Promise<readonly Answer[]> {
    const lines = await node.podman('exec', 'client-app', '/node', '/pod/get.cjs', ...urls);
    return lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Answer);
  }

  /** A command of the image in a container of the node, with the rights of the documentation. */
  async function ours(options: readonly string[], ...args: readonly string[]): Promise<Said> {
    return node.run(['podman', ...node.store, 'run', '--rm', '--read-only', ...options, TOOLS, ...args]);
  }

  /** The same with the rights of an audit: among the node's processes. */
  function onNode(...args: readonly string[]): Promise<Said> {
    return ours(['--network=none', ...auditContainer().options], ...args);
  }

  function rulesIn(pid: string): Promise<Said> {
    const script = 'iptables-save; ip6tables-save; nft -a list ruleset; ip rule; ip route show table all; ip -6 addr show dev lo';
    return node.run([
      'nsenter',
      '-t',
      pid,
      '-n',
      'sh',
      '-c',
      `{ ${script}; } | grep -v '^#' | sed -E 's/ packets [0-9]+ bytes [0-9]+//; s/\\[[0-9]+:[0-9]+\\]//'`,
    ]);
  }

  it('have an init container that had exactly the rights which it asked for', async () => {
    const format = '{{.State.ExitCode}} {{.HostConfig.ReadonlyRootfs}} {{.EffectiveCaps}} {{.HostConfig.Privileged}}';
    for (const name of NAMES)
      expect((await node.podman('inspect', `${name}-istio-init`, '--format', format)).trim()).toBe(
        '0 true [CAP_NET_ADMIN CAP_NET_RAW] false',
      );
    expect(INIT_CONTEXT.capabilities).toEqual({ add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] });
  });

  it('call each other through both sidecars, IPv4 and IPv6, and the app is called from 127.0.0.6 or ::6', async () => {
    const urls = (['server', 'tproxy'] as const).flatMap((name) => [`http://${PODS[name].ip}:8080/`, `http://[${PODS[name].ip6}]:8080/`]);
    const hops = ['outbound', 'inbound'];
    expect(await called(...urls)).toEqual([
      { pod: 'server', peer: '127.0.0.6', hops },
      { pod: 'server', peer: '::6', hops },
      { pod: 'tproxy', peer: '127.0.0.6', hops },
      { pod: 'tproxy', peer: '::6', hops },
    ]);
  });

  it('go straight where an annotation excludes a port', async () => {
    const { ip, ip6 } = PODS.server;
    expect(await called(`http://${ip}:9080/`, `http://[${ip6}]:9080/`)).toEqual([
      { pod: 'server', peer: PODS.client.ip, hops: [] },
      { pod: 'server', peer: PODS.client.ip6, hops: [] },
    ]);
    // Of the other pod the client excludes it, and its own sidecar does not.
    expect(await called(`http://${PODS.tproxy.ip}:9080/`)).toEqual([{ pod: 'tproxy', peer: '127.0.0.6', hops: ['inbound'] }]);
  });

  it('ask the sidecar for names, where nobody answers at the nameserver that they have', async () => {
    expect(await called('http://server.shop:9080/')).toMatchObject([{ pod: 'server' }]);
  });

  it('are not changed by their init container a second time', async () => {
    for (const name of NAMES) {
      const pid = await pidOf(name);
      const before = await rulesIn(pid);
      expect(before.stdout).toContain('ISTIO_');
      const again = await node.run(['podman', ...node.store, 'start', '-a', `${name}-istio-init`]);
      expect([again.exitCode, again.stdout + again.stderr]).toEqual([0, expect.stringContaining('already there, nothing changed')]);
      expect(await rulesIn(pid)).toEqual(before);
    }
  });

  it('pass istio-validation as 1337 without any right, and a pod without rules does not', async () => {
    const { runAsUser, runAsGroup } = VALIDATION_CONTEXT;
    const rights = [`--user=${runAsUser}:${runAsGroup}`, '--cap-drop=all', '--security-opt=no-new-privileges'];
    const args = 'istio-iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i * -b * --run-validation --skip-rule-apply'.split(' ');
    const inside = await ours([...rights, '--pod=server'], ...args);
    expect({ exitCode: inside.exitCode, said: inside.stderr }).toMatchObject({ exitCode: 0 });
    // In the network that podman gives to whoever asks for none: without any address the real program fails with 1.
    const outside = await ours(rights, ...args, '--probe-timeout', '1s');
    expect(outside.exitCode).toBe(126);
  });

  it('are read by identify, check and diff from the node', async () => {
    const [server, tproxy] = [await pidOf('server'), await pidOf('tproxy')];
    const identified = await onNode('identify', `pid:${server}`);
    expect(identified).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('exactly the rules of Istio 1.25.0 to ') });
    expect(await onNode('check', `pid:${tproxy}`, '--release', RELEASE, '--set', 'mode=TPROXY', '--set', 'dualStack=true')).toMatchObject({
      exitCode: 0,
    });
    const { ip, ip6 } = PODS.server;
    const sets = ['--set', 'inbound.excludePorts=15090,15021,9080,15020', '--set', 'dualStack=true'];
    const same = await onNode('diff', `pid:${server}`, `@${RELEASE}`, ...sets, '--address', ip, '--address', ip6);
    expect(same).toMatchObject({ exitCode: 0 });
    const other = await onNode('diff', `pid:${server}`, `pid:${tproxy}`);
    expect(other).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('TPROXY') });
  });

  it('are all found by the audit of the DaemonSet in the documentation, and the one that was tampered with', async () => {
    const { args } = auditContainer();
    // What goes on for ever, and who is served meanwhile.
    const once = args.filter((word, at) => ![word, args[at - 1]].some((option) => option === '--every' || option === '--listen'));
    expect(args.length - once.length).toBe(4);
    const audited = async (): Promise<{ readonly exitCode: number | undefined; readonly pods: Readonly<Record<string, object>> }> => {
      const { exitCode, stdout, stderr } = await onNode(...once);
      expect(stderr).toBe('');
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Readonly<Record<string, string>>);
      expect(lines.pop()).toMatchObject({ kind: 'AuditSummary', node: 'box', pods: lines.length });
      return { exitCode, pods: Object.fromEntries(lines.map((line) => [`${line['namespace']}/${line['pod']}`, line])) };
    };
    const good = { verdict: 'as it should be', release: RELEASE, node: 'box' };
    expect(await audited()).toMatchObject({
      exitCode: 0,
      pods: { 'shop/client': { ...good, workload: 'client' }, 'shop/server': good, 'shop/tproxy': good },
    });
    await node.run(['nsenter', '-t', await pidOf('server'), '-n', 'ip6tables', '-t', 'nat', '-D', 'ISTIO_INBOUND', '1']);
    expect(await audited()).toMatchObject({
      exitCode: 1,
      pods: { 'shop/client': good, 'shop/server': { verdict: 'not as it should be', drift: '1 rule missing' }, 'shop/tproxy': good },
    });
  });

  it('leave nothing outside of the node', async () => {
    const mounts = readFileSync('/proc/mounts', 'utf8');
    expect(mounts.includes(node.folder)).toBe(false);
  });
});
