/** Pods whose DNS is captured by nameservers that nobody named: all that does not depend on these is answered. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const KNOWN = ['--nameserver', '10.96.0.10', '--nameserver', 'fd00::10'];
const LEARN = "name them with --nameserver, or read the pod's own rules with --live";
const CAPTURES = 'proxy.istio.io/config: "{proxyMetadata: {ISTIO_META_DNS_CAPTURE: \\"true\\"}}"';

const pod = (annotations: readonly string[], { name = 'a', status = '' } = {}): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  annotations:
    sidecar.istio.io/inject: "true"
${annotations.map((one) => `    ${one}\n`).join('')}spec: {containers: [{name: app, image: app}]}
${status}`;
const traffic = (name: string, value: string): string => `traffic.sidecar.istio.io/${name}: "${value}"`;
const injected = (release: string, ...args: readonly string[]): string => `apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  initContainers:
    - name: istio-init
      image: istio/proxyv2:${release}
      args: [istio-iptables, -p, "15001", -z, "15006", -u, "1337", -m, REDIRECT, -i, "*", -x, "", -b, "*"${args.map((word) => `, "${word}"`).join('')}]
      env: [{name: ISTIO_META_DNS_CAPTURE, value: "true"}]
  containers: [{name: app, image: app}]
`;

/** Manifests of one pod each. Behind a bar: values of the mesh. */
const PODS: Readonly<Record<string, string | readonly [manifest: string, values: string]>> = {
  'a default pod': pod([CAPTURES]),
  'outbound ports left alone': pod([CAPTURES, traffic('excludeOutboundPorts', '3306,5432')]),
  'the port of DNS left alone': pod([CAPTURES, traffic('excludeOutboundPorts', '53')]),
  'outbound ranges': pod([CAPTURES, traffic('includeOutboundIPRanges', '10.96.0.0/12')]),
  'ranges left alone': pod([CAPTURES, traffic('excludeOutboundIPRanges', '10.0.0.0/8')]),
  'a list of inbound ports': pod([CAPTURES, traffic('includeInboundPorts', '8080')]),
  TPROXY: pod([CAPTURES, 'sidecar.istio.io/interceptionMode: TPROXY']),
  'both families': pod([CAPTURES, traffic('excludeOutboundPorts', '3306')], {
    status: 'status: {podIPs: [{ip: 10.0.0.7}, {ip: "fd00::7"}]}\n',
  }),
  'no outbound capture': pod([CAPTURES, traffic('includeOutboundIPRanges', '')]),
  'an injected pod of 1.12': injected('1.12.9', '-o', '9200'),
  'an injected pod of 1.8': injected('1.8.6'),
  'settings of our own':
    'apiVersion: istio-init/v1\nkind: SidecarCapture\nrelease: "1.28"\ndns: {capture: servers}\noutbound: {excludePorts: [6379]}\n',
  'values of the mesh': [
    pod([traffic('excludeOutboundPorts', '3306')]),
    'meshConfig: {defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: "true"}}}\n',
  ],
  'native nftables': [pod([CAPTURES, traffic('excludeOutboundPorts', '3306')]), 'global: {nativeNftables: true}\n'],
};
const NAMES = Object.keys(PODS);
const LEFT_ALONE = ['ranges left alone', 'no outbound capture'];
const fileOf = (name: string): string => `pod-${NAMES.indexOf(name)}.yaml`;
const argsOf = (name: string): readonly string[] => [
  fileOf(name),
  ...(typeof PODS[name] === 'string' ? [] : ['--values', `values-${NAMES.indexOf(name)}.yaml`]),
];
for (const [name, made] of Object.entries(PODS)) {
  const [manifest, values] = typeof made === 'string' ? [made] : made;
  folder.write(fileOf(name), manifest);
  if (values !== undefined) folder.write(`values-${NAMES.indexOf(name)}.yaml`, values);
}
const ALLOW = (ports: string): string =>
  `apiVersion: istio-init/v1\nkind: EscapeAllowances\nallow: [{what: outbound, ports: [${ports}], workloads: "*", owner: dns, reason: r, until: 2999-01-01}]\n`;
folder.write('dns.yaml', ALLOW('53'));
folder.write('all.yaml', ALLOW('"1:65535"'));

interface Escape {
  readonly direction: string;
  readonly family: string;
  readonly words: string;
  readonly verdict: string;
  readonly why: string;
  readonly allowedBy?: object;
}

interface Found {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly escapes: readonly Escape[];
}

const escapes = (...args: readonly string[]): ReturnType<typeof run> => run(['escapes', ...args], { cwd: folder.path });
async function found(...args: readonly string[]): Promise<Found> {
  const { exitCode, stdout } = await escapes(...args, '-o', 'json');
  const { workloads } = JSON.parse(stdout) as {
    readonly workloads: readonly { readonly escapes: readonly Escape[]; readonly unknown?: string }[];
  };
  expect(workloads.map(({ unknown }) => unknown)).toEqual(workloads.map(() => undefined));
  return { exitCode, stdout, escapes: workloads.flatMap((one) => one.escapes) };
}

/** What is the same whichever nameservers there are: where TCP passes by beside port 53. */
const besideDns = ({ escapes: all }: Found): readonly string[] =>
  all.flatMap(({ direction, family, words, allowedBy }) => (allowedBy === undefined ? `${direction} ${family} ${words}` : [])).toSorted();

describe.concurrent.each(NAMES)('%s', (name) => {
  it('has the escapes that it has with any nameserver, and without capture of DNS, beside those of DNS', async () => {
    const args = [...argsOf(name), '--allow', 'dns.yaml'];
    const without = besideDns(await found(...args));
    expect(without).toEqual(besideDns(await found(...args, '--set', 'dns.capture=off')));
    // A nameserver in what is left alone divides it by addresses, in other words.
    if (!LEFT_ALONE.includes(name)) expect(without).toEqual(besideDns(await found(...args, ...KNOWN)));
  });

  it('is not known by DNS alone, with how to learn it, and by no address that nobody named', async () => {
    const { stdout, exitCode, escapes: all } = await found(...argsOf(name));
    const unknown = all.filter(({ verdict }) => verdict === 'unknown');
    expect(unknown.map(({ words }) => words).filter((words) => !/port 53\b/.test(words))).toEqual([]);
    expect(unknown.filter(({ why }) => !why.endsWith(LEARN))).toEqual([]);
    expect(stdout).not.toMatch(/192\.0\.2\.53|2001:db8::53/);
    // Of UDP nothing else is looked at.
    expect(all.filter(({ words, verdict }) => words.startsWith('UDP') && verdict !== 'unknown')).toEqual([]);
    // Where DNS is left alone before its rules, or captured whoever it goes to, nameservers do not matter.
    const isKnown = ['the port of DNS left alone', 'an injected pod of 1.8'].includes(name);
    expect(unknown.some(({ words }) => words.startsWith('UDP to port 53'))).toBe(!isKnown);
    expect(exitCode).toBe(all.length === 0 ? 0 : 1);
  });
});

describe.concurrent('what is not known of DNS', () => {
  it('is said first, and TCP that passes beside it', async () => {
    const { exitCode, stdout } = await escapes(fileOf('a default pod'));
    const [headline, , ...rest] = stdout.split('\n');
    expect(headline).toBe('unknown: DNS of 1 of 1 workload; TCP of 1 workload passes the proxy');
    expect(rest.slice(0, 3)).toEqual([
      'Pod default/a',
      '  outbound  IPv4: UDP to port 53 from the pod (not known whether it is caught)',
      `            the agent captures what goes to the pod's nameservers, which are not known: ${LEARN}`,
    ]);
    expect(exitCode).toBe(1);
  });

  it('stands behind what surely bypasses the proxy', async () => {
    const { stdout } = await escapes(fileOf('outbound ports left alone'));
    expect(stdout.split('\n')[0]).toBe('TCP bypasses the proxy in 1 of 1 workload; DNS of 1 not known');
  });

  it('makes TCP to port 53 unknown as well where the proxy does not capture the rest', async () => {
    const { escapes: all } = await found(fileOf('outbound ranges'));
    expect(all.filter(({ verdict }) => verdict === 'unknown').map(({ words }) => words)).toEqual([
      'TCP to port 53 of any address but 10.96.0.0/12 from the pod',
      'UDP to port 53 from the pod',
    ]);
  });

  it.each(['dns.yaml', 'all.yaml'])('may be allowed as anything else: %s', async (file) => {
    const { exitCode, stdout } = await escapes(fileOf('a default pod'), '--allow', file);
    expect(stdout).toMatch(/^nothing escapes but what is allowed: /);
    expect(exitCode).toBe(0);
  });

  it('is no news beside a baseline that had it', async () => {
    const { stdout: before } = await escapes(fileOf('a default pod'), '-o', 'json');
    folder.write('before.json', before);
    const { exitCode, stdout } = await escapes(fileOf('a default pod'), '--baseline', 'before.json');
    expect([exitCode, stdout.split('\n')[0]]).toEqual([0, 'nothing escapes: TCP of 1 workload passes the proxy']);
  });

  it('is no question where the nameservers are named', async () => {
    const { exitCode, stdout } = await escapes(fileOf('a default pod'), ...KNOWN);
    expect([exitCode, stdout.split('\n')[0]]).toEqual([0, 'nothing escapes: TCP of 1 workload passes the proxy']);
  });

  it('is a note for code scanners, with a rule of its own', async () => {
    const { stdout } = await escapes(fileOf('outbound ports left alone'), '-o', 'sarif');
    const [log] = (
      JSON.parse(stdout) as {
        readonly runs: readonly { readonly results: readonly { readonly ruleId: string; readonly level: string }[] }[];
      }
    ).runs;
    expect(log?.results.map(({ ruleId, level }) => `${ruleId} ${level}`)).toEqual(['uncaptured-outbound warning', 'capture-unknown note']);
  });

  it.each([
    ['junit', 'unknown, outbound: UDP to port 53 from the pod: '],
    ['markdown', 'not known whether it is caught'],
  ])('is called unknown in %s', async (form, words) => {
    expect((await escapes(fileOf('a default pod'), '-o', form)).stdout).toContain(words);
  });

  it('keeps no other pod of a file from its answer, nor one that can not be read', async () => {
    const bad =
      'kind: Pod\napiVersion: v1\nmetadata: {name: bad}\nspec: {initContainers: [{name: istio-init, image: istio/proxyv2:9.99.9, args: [istio-iptables]}], containers: [{name: x, image: x}]}\n';
    folder.write(
      'many.yaml',
      [
        pod([CAPTURES], { name: 'dns' }),
        bad,
        pod([traffic('excludeOutboundPorts', '3306')], { name: 'db' }),
        pod([], { name: 'well' }),
      ].join('---\n'),
    );
    const { stdout, exitCode } = await escapes('many.yaml');
    expect(stdout.split('\n')[0]).toBe('TCP bypasses the proxy in 1 of 4 workloads; DNS of 1 not known; 1 without an answer');
    expect(stdout).toContain('outbound  IPv4: TCP to port 3306 from the pod');
    expect(exitCode).toBe(1);
  });
});

describe.concurrent('a comparison where nameservers are not known', () => {
  const diff = (...args: readonly string[]): ReturnType<typeof run> => run(['diff', ...args], { cwd: folder.path });
  beforeAll(() => {
    folder.write('before.yaml', pod([CAPTURES]));
    folder.write('after.yaml', pod([CAPTURES, traffic('excludeOutboundPorts', '3306')]));
    folder.write('without.yaml', pod([]));
  });

  it.each([
    ['an annotation', ['before.yaml', '--annotation', 'excludeOutboundPorts=3306']],
    ['a setting', ['before.yaml', '--set', 'outbound.excludePorts=3306']],
    ['two files', ['before.yaml', 'after.yaml']],
    ['two files, native', ['before.yaml', 'after.yaml', '--values', `values-${NAMES.indexOf('native nftables')}.yaml`]],
  ])('finds what %s changes, and nothing of DNS', async (_, args) => {
    const { stdout, exitCode, stderr } = await diff(...args, '--by', 'packets');
    expect(stdout).toMatch(
      /^TCP to port 3306 of other machines from the app(?: \(IPv4 and IPv6\))?\n- envoy-outbound \(15001\)\n\+ direct$/m,
    );
    expect(stdout).not.toMatch(/port 53\b|unknown/);
    expect(stderr).toContain('the nameservers are not known');
    expect(exitCode).toBe(1);
  });

  it('finds two states of one unknown nameserver the same', async () => {
    expect(await diff('before.yaml', 'before.yaml')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/No differences|the same/),
    });
  });

  it('knows one nameserver again in other rules, in another chain', async () => {
    const { stdout } = await diff('before.yaml@1.10', 'before.yaml@1.30', '--by', 'packets');
    expect(stdout).toContain('TCP to port 22 from outside');
    // What has the proxy's loopback address for its source is left alone by one of the two only.
    expect(stdout.split('\n').filter((line) => /port 53\b/.test(line))).toEqual(['UDP to port 53 from the app with source 127.0.0.6']);
  });

  it('has DNS unknown against a pod that captures none, and all else the same', async () => {
    const { stdout } = await diff('without.yaml', 'before.yaml', '--by', 'packets');
    const regions = stdout.split('\n').filter((line) => /^(?:TCP|UDP)/.test(line));
    expect(regions.length).toBeGreaterThan(0);
    expect(regions.filter((line) => !line.includes('port 53'))).toEqual([]);
    expect(stdout).toContain('+ unknown\n    not known: rule');
    expect(stdout).not.toMatch(/192\.0\.2\.53|2001:db8::53/);
  });

  it('of a release with it reads the plan as well', async () => {
    const { stdout, exitCode, stderr } = await diff('@1.28', 'before.yaml');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('-d NAMESERVER');
    expect(stderr).toContain('the nameservers are not known');
  });
});

describe.concurrent('lint where nameservers are not known', () => {
  it('evaluates its other rules, and names no nameserver', async () => {
    folder.write('linted.yaml', pod([CAPTURES, traffic('includeInboundPorts', '8080'), traffic('excludeInboundPorts', '9100')]));
    const without = await run(['lint', 'linted.yaml'], { cwd: folder.path });
    expect(without.stdout).toContain('inbound-excludes-idle');
    expect(without.stdout).not.toMatch(/192\.0\.2\.53|2001:db8::53|nameserver/);
  });
});
