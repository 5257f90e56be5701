import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dropIn } from '../../../src/cli/drop-in/drop-in.ts';
import type { Argument } from '../../../src/istio/arguments/arguments.ts';
import { ARGUMENTS, isKnown, shortOf } from '../../../src/istio/arguments/arguments.ts';
import { NEWEST } from '../../../src/istio/releases/known.ts';
import { profileOf } from '../../../src/istio/releases/profile.ts';
import { DEFAULT_POD } from '../../default-pod.ts';
import { expectRefused, ROOT, run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

describe('apply and clean refuse with exit code 2 and one line', () => {
  const both = ['apply', 'clean'] as const;

  it.each(both)('%s without a target', async (command) => {
    expectRefused(await run([command]), 'name the network namespace to work in: --here, --pid N or --netns PATH');
  });

  it.each(both)('%s with two targets', async (command) => {
    expectRefused(await run([command, '--here', '--pid', '1']), '--here, --pid, --netns each name a network namespace: give one of them');
  });

  const notNamespace = folder.write('file', '');
  it.each([
    [['--pid', '0x1'], '--pid "0x1" is not the number of a process'],
    [['--pid', '4194305'], '--pid: process 4194305 does not exist'],
    [['--netns', '/run/netns/no/such'], '--netns: the network namespace /run/netns/no/such does not exist'],
    [['--netns', join(folder.path, notNamespace)], `--netns ${join(folder.path, notNamespace)} is not a network namespace`],
    [['--here', '--backend', 'nftables'], '--backend "nftables" is not one of nft, legacy, plain'],
    [['--here', '-o', 'yaml'], '--output "yaml" is not one of text, json'],
    [['--here', '-o', 'jsn'], '--output "jsn" is not one of text, json (did you mean json?)'],
    [['--here', '--dry-rnu'], '--dry-rnu is not an option here (did you mean --dry-run?)'],
  ])('both with %j', async (words, line) => {
    for (const command of both) expectRefused(await run([command, ...words]), line);
  });

  it.each([
    [['--on-drift', 'repair'], '--on-drift "repair" is not one of reconcile, fail, report'],
    [['--set', 'mode=REDIRCT'], /^istio-init: apply: --set "mode": "REDIRCT" is not /],
    [['--', '-p', '99999'], 'argument -p "proxy.port": "99999" is not a port (1 to 65535)'],
  ])('apply with %j', async (words, line) => {
    const found = await run(['apply', '--here', ...words]);
    if (typeof line === 'string') expectRefused(found, line);
    else expect(found).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(line) });
  });
});

describe('the drop-in accepts', () => {
  const out: string[] = [];
  const log: string[] = [];
  beforeEach(() => {
    for (const lines of [out, log]) lines.length = 0;
    // Who prints waits until it is written.
    vi.spyOn(process.stdout, 'write').mockImplementation((text, ...rest: unknown[]) => {
      out.push(String(text));
      for (const written of rest) if (typeof written === 'function') written();
      return true;
    });
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => log.push(String(text)) > 0);
  });
  afterEach(() => vi.restoreAllMocks());

  const profile = profileOf(NEWEST);
  const known = ARGUMENTS.filter((argument) => isKnown(argument, profile));
  // Flags whose value is looked at; any text will do for the others.
  const values: Readonly<Record<string, string>> = {
    'kube-virt-interfaces': 'net1',
    'istio-exclude-interfaces': 'net1',
    'istio-service-cidr': '10.0.0.0/8',
    'istio-service-exclude-cidr': '10.0.0.0/8',
    'istio-inbound-interception-mode': 'TPROXY',
    'force-iptables-binary': 'nft',
    'network-namespace': '/proc/self/ns/net',
    log_output_level: 'default:debug',
    log_caller: 'default',
    log_stacktrace_level: 'default:none',
    log_target: 'stdout',
    log_rotate: '/var/log/istio.log',
  };
  const value = ({ flag, accepts }: Argument): string => values[flag] ?? (accepts === 'duration' ? '3s' : '4096');
  const forms = (argument: Argument): string[][] => {
    const { flag, accepts } = argument;
    const short = shortOf(argument, profile);
    if (accepts === 'switch') return [[`--${flag}`], [`--${flag}=true`], ...(short === undefined ? [] : [[`-${short}`]])];
    const of = value(argument);
    return [[`--${flag}`, of], [`--${flag}=${of}`], ...(short === undefined ? [] : [[`-${short}`, of], [`-${short}${of}`]])];
  };

  it('knows all flags of 1.30.3, those of its logging included', () => {
    expect(known.map(({ flag }) => flag).sort()).toMatchInlineSnapshot(`
      [
        "capture-all-dns",
        "cleanup-only",
        "cni-mode",
        "drop-invalid",
        "dry-run",
        "dual-stack",
        "envoy-port",
        "force-apply",
        "force-iptables-binary",
        "help",
        "inbound-capture-port",
        "inbound-tunnel-port",
        "iptables-probe-port",
        "istio-exclude-interfaces",
        "istio-inbound-interception-mode",
        "istio-inbound-ports",
        "istio-inbound-tproxy-mark",
        "istio-inbound-tproxy-route-table",
        "istio-local-exclude-ports",
        "istio-local-outbound-ports-exclude",
        "istio-outbound-ports",
        "istio-service-cidr",
        "istio-service-exclude-cidr",
        "kube-virt-interfaces",
        "log_as_json",
        "log_caller",
        "log_output_level",
        "log_stacktrace_level",
        "log_target",
        "native-nftables",
        "network-namespace",
        "probe-timeout",
        "proxy-gid",
        "proxy-uid",
        "reconcile",
        "redirect-dns",
        "run-validation",
        "skip-rule-apply",
        "vklog",
      ]
    `);
  });

  const ordinary = known.filter(({ flag }) => flag !== 'native-nftables' && flag !== 'help');
  // DRY_RUN instead of the flag, so that each flag stands alone.
  it.each(ordinary.map((argument) => [argument.flag, argument] as const))('--%s alone, in each of its forms', async (_, argument) => {
    for (const words of forms(argument)) {
      expect(await dropIn(words, { DRY_RUN: 'true' }), `${words}: ${log}`).toBe(0);
      expect(out.join('')).toMatch(/^\*(nat|mangle)\n[^]*^COMMIT\n$/m);
    }
  });

  it('every variable that stands for a flag', async () => {
    for (const argument of ordinary) {
      const name = argument.flag.toUpperCase().replaceAll('-', '_');
      const given = argument.accepts === 'switch' ? 'true' : value(argument);
      expect(await dropIn([], { DRY_RUN: 'true', [name]: given }), `${name}: ${log}`).toBe(0);
    }
  });

  it('--native-nftables, by flag or variable: its dry run prints what nft -f takes', async () => {
    for (const [words, env] of [
      [['--native-nftables'], {}],
      [[], { NATIVE_NFTABLES: 'true' }],
    ] as const) {
      out.length = 0;
      expect(await dropIn([...words], { DRY_RUN: 'true', ...env })).toBe(0);
      expect(out.join('')).toMatch(
        /^add table inet istio-proxy-nat\n[^]*^add rule inet istio-proxy-nat istio-output skuid 1337 counter return\n/m,
      );
    }
    out.length = 0;
    expect(await dropIn(['--native-nftables=false'], { DRY_RUN: 'true', NATIVE_NFTABLES: 'true' })).toBe(0);
    expect(out.join('')).toMatch(/^\*nat\n/);
  });

  it('--help, which prints the flags of the release and makes no rules', async () => {
    expect(await dropIn(['--help'], {})).toBe(0);
    expect(out.join('')).toContain('Flags and environment of Istio 1.30.3:');
    for (const { flag } of known) expect(out.join('')).toMatch(new RegExp(`--${flag}\\s`));
    out.length = 0;
    expect(await dropIn(['-h'], { ISTIO_INIT_RELEASE: '1.0' })).toBe(0);
    expect(out.join('')).toContain('Flags and environment of Istio 1.0.9:');
  });

  it('the flags of the release that ISTIO_INIT_RELEASE names, and only those', async () => {
    const at = (release: string, ...words: string[]): Promise<number> => dropIn(words, { DRY_RUN: 'true', ISTIO_INIT_RELEASE: release });
    expect(await at('1.12', '--restore-format')).toBe(0);
    expect(log.join('')).toContain('dry run of the rules of Istio 1.12.9 (the release that was named)');
    expect(await at('1.12', '--dual-stack')).toBe(1);
    expect(await at('1.30', '--dual-stack')).toBe(0);
    expect(await at('1.30', '--restore-format')).toBe(1);
    expect(await at('1.99')).toBe(1);
    expect(await dropIn([], { DRY_RUN: 'true', ISTIO_INIT_RELEASE: '' })).toBe(0);
    expect(log.at(-1)).toContain('the rules of Istio 1.30.3 (the newest known release)');
  });
});

/** The drop-in with nothing around it but node: no iptables in PATH, no rights. */
async function bare(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ exitCode?: number; stdout: string; stderr: string }> {
  const asNobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  return execa(join(bareFolder.root, 'bin/istio-iptables'), [...args], {
    env: { PATH: bareFolder.path, ...env },
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    cwd: bareFolder.path,
    ...asNobody,
  });
}

// A copy: nobody may not look into the folder of a checkout.
const bareFolder = ((): { readonly root: string; readonly path: string; readonly writable: string } => {
  const root = mkdtempSync(join(tmpdir(), 'istio-init-bare-'));
  const [path, writable] = [join(root, 'path'), join(root, 'writable')];
  for (const made of [path, writable]) mkdirSync(made);
  chmodSync(root, 0o755);
  chmodSync(writable, 0o777);
  for (const copied of ['bin', 'dist']) cpSync(join(ROOT, copied), join(root, copied), { recursive: true });
  symlinkSync(process.execPath, join(path, 'node'));
  symlinkSync('/usr/bin/env', join(path, 'env'));
  return { root, path, writable };
})();
afterAll(() => rmSync(bareFolder.root, { recursive: true }));

const STAMPED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\t(debug|info|warn|error)\t/;

describe('a dry run of the drop-in, as nobody and without iptables', () => {
  it.each(['-n', '--dry-run'])('with %s prints what preview prints as restore input, and its log on standard error', async (flag) => {
    const preview = await run(['preview', '-o', 'restore', '-4', '--', ...DEFAULT_POD]);
    const { exitCode, stdout, stderr } = await bare([...DEFAULT_POD, flag]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: preview.stdout });
    expect(stdout).toContain('-A ISTIO_OUTPUT -j ISTIO_REDIRECT\n');
    expect(stderr).toMatch(STAMPED);
    expect(stderr.split('\n')).toEqual([
      expect.stringContaining('dry run of the rules of Istio 1.30.3 (the newest known release): nothing was touched'),
      '',
    ]);
  });

  it('writes the same to the file of DRY_RUN_FILE_PATH, and fails where that can not be written', async () => {
    const file = join(bareFolder.writable, 'rules');
    const { exitCode, stdout } = await bare([...DEFAULT_POD, '-n'], { DRY_RUN_FILE_PATH: file });
    expect(exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(stdout);
    const failed = await bare([...DEFAULT_POD, '-n'], { DRY_RUN_FILE_PATH: '/no/such/folder/rules' });
    expect(failed).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/\terror\tthe dry run can not be written: .*\/no\/such/) });
  });

  it('with --cleanup-only says that these rules would not be applied', async () => {
    const { exitCode, stderr } = await bare([...DEFAULT_POD, '-n', '--cleanup-only']);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/\twarn\t.*--cleanup-only makes istio-iptables apply none of these rules/);
  });

  it('ends quietly where nobody reads what it prints', async () => {
    const many = Array.from({ length: 4000 }, (_, index) => index + 1).join(',');
    const script = '{ "$@"; echo $? >"$0"; } | true';
    const file = join(bareFolder.writable, 'code');
    const { stderr } = await execa('sh', ['-c', script, file, join(bareFolder.root, 'bin/istio-iptables'), '-n', '-b', '*', '-d', many]);
    expect(stderr).not.toMatch(/EPIPE|^\s+at /m);
    expect(readFileSync(file, 'utf8')).toBe('0\n');
  });

  it('as the command istio-iptables of istio-init does the same', async () => {
    const [one, other] = [await bare([...DEFAULT_POD, '-n']), await run(['istio-iptables', ...DEFAULT_POD, '-n'])];
    expect(other).toMatchObject({ exitCode: 0, stdout: one.stdout });
  });
});

describe('the drop-in refuses with exit code 1, one line of log and no stack trace', () => {
  it.each([
    [
      'an interface that is no name, in native mode',
      ['--native-nftables', '-c', 'eth1,eth+'],
      {},
      /-c "?interfaces\.exclude"?: "eth\+" is not an interface name/,
    ],
    ['an unknown binary', ['--force-iptables-binary', 'nftables'], {}, /force-iptables-binary: "nftables" is not legacy or nft$/m],
    ['an unknown binary, by its variable', [], { FORCE_IPTABLES_BINARY: 'x' }, /--force-iptables-binary "x" is not one of legacy, nft$/m],
    [
      'an unknown release',
      ['-n'],
      { ISTIO_INIT_RELEASE: '1.99' },
      /environment ISTIO_INIT_RELEASE "1\.99" is not a known release.*1\.0\.0 to 1\.30\.3/,
    ],
    ['an unknown flag', ['--istio-service-cird', '*'], {}, /"--istio-service-cird" is not a flag.*did you mean --istio-service-cidr\?/],
    ['a flag without its value', ['-p'], {}, /-p.* needs a value/],
    ['a port that is none', ['-p', '99999'], {}, /argument -p proxy\.port: "99999" is not a port \(1 to 65535\)/],
    [
      'a namespace that is none',
      ['--network-namespace', '/no/such'],
      {},
      /--network-namespace: the network namespace \/no\/such does not exist/,
    ],
  ])('%s', async (_, args, env, line) => {
    const plain = await bare(args, env as Readonly<Record<string, string>>);
    expect(plain).toMatchObject({ exitCode: 1, stdout: '' });
    expect(plain.stderr).toMatch(line);
    expect(plain.stderr).toMatch(STAMPED);
    expect(plain.stderr.match(/\n/g)).toHaveLength(1);
    // Flags before the one that can't be used still say how to log.
    const json = await bare(['--log_as_json', ...args], env as Readonly<Record<string, string>>);
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stderr)).toEqual({
      level: 'error',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      msg: expect.stringMatching(line),
    });
  });
});
