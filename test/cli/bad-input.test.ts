import { mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SettingKey } from '../../src/istio/settings/settings.ts';
import { SETTING_KEYS, SETTINGS } from '../../src/istio/settings/settings.ts';
import { expectRefused, run, scratchFolder } from './program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const HEAD = 'apiVersion: istio-init/v1\nkind: SidecarCapture\n';
let files = 0;

/** Previews a file with this text; `FILE` in the expected lines is its name. */
async function expectFileRefused(text: string | Uint8Array, ...lines: readonly string[]): Promise<void> {
  files += 1;
  const file = folder.write(`sidecar-${files}.yaml`, text);
  expectRefused(await run(['preview', '-f', file], { cwd: folder.path }), ...lines.map((line) => line.replace(/^FILE/, file)));
}

const PORTS = 'a port (1 to 65535) or a range (8000:8099)';
const RANGES = 'an address range such as 10.0.0.0/8 or 2001:db8::/32';
const INTERFACES = 'an interface name (1 to 15 letters, digits, ".", "_", "-", a letter first)';
const TOP = 'apiVersion, kind, release, mode, proxy, inbound, outbound, interfaces, dns, tproxy, dropInvalid, dualStack';

describe.concurrent('a sidecar file is refused in one line that says where and what is allowed', () => {
  it.each<[string, string, string]>([
    ['a hexadecimal port', 'inbound: {excludePorts: [0x50]}', `FILE:3:26 "inbound.excludePorts": "0x50" is not ${PORTS}`],
    [
      'a port with a leading zero',
      'inbound:\n  excludePorts:\n    - 443\n    - 080',
      `FILE:6:7 "inbound.excludePorts": "080" is not ${PORTS}`,
    ],
    ['a port in scientific notation', 'inbound: {includePorts: [1e3]}', `FILE:3:26 "inbound.includePorts": "1e3" is not ${PORTS}`],
    ['a port with a letter', 'outbound: {excludePorts: [80a]}', `FILE:3:27 "outbound.excludePorts": "80a" is not ${PORTS}`],
    ['a port above 65535', 'outbound: {includePorts: [70000]}', `FILE:3:27 "outbound.includePorts": "70000" is not ${PORTS}`],
    [
      'a range that runs backwards',
      'outbound: {includePorts: ["9000:8000"]}',
      `FILE:3:27 "outbound.includePorts": "9000:8000" is not ${PORTS}`,
    ],
    ['a hexadecimal port of the proxy', 'proxy: {port: 0x50}', 'FILE:3:15 "proxy.port": "0x50" is not a port (1 to 65535)'],
    ['port 0', 'proxy: {inboundPort: 0}', 'FILE:3:22 "proxy.inboundPort": "0" is not a port (1 to 65535)'],
    ['too long a prefix', 'outbound: {includeRanges: [10.0.0.0/33]}', `FILE:3:28 "outbound.includeRanges": "10.0.0.0/33" is not ${RANGES}`],
    [
      'an address of three numbers',
      'outbound: {excludeRanges: [10.0.0/8]}',
      `FILE:3:28 "outbound.excludeRanges": "10.0.0/8" is not ${RANGES}`,
    ],
    ['an interface with a space', 'interfaces: {exclude: [eth 0]}', `FILE:3:24 "interfaces.exclude": "eth 0" is not ${INTERFACES}`],
    ['an unknown key', 'inboundd: {}', `FILE:3:1 "inboundd" is not a key here; allowed: ${TOP} (did you mean inbound?)`],
    [
      'an unknown key in a group',
      'inbound:\n  excludePort: []',
      'FILE:4:3 "excludePort" is not a key here; allowed: includePorts, excludePorts (did you mean excludePorts?)',
    ],
    ['a key that nothing is near to', 'spec: {}', `FILE:3:1 "spec" is not a key here; allowed: ${TOP}`],
    ['a number for a group', 'inbound: 5', 'FILE:3:10 "inbound": found "5", expected a mapping with includePorts, excludePorts'],
    [
      'a port for a list',
      'inbound: {excludePorts: 80}',
      `FILE:3:25 "inbound.excludePorts": found "80", expected a list; each item ${PORTS}`,
    ],
    [
      'a mapping for a list',
      'inbound: {excludePorts: {a: 1}}',
      `FILE:3:25 "inbound.excludePorts": found a mapping, expected a list; each item ${PORTS}`,
    ],
    ['a list for a word', 'mode: [REDIRECT]', 'FILE:3:7 "mode": found a list, expected REDIRECT, TPROXY, NONE'],
    ['a word for true or false', 'dropInvalid: yes', 'FILE:3:14 "dropInvalid": "yes" is not true or false'],
    ['a duplicate key', 'mode: NONE\nmode: TPROXY', 'FILE:4:1 "mode" stands here a second time; the first is at line 3'],
    ['an alias that holds itself', 'inbound: &x\n  excludePorts: [*x]', 'FILE:4:18 *x refers to itself'],
    ['an alias of nothing', 'mode: *x', 'FILE:3:7 *x refers to nothing'],
    ['an unknown release', 'release: "1.99"', 'FILE:3:10 "1.99" is not a known release of Istio; known: 1.0.0 to 1.30.3'],
    ['a release that is no word', 'release: [1.23]', 'FILE:3:10 "release": found a list, expected a release such as "1.23"'],
    ['an open bracket', 'inbound: {excludePorts: [80', 'FILE:3:28 unexpected end of the stream within a flow collection'],
    ['a tab', '\tmode: NONE', 'FILE:3:1 tab characters must not be used in indentation'],
  ])('%s', async (_, body, line) => {
    await expectFileRefused(HEAD + body, line);
  });

  it('a text that is no mapping', async () => {
    await expectFileRefused('hello', 'FILE:1:1 the document: found "hello", expected a mapping');
  });

  it('a manifest of another kind', async () => {
    await expectFileRefused(
      'apiVersion: v1\nkind: sidecarCapture\n',
      'FILE:2:7 "sidecarCapture" is no kind that is read here; allowed: SidecarCapture (did you mean SidecarCapture?)',
    );
  });

  it('every error of a file, in one line each', async () => {
    await expectFileRefused(
      `${HEAD}mode: X\nproxy: {port: 70000}\noutbound: {excludePorts: [1, 080, 2, 1e3]}\n`,
      'FILE:3:7 "mode": "X" is not REDIRECT, TPROXY, NONE',
      'FILE:4:15 "proxy.port": "70000" is not a port (1 to 65535)',
      `FILE:5:30 "outbound.excludePorts": "080" is not ${PORTS}`,
      `FILE:5:38 "outbound.excludePorts": "1e3" is not ${PORTS}`,
    );
  });

  it('an alias bomb', async () => {
    const bomb = Array.from({ length: 30 }, (_, level) =>
      level === 0 ? 'a0: &a0 [80, 80]' : `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}*a${level - 1}]`,
    );
    const unknown = bomb.map((_, level) => `FILE:${level + 3}:1 "a${level}" is not a key here; allowed: ${TOP}`);
    await expectFileRefused(
      `${HEAD}${bomb.join('\n')}\ninbound: {excludePorts: *a29}\n`,
      ...unknown,
      `FILE:31:11 "inbound.excludePorts": found a list, expected ${PORTS}`,
    );
  });
});

/** A value that each setting takes; one item where it is a list. */
const GOOD: Readonly<Record<SettingKey, string>> = {
  mode: 'TPROXY',
  'proxy.uids': '1337',
  'proxy.gids': '1337',
  'proxy.port': '15001',
  'proxy.inboundPort': '15006',
  'proxy.tunnelPort': '15008',
  'inbound.includePorts': '80',
  'inbound.excludePorts': '80',
  'outbound.includeRanges': '10.0.0.0/8',
  'outbound.excludeRanges': '10.0.0.0/8',
  'outbound.includePorts': '80',
  'outbound.excludePorts': '80',
  'outbound.ownerGroups': 'java',
  'outbound.excludeOwnerGroups': 'java',
  'outbound.loopback': '127.0.0.0/8',
  'interfaces.exclude': 'eth1',
  'interfaces.reroute': 'eth1',
  'dns.capture': 'all',
  'tproxy.mark': '1337',
  'tproxy.routeTable': '133',
  dropInvalid: 'true',
  dualStack: 'true',
};

/** A file with one setting a line, and the place of each value. */
function fileWith(value: (key: SettingKey) => string): {
  readonly text: string;
  readonly places: readonly { readonly key: SettingKey; readonly at: string }[];
} {
  const lines = HEAD.trim().split('\n');
  const places: { key: SettingKey; at: string }[] = [];
  for (const key of SETTING_KEYS) {
    const [group = '', name] = key.split('.');
    if (name !== undefined && !lines.includes(`${group}:`)) lines.push(`${group}:`);
    const list = SETTINGS[key].shape !== 'one';
    const start = name === undefined ? `${group}: ` : `  ${name}: ${list ? '[' : ''}`;
    lines.push(`${start}${JSON.stringify(value(key))}${list ? ']' : ''}`);
    places.push({ key, at: `${lines.length}:${start.length + 1}` });
  }
  return { text: `${lines.join('\n')}\n`, places };
}

describe.concurrent('no setting takes', () => {
  it('anything but its own values: with those, the same file is fine', async () => {
    const file = folder.write('good.yaml', fileWith((key) => GOOD[key]).text);
    const { exitCode, stdout } = await run(['preview', '-f', file, '--family', 'ip'], { cwd: folder.path });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('--dport 80 ');
  });

  describe.each<[string, (good: string) => string]>([
    ['a newline with a rule behind it', (good) => `${good}\n-A INPUT -j ACCEPT`],
    ['a newline at its end', (good) => `${good}\n`],
    ['a quote', (good) => `${good}"`],
    ['a target', (good) => `${good} -j ACCEPT`],
  ])('%s', (_, spoil) => {
    it('in a file', async () => {
      const { text, places } = fileWith((key) => spoil(GOOD[key]));
      const lines = places.map(({ key, at }) => `FILE:${at} "${key}": ${JSON.stringify(spoil(GOOD[key]))} is not ${SETTINGS[key].allowed}`);
      await expectFileRefused(text, ...lines);
    });

    it('with --set', async () => {
      const sets = SETTING_KEYS.flatMap((key) => ['--set', `${key}=${spoil(GOOD[key])}`]);
      const lines = SETTING_KEYS.map((key) => `--set "${key}": ${JSON.stringify(spoil(GOOD[key]))} is not ${SETTINGS[key].allowed}`);
      expectRefused(await run(['preview', ...sets]), ...lines);
    });

    it('as an argument of istio-iptables', async () => {
      const flags = {
        '-p': 'proxy.port',
        '-z': 'proxy.inboundPort',
        '-e': 'proxy.tunnelPort',
        '-u': 'proxy.uids',
        '-g': 'proxy.gids',
        '-b': 'inbound.includePorts',
        '-i': 'outbound.includeRanges',
        '-x': 'outbound.excludeRanges',
        '-q': 'outbound.includePorts',
        '-o': 'outbound.excludePorts',
        '-c': 'interfaces.exclude',
        '-k': 'interfaces.reroute',
        '-t': 'tproxy.mark',
        '-r': 'tproxy.routeTable',
      } as const;
      const args = Object.entries(flags).flatMap(([flag, key]) => [flag, spoil(GOOD[key])]);
      const { exitCode, stdout, stderr } = await run(['preview', '--', ...args]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      const said = stderr.trimEnd().split('\n');
      expect(said.map((line) => /^istio-init: preview: argument (-\w) "([\w.]+)": "/.exec(line)?.slice(1)).sort()).toEqual(
        Object.entries(flags).sort(),
      );
    });
  });
});

describe.concurrent('a file that can not be read is named', () => {
  const sockets = createServer();
  beforeAll(async () => {
    mkdirSync(join(folder.path, 'empty-folder'));
    mkdirSync(join(folder.path, 'papers'));
    folder.write('papers/notes.txt', 'kind: SidecarCapture\n');
    symlinkSync('loop.yaml', join(folder.path, 'loop.yaml'));
    symlinkSync('there.yaml', join(folder.path, 'here.yaml'));
    symlinkSync('here.yaml', join(folder.path, 'there.yaml'));
    folder.write('empty.yaml', '');
    folder.write(
      'binary.yaml',
      Uint8Array.from({ length: 256 }, (_, index) => index),
    );
    await new Promise<void>((resolve) => {
      sockets.listen(join(folder.path, 'socket.yaml'), resolve);
    });
  });
  afterAll(() => {
    sockets.close();
  });

  it.each([
    ['missing.yaml', 'missing.yaml does not exist'],
    ['empty.yaml', 'empty.yaml is empty'],
    ['binary.yaml', 'binary.yaml is binary, not text'],
    ['empty-folder', 'empty-folder holds no manifest (*.yaml, *.yml, *.json)'],
    ['papers', 'papers holds no manifest (*.yaml, *.yml, *.json)'],
    ['loop.yaml', 'loop.yaml is a loop of symbolic links'],
    ['here.yaml', 'here.yaml is a loop of symbolic links'],
    ['socket.yaml', 'socket.yaml is neither a file nor a folder'],
    ['/dev/zero', '/dev/zero is neither a file nor a folder'],
    ['empty.yaml/x', 'empty.yaml/x is no path: a part of it is not a folder'],
    ['', '"" does not exist'],
    ['a\nb\u001b[31m', 'a\\u000ab\\u001b[31m does not exist'],
  ])('%j', async (file, line) => {
    expectRefused(await run(['preview', '-f', file], { cwd: folder.path }), line);
  });

  it('on standard input', async () => {
    expectRefused(
      await run(['preview', '-f', '-'], { input: `${HEAD}mode: X\n` }),
      'standard input:3:7 "mode": "X" is not REDIRECT, TPROXY, NONE',
    );
    expectRefused(await run(['preview', '-f', '-']), 'standard input is empty');
  });
});

describe.concurrent('arguments of istio-iptables are refused in one line that names the flag', () => {
  const INBOUND = 'a port (0 to 65535), a range (a:b, a:, :b) or the name of a service';

  it.each<[string, readonly string[], string]>([
    ['a port with a leading zero', ['-b', '080'], `argument -b "inbound.includePorts": "080" is not ${INBOUND}`],
    ['a range that runs backwards', ['-b', '*', '-d', '9000:8000'], `argument -d "inbound.excludePorts": "9000:8000" is not ${INBOUND}`],
    [
      'a port above 65535',
      ['--istio-inbound-ports=70000'],
      `argument --istio-inbound-ports "inbound.includePorts": "70000" is not ${INBOUND}`,
    ],
    ['a port of the proxy above 65535', ['-p', '70000'], 'argument -p "proxy.port": "70000" is not a port (1 to 65535)'],
    ['a flag without its value', ['-b', '*', '-d'], 'istio-iptables -d needs a value'],
    [
      'a flag that is not known',
      ['--istio-inbound-port', '80'],
      'istio-iptables "--istio-inbound-port" is not a flag of istio-iptables 1.30.3 (did you mean --istio-inbound-ports?)',
    ],
    ['an invalid range', ['-i', '10.0.0.0/33'], `argument -i "outbound.includeRanges": "10.0.0.0/33" is not ${RANGES}`],
  ])('%s', async (_, args, line) => {
    expectRefused(await run(['preview', '--', ...args]), line);
  });

  it('from their environment, which is named', async () => {
    expectRefused(
      await run(['preview', '--env', 'ISTIO_INBOUND_PORTS=080', '--']),
      `environment ISTIO_INBOUND_PORTS "inbound.includePorts": "080" is not ${INBOUND}`,
    );
  });
});

describe.concurrent('what a release lets through passes', () => {
  it('ranges, service names and trailing commas', async () => {
    const { exitCode, stdout, stderr } = await run(['preview', '--', '-b', '*', '-d', '8000:8099,http,:1023,15090,', '-u', 'envoy']);
    expect(exitCode).toBe(0);
    for (const port of ['8000:8099', 'http', '0:1023', '15090']) expect(stdout).toContain(`--dport ${port} -j RETURN\n`);
    expect(stderr.split('\n').sort()).toEqual([
      '',
      'argument -d warning: inbound.excludePorts: the number of "http" is not known here, so it stays a name',
      'argument -u warning: proxy.gids: the number of "envoy" is not known here, so it stays a name',
      'argument -u warning: proxy.uids: the number of "envoy" is not known here, so it stays a name',
    ]);
  });

  it('an invalid range before 1.27, with a warning', async () => {
    const args = ['--', '-i', '10.0.0.0/33,10.96.0.0/12'];
    const { exitCode, stdout, stderr } = await run(['preview', '--release', '1.26', ...args]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: 'argument -i warning: outbound.includeRanges: "10.0.0.0/33" is not a range; istio-iptables 1.26.8 ignores it\n',
    });
    expect(stdout).toContain('-d 10.96.0.0/12 -j ISTIO_REDIRECT\n');
    expectRefused(
      await run(['preview', '--release', '1.27', ...args]),
      `argument -i "outbound.includeRanges": "10.0.0.0/33" is not ${RANGES}`,
    );
  });

  it('an unknown patch of a known minor, with a warning', async () => {
    const { exitCode, stderr } = await run(['preview', '--release', '1.23.99', '--set', 'mode=TPROXY']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: '--release warning: 1.23.99 is not known; 1.23.6, the newest known patch, is used\n',
    });
  });
});

describe.concurrent('the command line is refused in one line that names the word', () => {
  it.each<[readonly string[], string]>([
    [
      ['check', 'golden/captures/2021-01-default.list.txt@1.20'],
      'golden/captures/2021-01-default.list.txt@1.20 golden/captures/2021-01-default.list.txt holds rules, which have no other release; istio-init diff golden/captures/2021-01-default.list.txt @1.20 compares them with it',
    ],
    [['check', '--json'], '--json is not an option here (did you mean --output json?)'],
    [['lint', '--format', 'json', 'a.yaml'], '--format is not an option here (did you mean --output?)'],
    [['lint', '--strict', 'a.yaml'], '--strict is not an option here (did you mean --fail-on note?)'],
    [['check', '--hlep'], '--hlep is not an option here (did you mean --help?)'],
    [['apply', 'a.yaml', '--here'], '"a.yaml" is one too many: there are no operands here; -f a.yaml names it'],
    [['changes'], 'name a range of releases, as 1.20..1.28, or one release'],
    [['check', '1.28'], '1.28 does not exist (did you mean the release @1.28?)'],
    [
      ['why', '@1.28', '10.0.0.5', '80'],
      '"80" is no place to go to (did you mean 10.0.0.5:80?); the last word is HOST:PORT, as in istio-init why pod.yaml 10.20.30.40:3306',
    ],
    [
      ['why', '@1.28', 'https://db.example/x'],
      '"https://db.example/x" is no place to go to (did you mean db.example:443?); the last word is HOST:PORT, as in istio-init why pod.yaml 10.20.30.40:3306',
    ],
    [['preview', '--relase', '1.23'], '--relase is not an option here (did you mean --release?)'],
    [['diff', 'pods.json', '@own', '@1.28'], '"@1.28" is one too many: the operands are [LEFT] [RIGHT]; -f FILE names manifests'],
    [['lint', 'a.yaml', '--family', 'ip'], '--family is not an option here; preview, identify, trace, diff and check have it'],
    [['preview', '--by', 'packets'], '--by is not an option here; diff has it'],
    [['explain', '--source', 'a'], 'a does not exist'],
    [['changes', '--nameservers', '1'], '--nameservers is not an option here; istio-init changes --help lists them'],
    [['preview', '--release', '1.99'], '--release "1.99" is not a known release of Istio; known: 1.0.0 to 1.30.3'],
    [['preview', '--release', '1.23\n-A INPUT'], '--release "1.23\\n-A INPUT" is not a known release of Istio; known: 1.0.0 to 1.30.3'],
    [['preview', '@2.0'], '@2.0 "2.0" is not a known release of Istio; known: 1.0.0 to 1.30.3'],
    [
      ['preview', '-o', 'rstore'],
      '--output "rstore" is not one of restore, save, commands, list, nft, nft-script, nft-json, json, yaml, svg, mermaid, dot (did you mean restore?)',
    ],
    [['preview', '--family', 'ip4'], '--family "ip4" is not one of ip, ip6 (did you mean ip?)'],
    [['preview', '-f'], '-f needs a value'],
    [['preview', '--output'], '--output needs a value'],
    [['preview', '--set', 'mode'], '--set "mode" needs a value'],
    [['preview', '--address', 'here'], '--address "here" is not an address such as 10.1.2.3 or 2001:db8::7'],
    [['preview', '--nameserver', '10.0.0.0/8'], '--nameserver "10.0.0.0/8" is not an address such as 10.96.0.10'],
    [['preview', '--facts', 'here'], '--facts "here" is not "host"'],
    [['preview', '--env', 'A=1'], '--env goes with arguments after --'],
    [['preview', '--env', 'A', '--'], '--env "A" is not K=V'],
    [['preview', '--set', 'mode=NONE', '--', '-p', '80'], '-- arguments and settings (-f, --set) do not go together'],
    [
      ['preview', '--set', 'dns.capture=servers'],
      '--set "dns.capture": the nameservers are not known; name them with --nameserver, or capture "all"',
    ],
  ])('%j', async (args, line) => {
    expectRefused(await run(args), line);
  });

  it('before there is a command', async () => {
    expect(await run(['--set', 'mode=NONE'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'istio-init: a command is missing; see istio-init --help\n',
    });
    expect(await run(['prewiev'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^istio-init: "prewiev" is not a command; there are [\w, -]+ \(did you mean preview\?\)\n$/),
    });
  });

  it('--set with a key that is not known, and the nearest one', async () => {
    const { exitCode, stdout, stderr } = await run(['preview', '--set', 'inbound.excludePort=80']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(
      /^istio-init: preview: --set "inbound\.excludePort" is not a key here; allowed: mode, .*, dualStack \(did you mean inbound\.excludePorts\?\)\n$/,
    );
  });
});
