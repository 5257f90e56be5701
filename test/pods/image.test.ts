/** The images as they are built from the Dockerfile: what is in them, and that they have the rights of their containers to work with. */

import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_POD } from '../default-pod.ts';
import { inNamespace } from '../kernel/namespace.ts';
import { describePods } from './requirements.ts';

const BUILD = fileURLToPath(new URL('image.sh', import.meta.url));
const POD = ['istio-iptables', ...DEFAULT_POD];
const INIT = ['--cap-add', 'NET_ADMIN', '--cap-add', 'NET_RAW', '--security-opt', 'no-new-privileges'];

const TOOLS_ALONE = ['dash', 'env', 'grep', 'mount', 'setpriv', 'timeout', 'unshare'].map((name) => `usr/bin/${name}`);

describePods.each([
  { target: 'tools', variable: 'IMAGE', runtime: ['@oven/bun-linux-x64'], alone: TOOLS_ALONE, mebibytes: 160 },
  { target: 'init', variable: 'INIT_IMAGE', runtime: ['libc6-dev', 'libquickjs'], alone: [], mebibytes: 20 },
])('the image of $target', ({ target, variable, runtime, alone, mebibytes }) => {
  let image = '';
  let root = '';
  let podman: readonly string[] = [];
  beforeAll(() => {
    const script = `eval "$(${BUILD})" && printf '%s\\n' "$CONTAINERS_CONF" "$${variable}" $STORAGE`;
    const [conf = '', name = '', ...storage] = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).trim().split('\n');
    process.env['CONTAINERS_CONF'] = conf;
    podman = ['podman', ...storage];
    image = name;
    root = ask('image', 'mount', image).trim();
  }, 600_000);
  afterAll(() => {
    ask('image', 'unmount', image);
  });

  function ask(...words: string[]): string {
    const [program = '', ...storage] = podman;
    return execFileSync(program, [...storage, ...words], { encoding: 'utf8' });
  }

  /** Its files, links left out, by their names in it. */
  function files(): readonly string[] {
    return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => lstatSync(join(root, file)).isFile());
  }

  it('has nothing that the program does not need', () => {
    const found = files();
    expect(
      found.filter(
        (file) =>
          /(^|\/)(npm|node|perl|apt|dpkg|gcc|python|bash|man|info|locale|cache)[^/]*(\/|$)/.test(file) && !file.includes('/dpkg/status.d/'),
      ),
    ).toEqual([]);
    expect(
      found.filter((file) => file.startsWith('usr/share/doc/') && !/\/(copyright|LICENSE|THIRD-PARTY-LICENSES\.txt)$/.test(file)),
    ).toEqual([]);
    const programs = ['usr/bin/ip', 'usr/bin/nsenter', 'usr/bin/tail', 'usr/local/bin/istio-init', 'usr/sbin/nft'];
    expect(found.filter((file) => /^usr\/(local\/)?s?bin\//.test(file)).sort()).toEqual(
      [...programs, 'usr/sbin/xtables-legacy-multi', 'usr/sbin/xtables-nft-multi', ...alone].sort(),
    );
  });

  it('is as large as its page says', () => {
    const size = Number(ask('image', 'inspect', '--format', '{{.Size}}', image)) / 1e6;
    process.stdout.write(`note: the image of ${target} has ${size.toFixed(1)} MB\n`);
    expect(size * 1e6).toBeLessThan(mebibytes * 2 ** 20);
    const page = readFileSync(new URL('../../docs/install.md', import.meta.url), 'utf8');
    const [, init, tools] = /^\| together \| ([\d.]+) MB \| ([\d.]+) MB \|$/m.exec(page) ?? [];
    expect(Math.abs(size / Number(target === 'init' ? init : tools) - 1)).toBeLessThan(0.03);
  });

  it('asks files alone for names', () => {
    const lines = readFileSync(join(root, 'etc/nsswitch.conf'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => line.split(': ')[1])).toEqual(lines.map(() => 'files'));
    expect(lines.length).toBeGreaterThan(4);
  });

  it('has a bill of materials with every package of it, with versions', () => {
    const { bomFormat, components } = JSON.parse(readFileSync(join(root, 'usr/share/istio-init/sbom.cdx.json'), 'utf8')) as {
      bomFormat: string;
      components: { name: string; version: string; purl: string }[];
    };
    expect(bomFormat).toBe('CycloneDX');
    for (const { version, purl } of components) expect(decodeURIComponent(purl)).toContain(`@${version}`);
    const debian = components.filter(({ purl }) => purl.startsWith('pkg:deb/debian/')).map(({ name }) => name);
    expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining(runtime));
    const own = debian.filter((name) => !runtime.includes(name));
    expect(own).toEqual(readdirSync(join(root, 'var/lib/dpkg/status.d')).sort());
    expect(debian).toEqual(expect.arrayContaining(['iptables', 'nftables', 'iproute2', 'libc6', 'libxtables12', 'netbase']));
    const npm = components.filter(({ purl }) => purl.startsWith('pkg:npm/')).map(({ name }) => name);
    const licensed =
      readFileSync(join(root, 'usr/share/doc/istio-init/THIRD-PARTY-LICENSES.txt'), 'utf8').match(/^\S+ \d+\.\d+\.\d+ \([^)]+\)$/gm) ?? [];
    expect(npm.filter((name) => !runtime.includes(name))).toEqual(licensed.map((line) => line.split(' ')[0]));
  });

  it('has the labels of its kind, with the version of package.json', () => {
    const { version, license } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Record<string, string>;
    const { Labels, User, Entrypoint } = JSON.parse(ask('image', 'inspect', '--format', '{{json .Config}}', image)) as Record<
      string,
      unknown
    >;
    expect({ Labels, User, Entrypoint }).toMatchObject({
      Labels: { 'org.opencontainers.image.version': version, 'org.opencontainers.image.licenses': license },
      User: '0:0',
      Entrypoint: ['istio-init'],
    });
  });

  it('is an init container, and the one that validates, with no more rights than those have', async () => {
    await inNamespace(async ({ name, run: inside }) => {
      const run = (rights: readonly string[], args: readonly string[]): { status: number | null; said: string } => {
        const argv = [
          `--net=/run/netns/${name}`,
          ...podman,
          'run',
          '--rm',
          '--network',
          'host',
          '--read-only',
          '--cap-drop',
          'all',
          ...rights,
          image,
          ...args,
        ];
        const { status, stderr } = spawnSync('nsenter', argv, { encoding: 'utf8', timeout: 60_000 });
        return { status, said: stderr };
      };
      expect(run(INIT, POD)).toEqual({ status: 0, said: expect.stringContaining('applied and verified') });
      expect(run(INIT, POD)).toEqual({ status: 0, said: expect.stringContaining('already there, nothing changed') });
      const validation = ['--user', '1337:1337', '--security-opt', 'no-new-privileges'];
      expect(run(validation, [...POD, '--run-validation', '--skip-rule-apply'])).toEqual({
        status: 0,
        said: expect.stringContaining('IPv4 inbound: redirected'),
      });
      await inside('iptables-nft -t nat -F');
      expect(run(validation, [...POD, '--run-validation', '--skip-rule-apply', '--iptables-probe-port', '15002'])).toMatchObject({
        status: 126,
      });
      expect(run(INIT, [...POD, '--force-iptables-binary', 'legacy'])).toEqual({
        status: 0,
        said: expect.stringContaining('legacy, 18 IPv4'),
      });
      expect(run(INIT, ['istio-iptables', '--cleanup-only']).status).toBe(0);
    });
  });
});
