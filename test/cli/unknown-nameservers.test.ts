/** A pod that captures the DNS of its nameservers, which its manifest does not name: all else is answered, and the same whichever they are. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, scratchFolder } from './program.ts';

const BOOKINFO = 'docs/examples/bookinfo.yaml';
const POD = ['-f', BOOKINFO, '--workload', 'productpage-v1'];
const KNOWN = ['--nameserver', '10.96.0.10', '--nameserver', 'fd00::10'];
const UNKNOWN = 'the nameservers are not known; name them with --nameserver';

describe.concurrent('nameservers that are not known', () => {
  it('leave an answer to why, but of DNS', async () => {
    const found = await run(['why', ...POD, '10.0.0.5:3306']);
    expect(found).toMatchObject({ exitCode: 0, stderr: '' });
    expect(found.stdout).toMatch(/^TCP from the app to 10\.0\.0\.5:3306: envoy-outbound: /);
    const dns = await run(['why', ...POD, '10.96.0.10:53']);
    expect(dns).toMatchObject({ exitCode: 2, stdout: '' });
    expect(dns.stderr).toContain(UNKNOWN);
    expect((await run(['why', ...POD, ...KNOWN, '10.96.0.10:53'])).stdout).toContain('dns-agent');
  });

  it.each(['udp', 'tcp'])('leave a trace of DNS by %s unknown, and say so', async (protocol) => {
    const found = await run(['trace', ...POD, '10.96.0.10:53', '--protocol', protocol]);
    expect(found.stdout).toMatch(/^unknown: /);
    expect(found.stderr).toContain(UNKNOWN);
  });

  it.each([['--all-rules'], ['-o', 'json'], ['-o', 'svg']])('are named by no address in a trace: %s', async (...form) => {
    const { stdout } = await run(['trace', ...POD, '10.96.0.10:53', '--protocol', 'udp', ...form]);
    expect(stdout).toContain('NAMESERVER');
    expect(stdout).not.toMatch(/192\.0\.2\.53|2001:db8::53/);
  });

  // A nameserver may be on the pod's own loopback, so localhost:53 is unknown as well.
  it.each(['10.0.0.5:3306', '10.96.0.10:8053', 'localhost:8053', '10.0.0.5:53 --from proxy', 'pod:9080', '10.0.0.5:5353 --protocol udp'])(
    'change nothing about %s',
    async (line) => {
      const words = line.split(' ');
      const [without, known] = [await run(['trace', ...POD, ...words]), await run(['trace', ...POD, ...KNOWN, ...words])];
      const answer = ({ stdout }: { readonly stdout: string }): string => stdout.split('\n')[0] ?? '';
      expect(answer(without)).not.toContain('unknown');
      expect(answer(without)).toBe(answer(known));
      expect(without.exitCode).toBe(known.exitCode);
    },
  );
});

describe.concurrent('a check where nameservers are not known', () => {
  it.each(['10.0.0.5:3306', '10.96.0.10:53'])('calls the pod as well as it is, and answers of %s', async (to) => {
    const args = ['check', ...POD, '--from', 'app', '--to', to];
    const [without, known] = [await run(args), await run([...args, ...KNOWN])];
    const [headline] = known.stdout.split('\n');
    expect(without.stdout.split('\n')[0]).toBe(headline);
    expect(known.stdout).toContain(to.endsWith(':53') ? 'dns-agent' : 'envoy-outbound');
    expect(without.stdout).toContain(to.endsWith(':53') ? 'unknown: envoy-outbound or dns-agent' : 'envoy-outbound: caught');
  });
});

describe('native rules whose nameservers are not known', () => {
  const folder = scratchFolder();
  let native: readonly string[] = [];
  beforeAll(() => {
    folder.write('values.yaml', 'global:\n  nativeNftables: true\n');
    native = [...POD, '--values', join(folder.path, 'values.yaml')];
  });
  afterAll(() => folder.remove());

  it('are followed by why, trace and check as those of iptables are', async () => {
    expect((await run(['why', ...native, '10.0.0.5:3306'])).stdout).toMatch(/^TCP from the app to 10\.0\.0\.5:3306: envoy-outbound: /);
    expect((await run(['trace', ...native, '10.96.0.10:53', '--protocol', 'udp'])).stdout).toMatch(/^unknown: dns-agent or direct/);
    expect((await run(['check', ...native, '--from', 'app', '--to', '10.0.0.5:3306'])).stdout).toContain('envoy-outbound: caught');
  });

  it.each([['iptables'], ['native']])('are explained without an address that nobody named: %s', async (mode) => {
    const { stdout } = await run(['explain', ...(mode === 'native' ? native : POD)]);
    expect(stdout).toContain('dns.capture');
    expect(stdout).not.toMatch(/192\.0\.2\.53|2001:db8::53/);
  });
});

describe.concurrent('a preview where nameservers are not known', () => {
  it.each(['list', 'json', 'yaml', 'svg', 'mermaid', 'dot'])(
    'shows all else as %s, and a word in place of an address, with exit code 2',
    async (form) => {
      const found = await run(['preview', ...POD, '-o', form]);
      expect(found.exitCode).toBe(2);
      expect(found.stdout).toContain('NAMESERVER');
      expect(found.stdout).toContain('ISTIO_IN_REDIRECT');
      expect(found.stdout).not.toMatch(/192\.0\.2\.53|2001:db8::53/);
      expect(found.stderr).toContain(UNKNOWN);
    },
  );

  it.each([[], ['-o', 'restore'], ['-o', 'save'], ['-o', 'commands']])('makes nothing that a program would load: %j', async (...form) => {
    const found = await run(['preview', ...POD, ...form]);
    expect(found).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(UNKNOWN) });
  });

  it('names the settings of such a pod among many, and says in the data what is missing', async () => {
    const table = await run(['preview', BOOKINFO]);
    expect(table.stdout).toMatch(/REDIRECT, IPv4; dns\.capture=servers +Deployment default\/productpage-v1$/m);
    expect(table).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`error: 1 workload: dns.capture: ${UNKNOWN}`) });
    const { groups } = JSON.parse((await run(['preview', BOOKINFO, '-o', 'json'])).stdout) as {
      readonly groups: readonly {
        readonly names: readonly string[];
        readonly plan?: { readonly problems: readonly { readonly code: string }[] };
      }[];
    };
    const codes = groups.map(({ names, plan }) => [names[0], (plan?.problems ?? []).map(({ code }) => code)]);
    expect(codes).toContainEqual(['Deployment default/productpage-v1', ['servers-unknown']]);
    expect((await run(['preview', BOOKINFO, ...KNOWN])).exitCode).toBe(0);
  });
});
