import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import type { AuditRequest } from '../../src/cli/audit/audit.ts';
import { auditNode } from '../../src/cli/audit/audit.ts';
import type { AuditedPod } from '../../src/cli/audit/line.ts';
import { namespaceOf, namespacesOf } from '../../src/host/pods/namespaces.ts';
import type { Programs } from '../../src/host/run.ts';
import { programs } from '../../src/host/run.ts';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import { planAmbient } from '../../src/istio/plan/ambient/ambient-plan.ts';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { printNftScript } from '../../src/netfilter/nft/print.ts';
import { NO_NFT } from '../../src/netfilter/nft/ruleset.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import type { SourceOptions } from '../../src/sources/options.ts';
import type { OpenPod, PodAsked } from './audit-pods.ts';
import { withPods } from './audit-pods.ts';
import { feed } from './namespace.ts';
import { describeKernel } from './requirements.ts';

const NONE: SourceOptions = { sets: [], env: [], addresses: [], nameservers: [] };
const RELEASE = { value: '1.28.0', source: { kind: 'option', option: '--release' } } as const;

function planned(...sets: readonly string[]): CapturePlan {
  return planFromSettings({ release: RELEASE, sets });
}

const ORDINARY = ['-i', '*', '-b', '*', '-d', '15090,15021,15020'];

/** A script that makes the rules of a plan. */
function made({ ip }: CapturePlan, backend = 'nft'): string {
  return feed(`iptables-${backend}-restore`, printRestore(ip));
}

const PLAIN = made(planned());
const NATIVE = feed('nft -f -', printNftScript(planFromArguments([...ORDINARY, '--native-nftables'], { release: '1.28.0' }).nft ?? NO_NFT));
// Of IPv6 there is a table, so that there is something to read.
const BOTH = `${PLAIN}ip6tables -t nat -P OUTPUT ACCEPT\n`;
const TAMPERED = `${PLAIN}iptables -t nat -D ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN\n`;
// What the CNI plugin passes.
const BY_PLUGIN = made(planned('inbound.excludePorts=15020,15021,15090', 'outbound.excludePorts=15020'));
// The node agent's rules in a pod of 1.26, in short.
const AMBIENT = feed('iptables-restore', printRestore(planAmbient({}, { release: '1.30' }).ip));
/** What an agent that mixes up pods puts into one: the rules of another, which reroute an interface of that. */
const OF_ANOTHER = feed(
  'nft -f -',
  printNftScript(planAmbient({ backend: 'nftables', virtualInterfaces: ['vm7'] }, { release: '1.29.3' }).nft ?? NO_NFT),
);
const TPROXY = `${made(planned('mode=TPROXY'))}ip rule add fwmark 1337 lookup 133; ip route add local default dev lo table 133\n`;

/** As the injector writes it into the proxy's environment. */
function annotated(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { ISTIO_METAJSON_ANNOTATIONS: `${JSON.stringify(annotations)}\n` };
}

/** The line of each pod by its name. */
async function audited(asked: readonly PodAsked[], of: Partial<AuditRequest> = {}): Promise<ReadonlyMap<string, AuditedPod>> {
  return withPods(asked, (pods) => auditOf(pods, of));
}

async function auditOf(pods: readonly OpenPod[], of: Partial<AuditRequest> = {}): Promise<ReadonlyMap<string, AuditedPod>> {
  const find = (): ReturnType<typeof namespacesOf> => namespacesOf(pods.map(({ pid }) => pid));
  const { output } = await auditNode({ given: NONE, jobs: '4', find, ...of });
  // Nothing in it that a terminal obeys, whatever a pod says of itself.
  expect(output.match(/[^\n\P{Cc}]|[\u2028\u2029]/gu)).toBeNull();
  const lines = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditedPod);
  return new Map(
    pods.flatMap(({ name, pid }): [string, AuditedPod][] => {
      const line = lines.find((one) => one.pid === pid);
      return line === undefined ? [] : [[name, line]];
    }),
  );
}

describeKernel('an audit of a node', () => {
  it('says of each pod whether its rules are those that its proxy calls for', async () => {
    const proxy = {};
    const cases: readonly (PodAsked & { readonly line: Partial<AuditedPod> | undefined })[] = [
      { name: 'plain', script: PLAIN, proxy, line: { verdict: 'as it should be', release: '1.28.0', installer: 'init' } },
      { name: 'by the plugin', script: BY_PLUGIN, proxy, line: { verdict: 'as it should be', installer: 'cni' } },
      { name: 'legacy', script: made(planned(), 'legacy'), proxy, line: { verdict: 'as it should be' } },
      {
        name: 'tampered',
        script: TAMPERED,
        proxy,
        line: {
          verdict: 'not as it should be',
          drift: '1 rule missing',
          differences: ['missing: IPv4 nat ISTIO_OUTPUT 4: -m owner --uid-owner 1337 -j RETURN'],
        },
      },
      { name: 'bare', proxy, line: { verdict: 'no rules' } },
      { name: 'lonely', script: PLAIN, line: { verdict: 'rules without a proxy' } },
      { name: 'tproxy', script: TPROXY, proxy: { ISTIO_META_INTERCEPTION_MODE: 'TPROXY' }, line: { verdict: 'as it should be' } },
      { name: 'other mode', script: PLAIN, proxy: { ISTIO_META_INTERCEPTION_MODE: 'TPROXY' }, line: { verdict: 'not as it should be' } },
      {
        name: 'no routing',
        script: made(planned('mode=TPROXY')),
        proxy: { ISTIO_META_INTERCEPTION_MODE: 'TPROXY' },
        line: { verdict: 'not as it should be', findings: [expect.objectContaining({ code: 'routing-missing' })] },
      },
      {
        name: 'annotated',
        script: made(planned('inbound.excludePorts=15090,15021,9080,15020')),
        proxy: annotated({ 'traffic.sidecar.istio.io/excludeInboundPorts': '9080' }),
        line: { verdict: 'as it should be' },
      },
      {
        name: 'none',
        proxy: { ISTIO_META_INTERCEPTION_MODE: 'NONE' },
        line: { verdict: 'as it should be', reason: 'its settings call for no rules' },
      },
      { name: 'native', script: NATIVE, proxy, line: { verdict: 'as it should be' } },
      { name: 'native, of another port', script: NATIVE.replace('15090', '15099'), proxy, line: { verdict: 'not as it should be' } },
      { name: 'native alone', script: 'nft add table inet istio-proxy-nat', line: { verdict: 'rules without a proxy' } },
      {
        name: 'native and not',
        script: `${PLAIN}nft add table inet istio-proxy-nat`,
        proxy,
        line: { verdict: 'not as it should be', findings: [expect.objectContaining({ code: 'native-and-iptables' })] },
      },
      { name: 'ambient', script: AMBIENT, line: { verdict: 'ambient', release: '1.30.3' } },
      {
        name: 'ambient, with a rule of it gone',
        script: `${AMBIENT}iptables -t nat -D ISTIO_PRERT 2`,
        line: { verdict: 'not as it should be', drift: '1 rule missing' },
      },
      {
        name: 'ambient, with the rules of another pod',
        script: `ip link set lo up; ${OF_ANOTHER}`,
        line: { verdict: 'not as it should be', reason: expect.stringContaining('they reroute vm7, and this pod has no such interface') },
      },
      {
        name: 'ambient and sidecar',
        script: `${PLAIN}iptables -t mangle -N ISTIO_PRERT; iptables -t mangle -A PREROUTING -j ISTIO_PRERT`,
        proxy,
        line: { verdict: 'not as it should be' },
      },
      { name: 'native ambient', script: 'nft add table inet istio-ambient-nat', line: { verdict: 'ambient' } },
      {
        name: 'unknown release',
        script: PLAIN,
        proxy: { ISTIO_META_ISTIO_VERSION: 'latest' },
        line: { verdict: 'not seen', reason: expect.stringContaining('latest') as unknown as string },
      },
      {
        name: 'no release',
        script: PLAIN,
        proxy: { ISTIO_META_ISTIO_VERSION: '' },
        line: { verdict: 'not seen', reason: 'the release of the proxy is unknown; name it' },
      },
      {
        name: 'refused',
        script: PLAIN,
        proxy: annotated({ 'traffic.sidecar.istio.io/excludeInboundPorts': '80a' }),
        line: { verdict: 'not seen', reason: expect.stringContaining('"80a"') as unknown as string },
      },
      {
        name: 'a policy rule that refuses',
        script: `${PLAIN}ip rule add pref 60 to 10.9.0.0/16 blackhole\n`,
        proxy,
        line: { verdict: 'not as it should be', findings: [expect.objectContaining({ code: 'policy-rule-first' })] },
      },
      {
        name: 'a policy rule with another way out',
        script: `${PLAIN}ip rule add pref 60 to 10.9.0.0/16 lookup main\n`,
        proxy,
        line: { verdict: 'as it should be' },
      },
      { name: 'no pod', line: undefined },
    ];
    const lines = await audited(cases);
    expect(Object.fromEntries(cases.map(({ name }) => [name, lines.get(name)]))).toEqual(
      Object.fromEntries(cases.map(({ name, line }) => [name, line === undefined ? undefined : expect.objectContaining(line)])),
    );
  });

  it('wants no rules of a proxy without Envoy, and holds against nothing where annotations can not be read', async () => {
    const grpc = { DISABLE_ENVOY: 'true', ISTIO_META_GENERATOR: 'grpc' };
    const pods = await audited([
      { name: 'grpc', proxy: grpc },
      { name: 'plain', proxy: {} },
      { name: 'broken', script: PLAIN, proxy: { ISTIO_METAJSON_ANNOTATIONS: '{"a": "b"' } },
    ]);
    expect(pods.get('grpc')).toMatchObject({ verdict: 'as it should be', reason: 'its settings call for no rules' });
    expect(pods.get('plain')).toMatchObject({ verdict: 'no rules' });
    expect(pods.get('broken')).toMatchObject({ verdict: 'not seen', reason: expect.stringContaining('annotations can not be read') });
  });

  it('takes the release, the installer and the mesh that it is told', async () => {
    const asked = [{ name: 'vendor', script: PLAIN, proxy: { ISTIO_META_ISTIO_VERSION: 'latest' } }];
    const lines = await audited(asked, { given: { ...NONE, release: '1.28.0' } });
    expect(lines.get('vendor')).toMatchObject({ verdict: 'as it should be', release: '1.28.0' });
  });

  it('knows a pod without a mesh by its control group, and by its host', async () => {
    const group = `/sys/fs/cgroup/${existsSync('/sys/fs/cgroup/pids') ? 'pids/' : ''}pod0a1b2c3d-1111-2222-3333-${String(process.pid).padStart(12, '0')}`;
    mkdirSync(group);
    try {
      await withPods([{ name: 'app' }], async (pods) => {
        writeFileSync(`${group}/cgroup.procs`, String(pods[0]?.pid));
        const lines = await auditOf(pods, { node: 'node-1' });
        expect(lines.get('app')).toMatchObject({ verdict: 'not in the mesh', node: 'node-1', uid: group.replace(/^.*pod/, '') });
      });
    } finally {
      rmdirSync(group);
    }
  });

  it('says why rules could not be read, and calls nothing good that it has not seen', async () => {
    const failing = (program: string): Programs => {
      const real = programs();
      const failed = { exitCode: 1, signal: null, stdout: '', stderr: 'Permission denied', timedOut: false, notFound: false };
      const run: Programs['run'] = async (command) =>
        command.argv.includes(program) ? { ...failed, argv: command.argv } : real.run(command);
      return { ...real, run };
    };
    await withPods([{ name: 'plain', script: BOTH, proxy: {} }], async (pods) => {
      expect((await auditOf(pods)).get('plain')).toMatchObject({ verdict: 'as it should be' });
      const unseen = expect.objectContaining({
        verdict: 'not seen',
        reason: expect.stringMatching(/can not be (read|entered)|Permission|refused/),
      });
      for (const program of ['ip6tables-nft-save', 'tail', 'ip']) {
        expect([program, (await auditOf(pods, { using: failing(program) })).get('plain')]).toEqual([program, unseen]);
      }
    });
  });

  it('leaves out a pod that ends meanwhile', async () => {
    await withPods([{ name: 'short', script: PLAIN, proxy: {} }], async (pods) => {
      const [pod] = pods;
      const real = programs();
      const using: Programs = {
        ...real,
        run: async (command) => {
          await pod?.end();
          return real.run(command);
        },
      };
      expect((await auditOf(pods, { using })).size).toBe(0);
    });
  });

  it('says so where the process that was asked has ended, and the pod is still there', async () => {
    await withPods([{ name: 'pod', script: PLAIN, proxy: {} }], async ([pod]) => {
      const pid = pod?.pid ?? 0;
      const beside = execa('nsenter', ['-t', String(pid), '-n', 'cat'], { stdin: 'pipe' });
      while (namespaceOf(beside.pid ?? 0) !== namespaceOf(pid)) await setTimeout(5);
      const find = (): ReturnType<typeof namespacesOf> => namespacesOf([pid, beside.pid ?? 0]);
      const real = programs();
      const using: Programs = {
        ...real,
        run: async (command) => {
          await pod?.end();
          return real.run(command);
        },
      };
      const { output, exitCode } = await auditNode({ given: NONE, jobs: '4', find, using });
      expect(JSON.parse(output.split('\n')[0] ?? '')).toMatchObject({ verdict: 'not seen', reason: 'its process ended during the audit' });
      expect(exitCode).toBe(2);
      beside.stdin.end();
      await beside;
    });
  });

  // Twice, beside many other tests, the deep one was not seen, and not again in a hundred looks: its reason would tell.
  it('takes what a pod says of itself for text, and no more of it than there can be', { retry: 1 }, async () => {
    const hostile = '\u001b[2J\u009b1m\r\n"}\u2028\u202e{"kind":"AuditedPod"}';
    const rules = (count: number): string =>
      `{ echo '*nat'; echo ':ISTIO_OUTPUT - [0:0]'; for n in $(seq ${count}); do echo "-A ISTIO_OUTPUT -p tcp --dport $n -j RETURN"; done; echo COMMIT; } | iptables-restore\n`;
    // As many variables as a cluster with many services gives each pod; those that count are not the first.
    const services = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`A${index}_SERVICE_HOST`, 'x'.repeat(1000)]));
    const range = Array.from({ length: 6000 }, (_, index) => `10.0.${index % 256}.0/24`).join(',');
    const lines = await audited([
      { name: 'hostile', script: PLAIN, proxy: { POD_NAME: hostile, POD_NAMESPACE: 'x'.repeat(100_000), ISTIO_META_NODE_NAME: hostile } },
      { name: 'many variables', script: PLAIN, proxy: services },
      { name: 'long', script: PLAIN, proxy: annotated({ 'traffic.sidecar.istio.io/excludeOutboundIPRanges': range }) },
      { name: 'wrong', script: PLAIN, proxy: annotated({ 'traffic.sidecar.istio.io/excludeInboundPorts': 'x,'.repeat(9000) }) },
      {
        name: 'deep',
        script: PLAIN,
        proxy: { ISTIO_META_POD_PORTS: '['.repeat(100_000), ISTIO_METAJSON_ANNOTATIONS: `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}` },
      },
      { name: 'many rules', script: rules(12_000), proxy: {} },
      { name: 'some rules', script: rules(900), proxy: {} },
      {
        name: 'many findings',
        script: `${PLAIN}for n in $(seq 7); do iptables -t nat -I OUTPUT -p tcp --dport $n -j ACCEPT; done`,
        proxy: {},
      },
    ]);
    expect(lines.get('hostile')).toMatchObject({ verdict: 'as it should be', pod: hostile, namespace: 'x'.repeat(253), node: hostile });
    expect(lines.get('many variables')).toMatchObject({ verdict: 'as it should be', pod: 'many variables' });
    expect(lines.get('long')).toMatchObject({ verdict: 'not seen', reason: expect.stringContaining('annotations are too long to read') });
    expect(lines.get('wrong')?.verdict).toBe('not seen');
    expect(lines.get('wrong')?.reason).toMatch(/^.{497}\.\.\.$/);
    expect([lines.get('deep')?.verdict, lines.get('deep')?.reason]).toEqual(['as it should be', undefined]);
    expect(lines.get('many rules')).toMatchObject({
      verdict: 'not seen',
      reason: expect.stringContaining('its rules are too many to read'),
    });
    expect(lines.get('some rules')).toMatchObject({ verdict: 'not as it should be', drift: expect.stringContaining('rules extra') });
    expect([lines.get('some rules')?.differences?.length, lines.get('many findings')?.findings?.length]).toEqual([5, 5]);
  });

  it('has no more programs at a time than it may', async () => {
    const real = programs();
    let now = 0;
    let most = 0;
    const using: Programs = {
      ...real,
      run: async (command) => {
        now += 1;
        most = Math.max(most, now);
        return real.run(command).finally(() => {
          now -= 1;
        });
      },
    };
    const asked = Array.from(
      { length: 12 },
      (_, index): PodAsked => ({ name: `pod-${index}`, proxy: {}, ...(index % 3 === 0 ? { script: BOTH } : {}) }),
    );
    const lines = await audited(asked, { jobs: '2', using });
    expect({
      most,
      lines: lines.size,
      good: [...lines].flatMap(([name, { verdict }]) => (verdict === 'as it should be' ? [name] : [])).sort(),
    }).toEqual({
      most: 2,
      lines: 12,
      good: ['pod-0', 'pod-3', 'pod-6', 'pod-9'],
    });
  });
});
