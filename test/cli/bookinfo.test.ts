import { describe, expect, it } from 'vitest';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import { run } from './program.ts';

const BOOKINFO = 'docs/examples/bookinfo.yaml';
const injected = (release: string): string => `docs/examples/injected-${release}.yaml`;
const INJECTED = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT'];

describe.concurrent('Bookinfo, not injected', () => {
  it('is shown in groups of equal rules, its services passed over', async () => {
    const { exitCode, stdout, stderr } = await run(['preview', '-f', BOOKINFO, '--nameserver', '10.96.0.10']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/2 +1\.30\.3 +REDIRECT, IPv4 +Deployment default\/details-v1, Deployment default\/reviews-v1/);
    for (const special of [
      'outbound.excludePorts=27017,3306',
      'outbound.includePorts=443',
      'inbound.includePorts=9080',
      'dns.capture=servers',
    ])
      expect(stdout).toContain(special);
    expect(stderr).toContain('4 Service, 4 ServiceAccount');
  });

  it.each([
    ['details-v1', [...INJECTED, '-i', '*', '-x', '', '-b', '*', '-d', '15090,15021,15020']],
    ['ratings-v1', [...INJECTED, '-i', '*', '-x', '', '-b', '*', '-d', '15090,15021,15020', '-o', '27017,3306']],
    ['reviews-v2', [...INJECTED, '-i', '10.96.0.0/12', '-x', '', '-b', '*', '-d', '15090,15021,15020', '-q', '443']],
    ['reviews-v3', [...INJECTED, '-i', '*', '-x', '', '-b', '9080', '-d', '15090,15021,9100,15020']],
  ])('makes of %s the arguments of the release', async (name, args) => {
    const { stdout } = await run(['explain', '-f', BOOKINFO, '--workload', `Deployment/${name}`, '--release', '1.12.9', '-o', 'json']);
    const { of, rules } = JSON.parse(stdout) as {
      readonly of: { readonly arguments: readonly string[] };
      readonly rules: readonly { readonly text: string; readonly chain: string }[];
    };
    expect(of.arguments).toEqual(args);
    const restore = printRestore(planFromArguments(args, { release: '1.12.9' }).ip);
    expect(rules.map(({ chain, text }) => `-A ${chain} ${text}`)).toEqual(restore.split('\n').filter((line) => line.startsWith('-A ')));
  });

  it('says what does nothing, and why', async () => {
    const { stdout } = await run(['explain', '-f', BOOKINFO, '--workload', 'reviews-v3']);
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'traffic.sidecar.istio.io/excludeInboundPorts no effect: it counts only where all inbound ports are captured, and inbound.includePorts is a list',
    );
  });

  it('is explained as far as it can be where nameservers are not known', async () => {
    const args = ['explain', '-f', BOOKINFO, '--workload', 'productpage-v1', '--release', '1.28', '-o', 'json'];
    const [without, known] = [await run(args), await run([...args, '--nameserver', '10.0.0.10'])];
    expect([without.exitCode, known.exitCode]).toEqual([2, 0]);
    expect(without.stderr).toContain(`${BOOKINFO}:153:37 "dns.capture": the nameservers are not known; name them with --nameserver`);
    interface Shown {
      readonly pod: object;
      readonly settings: readonly object[];
      readonly rules: readonly { readonly text: string }[];
      readonly problems: readonly { readonly code: string }[];
    }
    const [part, whole] = [JSON.parse(without.stdout) as Shown, JSON.parse(known.stdout) as Shown];
    expect(part.settings).toEqual(whole.settings);
    expect(part.pod).toEqual({ addresses: [] });
    expect(part.rules).toEqual(whole.rules.filter(({ text }) => !text.includes('10.0.0.10')));
    expect(whole.rules.length - part.rules.length).toBe(4);
    expect(part.problems.map(({ code }) => code)).toEqual(['servers-unknown']);
  });

  it('says what an upgrade changes, group by group', async () => {
    const { exitCode, stdout, stderr } = await run(['diff', '-f', BOOKINFO, '@1.12', '@1.28']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^2 workloads: Deployment default\/details-v1\b.*, Deployment default\/reviews-v1\b/m);
    expect(stdout).toMatch(/^- +2 +-p tcp -m tcp --dport 22 -j RETURN$/m);
    expect(stderr).toMatch(/6 workloads: 6 differ/);
    expect(stderr).toContain('note: 1 workload: dns.capture: the nameservers are not known; name them with --nameserver');
    expect((await run(['diff', '-f', BOOKINFO, '@1.12', '@1.28', '--nameserver', '10.96.0.10'])).exitCode).toBe(1);
  });
});

describe.concurrent('injected pods of three releases', () => {
  it.each([
    ['1.6', '1.6.14', 'details-v1-5974b67c8-9xk2p', [...INJECTED, '-i', '*', '-x', '', '-b', '*', '-d', '15090,15021,15020'], {}],
    [
      '1.12',
      '1.12.9',
      'ratings-v1-b6994bb9-gl4mk',
      [...INJECTED, '-i', '*', '-x', '', '-b', '*', '-d', '15090,15021,15020', '-o', '27017,3306'],
      { ISTIO_META_DNS_CAPTURE: 'true' },
    ],
    [
      '1.28',
      '1.28.0',
      'reviews-v2-59757bb7d8-zq5vd',
      [
        ...INJECTED,
        '-i',
        '10.96.0.0/12,fd00:10:96::/112',
        '-x',
        '',
        '-b',
        '*',
        '-d',
        '15090,15021,15020',
        '-q',
        '443',
        '--log_output_level=default:info',
      ],
      { ISTIO_DUAL_STACK: 'true' },
    ],
  ])('of %s is explained as it is', async (file, release, name, args, environment) => {
    const { exitCode, stdout } = await run(['explain', '-f', injected(file), '-o', 'json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      release,
      of: { workload: { kind: 'Pod', namespace: 'bookinfo', name }, injected: true, installer: 'init', arguments: args, environment },
    });
  });

  it('has its settings from the lines of its arguments and variables, its addresses and nameservers from its status', async () => {
    const { stdout } = await run(['explain', '-f', injected('1.12')]);
    expect(stdout).toContain('pod: 10.244.2.9\nnameservers: 10.96.0.10\n');
    expect(stdout).toMatch(/^outbound\.excludePorts +27017, 3306 +docs\/examples\/injected-1\.12\.yaml:111:7 -o$/m);
    expect(stdout).toMatch(/^dns\.capture +servers +docs\/examples\/injected-1\.12\.yaml:114:14\n +ISTIO_META_DNS_CAPTURE$/m);
  });

  it('is previewed with the rules of its own release, in both families where it has addresses of both', async () => {
    const found = await run(['preview', '-f', injected('1.28'), '-6']);
    expect(found.exitCode).toBe(0);
    expect(found.stdout).toContain('-A ISTIO_OUTPUT -d fd00:10:96::/112 -j ISTIO_REDIRECT\n');
    const old = await run(['preview', '-f', injected('1.6')]);
    expect(old.stdout).toBe(
      printRestore(planFromArguments([...INJECTED, '-i', '*', '-x', '', '-b', '*', '-d', '15090,15021,15020'], { release: '1.6.14' }).ip),
    );
  });

  it('is compared from its own release to another', async () => {
    const { exitCode, stdout } = await run(['diff', '-f', injected('1.12'), '@own', '@1.28']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('--- Istio 1.12.9, as injected');
    expect(stdout).toMatch(/^\+ +1 +-j ISTIO_OUTPUT_DNS$/m);
  });

  it('is a place to trace in: its own addresses count', async () => {
    const { exitCode, stdout } = await run([
      'trace',
      '-f',
      injected('1.28'),
      '--from',
      'app',
      '--to',
      '[fd00:10:96::5]:80',
      '--expect',
      'envoy-outbound',
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Istio 1.28.0, Pod bookinfo/reviews-v2-59757bb7d8-zq5vd');
    const inbound = await run(['trace', '-f', injected('1.28'), '--from', 'outside', '--to', 'pod:9080', '--expect', 'envoy-inbound']);
    expect(inbound).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('10.244.3.21:9080') });
  });
});
