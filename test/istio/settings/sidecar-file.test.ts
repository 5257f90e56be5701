import { describe, expect, it } from 'vitest';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { printSource } from '../../../src/istio/origin.ts';
import { formatProblem, ProblemError } from '../../../src/istio/problems.ts';
import { printedSettings } from '../../../src/istio/settings/printed-settings.ts';
import { readSetOption } from '../../../src/istio/settings/setting-texts.ts';
import type { SettingKey } from '../../../src/istio/settings/settings.ts';
import { SETTING_KEYS, SETTINGS } from '../../../src/istio/settings/settings.ts';
import type { SidecarFile } from '../../../src/istio/settings/sidecar-file.ts';
import { readSidecarText } from '../../../src/istio/settings/sidecar-text.ts';

const HEAD = 'apiVersion: istio-init/v1\nkind: SidecarCapture\n';

/** A text as an operandcar file, or what is wrong with it. */
function read(text: string): SidecarFile | readonly string[] {
  try {
    const file = readSidecarText(text, 's.yaml');
    return file.problems.length > 0 ? file.problems.map(formatProblem) : file;
  } catch (error) {
    if (error instanceof ProblemError) return error.problems.map(formatProblem);
    throw error;
  }
}

/** What a text says in a form that is easy to compare: every key with its value and place. */
function said(text: string): unknown {
  const file = read(text);
  if (!('overrides' in file)) return file;
  return Object.fromEntries(Object.entries(file.overrides).map(([key, { value, source }]) => [key, [value, printSource(source)]]));
}

const port = (number: number): object => ({ first: number, last: number });

describe('a sidecar file', () => {
  it('may give every setting, and each remembers its place', () => {
    const text = `${HEAD}release: "1.23"
mode: TPROXY
proxy: {uids: ["1337", istio-proxy], gids: [0], port: 15002, inboundPort: 15007, tunnelPort: 15009}
inbound:
  includePorts: "*"
  excludePorts: [15090, "8000:8099"]
outbound:
  includeRanges:
    - 10.1.2.3/8
    - 2001:db8::/32
  excludeRanges: [192.0.2.1]
  includePorts: []
  excludePorts:
  - 3306
  ownerGroups: [java]
  excludeOwnerGroups: ["1000-1999"]
  loopback: 127.0.0.0/8
interfaces: {exclude: [eth1], reroute: [vmtap.0]}
dns: {capture: servers}
tproxy: {mark: 1338, routeTable: 134}
dropInvalid: true
dualStack: false
`;
    expect(said(text)).toEqual({
      mode: ['TPROXY', 's.yaml:4:7'],
      'proxy.uids': [[port(1337), { name: 'istio-proxy' }], 's.yaml:5:15'],
      'proxy.gids': [[port(0)], 's.yaml:5:44'],
      'proxy.port': [15002, 's.yaml:5:55'],
      'proxy.inboundPort': [15007, 's.yaml:5:75'],
      'proxy.tunnelPort': [15009, 's.yaml:5:94'],
      'inbound.includePorts': ['*', 's.yaml:7:17'],
      'inbound.excludePorts': [[port(15090), { first: 8000, last: 8099 }], 's.yaml:8:17'],
      'outbound.includeRanges': [
        [
          { family: 'ip', address: '10.0.0.0', prefix: 8 },
          { family: 'ip6', address: '2001:db8::', prefix: 32 },
        ],
        's.yaml:11:5',
      ],
      'outbound.excludeRanges': [[{ family: 'ip', address: '192.0.2.1', prefix: 32 }], 's.yaml:13:18'],
      'outbound.includePorts': [[], 's.yaml:14:17'],
      'outbound.excludePorts': [[port(3306)], 's.yaml:16:3'],
      'outbound.ownerGroups': [[{ name: 'java' }], 's.yaml:17:16'],
      'outbound.excludeOwnerGroups': [[{ first: 1000, last: 1999 }], 's.yaml:18:23'],
      'outbound.loopback': [{ family: 'ip', address: '127.0.0.0', prefix: 8 }, 's.yaml:19:13'],
      'interfaces.exclude': [['eth1'], 's.yaml:20:23'],
      'interfaces.reroute': [['vmtap.0'], 's.yaml:20:40'],
      'dns.capture': ['servers', 's.yaml:21:16'],
      'tproxy.mark': [1338, 's.yaml:22:16'],
      'tproxy.routeTable': [134, 's.yaml:22:34'],
      dropInvalid: [true, 's.yaml:23:14'],
      dualStack: [false, 's.yaml:24:12'],
    });
    expect(read(text)).toMatchObject({ release: { value: '1.23', source: { kind: 'file', file: 's.yaml', line: 3, column: 10 } } });
  });

  it.each(['1.30', '1.3', '1.10'])('may name release %s without quotes: it is never a number', (release) => {
    expect(read(`${HEAD}release: ${release}`)).toMatchObject({ release: { value: release } });
  });

  it.each<[string, string]>([
    ['JSON', '{"apiVersion": "istio-init/v1", "kind": "SidecarCapture", "proxy": {"port": 15002}}'],
    ['JSON over lines, with tabs', '{\n\t"apiVersion": "istio-init/v1",\n\t"kind": "SidecarCapture",\n\t"proxy": {"port": 15002}\n}\n'],
    ['lines that end with a carriage return', `${HEAD}proxy:\n  port: 15002\n`.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\ufeff${HEAD}proxy: {port: 15002}`],
    ['a start of the document and comments', `# hello\n---\n${HEAD}proxy: {port: 15002} # here\n...\n`],
    ['quotes', `${HEAD}"proxy": {'port': "15002"}`],
    ['an anchor that is used twice', `${HEAD}tproxy: {mark: &n 15002}\nproxy: {port: *n}`],
    ['a folded text', `${HEAD}proxy:\n  port: >-\n    15002\n`],
  ])('may be written with %s', (_, text) => {
    expect(planFromSettings({ file: readSidecarText(text, 's.yaml') }).settings['proxy.port'].value).toBe(15002);
  });

  it('points at the value that an alias names', () => {
    expect(read(`${HEAD}outbound: {includePorts: &p [080]}\ninbound: {excludePorts: *p}`)).toEqual([
      's.yaml:3:30 outbound.includePorts: "080" is not a port (1 to 65535) or a range (8000:8099)',
      's.yaml:3:30 inbound.excludePorts: "080" is not a port (1 to 65535) or a range (8000:8099)',
    ]);
  });

  it('leaves what it does not give as the injector has it, and takes a list for the whole list', () => {
    const { settings } = planFromSettings({ file: readSidecarText(`${HEAD}release: 1.23\ninbound: {excludePorts: [9100]}`, 's.yaml') });
    expect(settings['inbound.excludePorts'].value).toEqual([port(9100)]);
    expect(settings['inbound.includePorts']).toEqual({ value: '*', source: { kind: 'injected', release: '1.23.6' } });
  });

  it('that gives no setting at all is a default pod', () => {
    const { settings } = planFromSettings({ file: readSidecarText(`${HEAD}release: 1.23.4\n`, 's.yaml') });
    expect(printedSettings(settings)).toEqual(
      printedSettings(planFromSettings({ release: { value: '1.23.4', source: { kind: 'option', option: '--release' } } }).settings),
    );
  });

  it('can not have its problems passed over', () => {
    expect(() => planFromSettings({ file: readSidecarText(`${HEAD}mode: X`, 's.yaml'), sets: ['proxy.port=0'] })).toThrow(
      's.yaml:3:7 mode: "X" is not REDIRECT, TPROXY, NONE\n--set proxy.port: "0" is not a port (1 to 65535)',
    );
  });
});

describe('a sidecar file is refused', () => {
  it.each<[string, string, readonly string[]]>([
    ['without a kind', 'apiVersion: istio-init/v1\nmode: NONE', ['s.yaml:1:1 kind: found nothing, expected SidecarCapture']],
    ['without an apiVersion', 'kind: SidecarCapture', ['s.yaml:1:1 apiVersion: found nothing, expected istio-init/v1']],
    [
      'with another apiVersion',
      'apiVersion: istio-init/v2\nkind: SidecarCapture',
      ['s.yaml:1:13 apiVersion: found "istio-init/v2", expected istio-init/v1'],
    ],
    [
      'with a list for a kind',
      'apiVersion: istio-init/v1\nkind: [SidecarCapture]',
      ['s.yaml:2:7 kind: found a list, expected SidecarCapture'],
    ],
    ['that is a list', '- 1', ['s.yaml:1:1 the document: found a list, expected a mapping']],
    ['that is a comment', '# nothing', ['s.yaml:1:1 the document: found nothing, expected a SidecarCapture']],
    ['with a second document', `${HEAD}---\n${HEAD}`, ['s.yaml:4:1 holds 2 sidecars; one at a time is previewed']],
    ['with a list for a key', `${HEAD}? [mode]\n: NONE`, ['s.yaml:3:3 a key: found a list, expected a word']],
    [
      'with a key twice in a group',
      `${HEAD}proxy:\n  port: 1\n  uids: []\n  "port": 2`,
      ['s.yaml:6:3 "port" stands here a second time; the first is at line 4'],
    ],
    [
      'with a group twice',
      `${HEAD}proxy: {port: 1}\nproxy: {uids: []}`,
      ['s.yaml:4:1 "proxy" stands here a second time; the first is at line 3'],
    ],
    ['with a group for a setting', `${HEAD}mode: {a: b}`, ['s.yaml:3:7 mode: found a mapping, expected REDIRECT, TPROXY, NONE']],
    ['with nothing for a setting', `${HEAD}mode: ~`, ['s.yaml:3:7 mode: found nothing, expected REDIRECT, TPROXY, NONE']],
    [
      'with nothing for a list',
      `${HEAD}proxy: {uids: null}`,
      ['s.yaml:3:15 proxy.uids: found nothing, expected a list; each item an id or a name'],
    ],
    ['with nothing in a list', `${HEAD}proxy: {uids: [1, null]}`, ['s.yaml:3:19 proxy.uids: found nothing, expected an id or a name']],
    ['with a list in a list', `${HEAD}proxy: {uids: [[1]]}`, ['s.yaml:3:16 proxy.uids: found a list, expected an id or a name']],
    [
      'with "*" for a list that has none',
      `${HEAD}proxy: {uids: "*"}`,
      ['s.yaml:3:15 proxy.uids: found "*", expected a list; each item an id or a name'],
    ],
    [
      'with "*" in a list',
      `${HEAD}inbound: {includePorts: ["*"]}`,
      ['s.yaml:3:26 inbound.includePorts: "*" is not a port (1 to 65535) or a range (8000:8099)'],
    ],
    [
      'with a port for ports',
      `${HEAD}inbound: {includePorts: 80}`,
      ['s.yaml:3:25 inbound.includePorts: "80" is not "*" or a list; each item a port (1 to 65535) or a range (8000:8099)'],
    ],
    [
      'with ports by commas',
      `${HEAD}inbound: {includePorts: ["80,443"]}`,
      ['s.yaml:3:26 inbound.includePorts: "80,443" is not a port (1 to 65535) or a range (8000:8099)'],
    ],
    [
      'with the name of a service',
      `${HEAD}inbound: {includePorts: [http]}`,
      ['s.yaml:3:26 inbound.includePorts: "http" is not a port (1 to 65535) or a range (8000:8099)'],
    ],
    [
      'with an open range',
      `${HEAD}inbound: {includePorts: ["80:"]}`,
      ['s.yaml:3:26 inbound.includePorts: "80:" is not a port (1 to 65535) or a range (8000:8099)'],
    ],
    [
      'with a merge key',
      `${HEAD}<<: {mode: NONE}`,
      [
        's.yaml:3:1 "<<" is not a key here; allowed: apiVersion, kind, release, mode, proxy, inbound, outbound, interfaces, dns, tproxy, dropInvalid, dualStack',
      ],
    ],
    [
      'with a setting at its full name',
      `${HEAD}proxy.port: 80`,
      [
        's.yaml:3:1 "proxy.port" is not a key here; allowed: apiVersion, kind, release, mode, proxy, inbound, outbound, interfaces, dns, tproxy, dropInvalid, dualStack',
      ],
    ],
    ['with an alias from another document', `a: &x NONE\n---\n${HEAD}mode: *x`, ['s.yaml:5:7 *x refers to nothing']],
    [
      'with an alias inside the second value of its name',
      `${HEAD}tproxy: {mark: &x 1}\ninbound: &x {excludePorts: [*x]}`,
      ['s.yaml:4:29 *x refers to itself'],
    ],
    ['with "*" for a word', `${HEAD}mode: "*"`, ['s.yaml:3:7 mode: "*" is not REDIRECT, TPROXY, NONE']],
    ['with an anchor named after a prototype', `${HEAD}mode: *__proto__`, ['s.yaml:3:7 *__proto__ refers to nothing']],
  ])('%s', (_, text, problems) => {
    expect(read(text)).toEqual(problems);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('with the key %s', (key) => {
    expect(read(`${HEAD}${key}: {}`)).toEqual([expect.stringContaining(`s.yaml:3:1 "${key}" is not a key here; allowed: `)]);
    expect(read(`${HEAD}proxy: {${key}: 1}`)).toEqual([expect.stringContaining(`s.yaml:3:9 "${key}" is not a key here; allowed: uids, `)]);
  });

  it('at once, however many aliases multiply', () => {
    const bomb = Array.from(
      { length: 60 },
      (_, level) => `a${level}: &a${level} [${level === 0 ? '1' : Array.from({ length: 50 }, () => `*a${level - 1}`).join(', ')}]`,
    );
    expect(read(`${HEAD}${bomb.join('\n')}`)).toHaveLength(60);
  });

  it('however deep its lists are', () => {
    const [problem = '', ...others] = read(`${HEAD}mode: ${'['.repeat(20_000)}`) as readonly string[];
    expect(others).toEqual([]);
    expect(problem).toMatch(/^s\.yaml:3:\d+ \P{Cc}+$/u);
  });
});

it('a place in a file is said in one line, whatever the name of the file', () => {
  expect(printSource({ kind: 'file', file: 'a\n-A INPUT\u001b[31m.yaml', line: 3, column: 7 })).toBe(
    'a\\u000a-A INPUT\\u001b[31m.yaml:3:7',
  );
});

describe('--set', () => {
  it.each<[string, SettingKey, unknown]>([
    ['mode=TPROXY', 'mode', 'TPROXY'],
    ['inbound.excludePorts=80,443', 'inbound.excludePorts', [port(80), port(443)]],
    ['inbound.excludePorts=', 'inbound.excludePorts', []],
    ['inbound.includePorts=*', 'inbound.includePorts', '*'],
    ['inbound.includePorts=', 'inbound.includePorts', []],
    ['outbound.loopback=127.0.0.0/8', 'outbound.loopback', { family: 'ip', address: '127.0.0.0', prefix: 8 }],
    ['dropInvalid=true', 'dropInvalid', true],
  ])('%s gives one value', (option, key, value) => {
    expect(readSetOption(option)).toEqual({ overrides: { [key]: { value, source: { kind: 'option', option: '--set' } } }, problems: [] });
  });

  it.each<[string, string]>([
    ['inbound.excludePorts=80,', '--set inbound.excludePorts: "" is not a port (1 to 65535) or a range (8000:8099)'],
    ['inbound.excludePorts=80, 443', '--set inbound.excludePorts: " 443" is not a port (1 to 65535) or a range (8000:8099)'],
    ['inbound.excludePorts=*', '--set inbound.excludePorts: "*" is not a port (1 to 65535) or a range (8000:8099)'],
    ['proxy.port=', '--set proxy.port: "" is not a port (1 to 65535)'],
    ['mode=NONE=1', '--set mode: "NONE=1" is not REDIRECT, TPROXY, NONE'],
    ['mode=*', '--set mode: "*" is not REDIRECT, TPROXY, NONE'],
    [`mode=${'x'.repeat(1000)}`, `--set mode: "${'x'.repeat(57)}..." is not REDIRECT, TPROXY, NONE`],
    ['mode', '--set "mode" needs a value'],
    ['kind=X', `--set "kind" is not a key here; allowed: ${SETTING_KEYS.join(', ')}`],
    ['Mode=NONE', `--set "Mode" is not a key here; allowed: ${SETTING_KEYS.join(', ')} (did you mean mode?)`],
    ['__proto__=1', `--set "__proto__" is not a key here; allowed: ${SETTING_KEYS.join(', ')}`],
  ])('%j is refused', (option, problem) => {
    const { overrides, problems } = readSetOption(option);
    expect(overrides).toEqual({});
    expect(problems.map(formatProblem)).toEqual([problem]);
  });

  it('says of every setting what it takes', () => {
    for (const key of SETTING_KEYS) {
      expect(readSetOption(`${key}= \n`).problems.map(formatProblem)).toEqual([`--set ${key}: " \\n" is not ${SETTINGS[key].allowed}`]);
    }
  });
});
