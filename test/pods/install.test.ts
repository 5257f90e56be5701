/** The image under the rights and the command lines of the installation page, which are read off it. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inject } from '../../src/istio/kubernetes/injection/inject.ts';
import { wordsOf } from '../../src/istio/kubernetes/injection/injected.ts';
import { readManifest } from '../../src/istio/kubernetes/manifest/read.ts';
import { readMesh } from '../../src/istio/kubernetes/mesh/read.ts';
import { profileOf } from '../../src/istio/releases/profile.ts';
import { readYaml } from '../../src/istio/yaml.ts';
import type { Namespace } from '../kernel/namespace.ts';
import { inNamespace } from '../kernel/namespace.ts';
import { describeKernel } from '../kernel/requirements.ts';

const BUILD = fileURLToPath(new URL('image.sh', import.meta.url));
const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const page = readFileSync(join(docs, 'install.md'), 'utf8');

const POD = 'apiVersion: v1\nkind: Pod\nmetadata: {name: cart, namespace: shop}\nspec: {containers: [{name: app}]}\n';
const ARGS = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '*', '-d', '15090,15021,15020'];
/** As a container of Kubernetes has it where `allowPrivilegeEscalation` is false and the root is read-only. */
const CONFINED = ['--read-only', '--security-opt', 'no-new-privileges'];
/** What kubectl 1.32 sends for `--profile=netadmin` (seen with a stand-in for the API server): to be added, and nothing else. */
const NETADMIN = ['--cap-drop', 'all', '--cap-add', 'NET_ADMIN', '--cap-add', 'NET_RAW'];
/** And for `--profile=sysadmin` on a node. */
const SYSADMIN = ['--privileged', '--pid', 'host'];

/** An interface as a pod has it. */
const ETH0 =
  'ip link add eth0 type veth peer name eth1; ip addr add 198.51.100.7/24 dev eth0; ip addr add 2001:db8::7/64 dev eth0 nodad;' +
  'ip link set eth0 up; ip link set eth1 up; ip route add default via 198.51.100.1';

/** The row of the table of rights for a container, as options of podman. */
function rights(container: string): readonly string[] {
  const row = page.split('\n').find((line) => line.startsWith(`| ${container} |`)) ?? '';
  const [user = '', add = '', drop = ''] = row.split(' | ').slice(1);
  const capabilities = add === 'none' ? [] : add.split(', ');
  expect([Number.parseInt(user, 10) >= 0, drop]).toEqual([true, 'ALL |']);
  return ['--user', `${Number.parseInt(user, 10)}`, '--cap-drop', 'all', ...capabilities.flatMap((one) => ['--cap-add', one])];
}

/** What the page has run in a container of `kubectl debug` with a profile. */
function recipes(profile: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^kubectl debug .*--profile=${profile} .*-- (istio-init .*|sh -c .*)$`, 'gm'))].map(
    ([, text = '']) => text,
  );
}

interface Said {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

describeKernel('the image, as the installation page has it run', () => {
  let image = '';
  let podman: readonly string[] = [];
  let env: Readonly<Record<string, string>> = {};
  let folder = '';

  beforeAll(() => {
    const script = `eval "$(${BUILD})" && printf '%s\\n' "$CONTAINERS_CONF" "$IMAGE" $STORAGE`;
    const [conf = '', name = '', ...storage] = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).trim().split('\n');
    env = { CONTAINERS_CONF: conf };
    podman = ['podman', ...storage];
    image = name;
    folder = mkdtempSync(join(tmpdir(), 'istio-init-install-'));
    writeFileSync(join(folder, 'pod.yaml'), POD);
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs a container of the image in a namespace, or in the node's own. */
  async function run(where: Namespace | 'node', options: readonly string[], ...words: readonly string[]): Promise<Said> {
    const mounted = ['--volume', `${folder}:/pod:ro`, '--volume', `${docs}examples:/examples:ro`];
    const net = where === 'node' ? '/proc/self/ns/net' : `/run/netns/${where.name}`;
    const argv = [`--net=${net}`, ...podman, 'run', '--rm', '--network', 'host', ...mounted, ...options];
    const { exitCode, stdout, stderr } = await execa('nsenter', [...argv, image, ...words], {
      env,
      stdin: 'ignore',
      reject: false,
      timeout: 60_000,
    });
    return { status: exitCode, stdout, stderr };
  }

  /** The same for lines of a shell. */
  function runShell(where: Namespace | 'node', options: readonly string[], lines: readonly string[]): Promise<Said> {
    return run(where, [...options, '--entrypoint', '/bin/sh'], '-c', lines.join('\n'));
  }

  const failed = (text: string): object => ({ status: 1, stderr: expect.stringContaining(text) });
  const applied = (text: string): object => ({ status: 0, stderr: expect.stringMatching(new RegExp(`${text}.*applied and verified.*`)) });

  it('does all that nft has to do with NET_ADMIN alone: redirection, TPROXY, DNS, IPv6', async () => {
    const nft = rights('`istio-init`, nft');
    expect(nft).toContain('NET_ADMIN');
    expect(nft).not.toContain('NET_RAW');
    await inNamespace(async (namespace) => {
      await namespace.run(ETH0);
      const all = ['--env', 'ISTIO_DUAL_STACK=true', '--env', 'ISTIO_META_DNS_CAPTURE=true'];
      const tproxy = ARGS.map((word) => (word === 'REDIRECT' ? 'TPROXY' : word));
      expect(await run(namespace, [...nft, ...CONFINED, ...all], 'istio-iptables', ...tproxy)).toMatchObject(applied('1.30.3'));
      const { stdout } = await namespace.run('iptables-nft-save; ip6tables-nft-save');
      for (const part of ['*raw', '*mangle', '*nat', '-j TPROXY', '-j CT --zone', 'ip6tables']) expect(stdout).toContain(part);
      const less = nft.filter((word) => word !== '--cap-add' && word !== 'NET_ADMIN');
      expect(await run(namespace, [...less, ...CONFINED], 'istio-iptables', ...ARGS)).toMatchObject(failed('NET_ADMIN'));
    });
  });

  it('needs NET_RAW as well for legacy, and says so without it', async () => {
    const words = ['istio-iptables', ...ARGS, '--force-iptables-binary', 'legacy'];
    await inNamespace(async (namespace) => {
      expect(await run(namespace, [...rights('`istio-init`, nft'), ...CONFINED], ...words)).toMatchObject(failed('no NET_RAW capability'));
      expect(await run(namespace, [...rights('`istio-init`, legacy'), ...CONFINED], ...words)).toMatchObject({
        status: 0,
        stderr: expect.stringContaining('legacy, 18 IPv4'),
      });
    });
  });

  it('validates without any right, as 1337 and as the user that OpenShift chooses', async () => {
    const words = ['istio-iptables', ...ARGS, '--run-validation', '--skip-rule-apply', '--probe-timeout', '1s'];
    const proxy = rights('`istio-validation`');
    expect(proxy).toEqual(['--user', '1337', '--cap-drop', 'all']);
    const other = proxy.map((word) => (word === '1337' ? '1000650000:1000650000' : word));
    await inNamespace(async (namespace) => {
      await namespace.run(ETH0);
      await run(namespace, rights('`istio-init`, nft'), 'istio-iptables', ...ARGS);
      const inbound = await run(namespace, [...proxy, ...CONFINED], ...words);
      expect(inbound).toMatchObject({ status: 0, stderr: expect.stringContaining('IPv4 inbound: redirected') });
      const outbound = await run(namespace, [...other, ...CONFINED], ...words);
      expect(outbound).toMatchObject({ status: 0, stderr: expect.stringContaining('IPv4 outbound: redirected') });
      await namespace.run('iptables-nft -t nat -F');
      expect(await run(namespace, [...other, ...CONFINED], ...words, '--probe-timeout', '300ms')).toMatchObject({ status: 126 });
    });
  });

  it('does what the values file and the recipes say, with the rights of the profile netadmin', async () => {
    await inNamespace(async (namespace) => {
      const { args, variables } = injected();
      const options = [...rights('`istio-init`, nft'), ...CONFINED, ...variables.flatMap((one) => ['--env', one])];
      const made = await run(namespace, options, 'istio-iptables', ...args);
      const [promised = ''] = /^the rules of Istio .* applied and verified.*$/m.exec(page) ?? [];
      expect(promised).toContain('1.28.0 (the release that was named)');
      expect(made).toMatchObject({ status: 0, stderr: expect.stringContaining(promised) });

      const lines = recipes('netadmin');
      expect(lines).toHaveLength(4);
      const own = 'istio-init diff live @1.28.0 -f /pod/pod.yaml --values /examples/values-istio-init.yaml';
      const outside = "sh -c 'iptables-save; ip6tables-save' | istio-init check - -f /pod/pod.yaml --release 1.28.0";
      const whole = await runShell(
        namespace,
        NETADMIN,
        [...lines, own, outside].map((line) => `${line} || exit 9`),
      );
      expect(whole).toMatchObject({ status: 0, stdout: expect.stringContaining('exactly the rules of Istio 1.25.0 to ') });
      expect(whole.stdout.match(/^this network namespace: as it should be$/gm)).toHaveLength(1);
      expect(whole.stdout.match(/^No differences\.$/gm)).toHaveLength(2);
      // Without a profile there are the engine's own capabilities.
      const without = await run(namespace, [], 'diff', 'live', '@1.28.0');
      expect(without).toMatchObject({ status: 2, stderr: expect.stringContaining('capability NET_ADMIN') });

      await namespace.run('iptables-nft -t nat -D ISTIO_INBOUND 3');
      const [, command = '', shown = ''] = /^```console\n# ([^\n]+)\n(.*?)^```/ms.exec(page) ?? [];
      expect((await runShell(namespace, NETADMIN, [command])).stdout).toBe(shown.trimEnd());
    });
  });

  it('reads pods from a container of the profile sysadmin on their node, and not from one of netadmin', async () => {
    await inNamespace(async (namespace) => {
      await run(namespace, rights('`istio-init`, nft'), 'istio-iptables', ...ARGS);
      const pod = execa('ip', ['netns', 'exec', namespace.name, 'sleep', '60'], { reject: false });
      try {
        const inShell = [...page.matchAll(/^istio-init .*pid:4242.*$/gm)].map(([line]) => line.replaceAll(/pid:\d+/g, `pid:${pod.pid}`));
        expect(inShell).toHaveLength(3);
        const [sees, seesNot] = await Promise.all([
          runShell(
            'node',
            SYSADMIN,
            inShell.map((line) => `${line} || exit 9`),
          ),
          run('node', [...NETADMIN, '--pid', 'host'], 'check', `pid:${pod.pid}`),
        ]);
        expect(sees).toMatchObject({ status: 0, stdout: expect.stringContaining(`process ${pod.pid}: as it should be`) });
        expect(seesNot.status).toBe(2);
      } finally {
        pod.kill();
        await pod;
      }
    });
  });

  it('is the program of older injectors too, which do not name it, or name it as the command', async () => {
    const older = (release: string, ...words: readonly string[]): Promise<Said> =>
      inNamespace((namespace) =>
        run(
          namespace,
          [...rights('`istio-init`, nft'), '--env', `ISTIO_INIT_RELEASE=${release}`, '--entrypoint', 'istio-iptables'],
          ...words,
        ),
      );
    const [script, command, twice] = await Promise.all([
      older('1.3', ...ARGS.slice(0, -1), '15020'),
      older('1.5', ...ARGS),
      older('1.28.0', 'istio-iptables', ...ARGS),
    ]);
    expect(script).toMatchObject(applied('Istio 1.3.8'));
    expect(command).toMatchObject(applied('Istio 1.5.10'));
    expect(twice).toMatchObject(applied('Istio 1.28.0'));
  });

  /** What an injector of the mesh of the values file passes for a default pod. */
  function injected(): { readonly args: readonly string[]; readonly variables: readonly string[] } {
    const text = readFileSync(join(docs, 'examples/values-istio-init.yaml'), 'utf8');
    const [node] = readYaml(POD) as readonly [Parameters<typeof readManifest>[0]];
    const [item] = readManifest(node, 'pod.yaml');
    if (item?.kind !== 'workload') throw new Error('no workload');
    const injection = inject(item.workload, readMesh([{ file: 'values.yaml', text }]), profileOf('1.28.0'));
    if (injection.kind !== 'arguments') throw new Error(injection.kind);
    return { args: wordsOf(injection.arguments), variables: [...injection.environment].map(([name, { value }]) => `${name}=${value}`) };
  }
});
