import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import type { AuditedPod } from '../../src/cli/audit/line.ts';
import type { AuditRequest } from '../../src/cli/audit.ts';
import { auditNode } from '../../src/cli/audit.ts';
import type { SettingsGiven } from '../../src/cli/options.ts';
import { namespacesOf } from '../../src/host/pods/namespaces.ts';
import type { Programs } from '../../src/host/run.ts';
import { programs } from '../../src/host/run.ts';
import type { CapturePlan } from '../../src/istio/plan.ts';
import { planFromSettings } from '../../src/istio/plan-from-settings.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import type { OpenPod, PodAsked } from './audit-pods.ts';
import { withPods } from './audit-pods.ts';
import { feed } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { BIN, PATH } from './starting.ts';

const NONE: SettingsGiven = { sets: [], env: [], addresses: [], nameservers: [] };
const RELEASE = { value: '1.28.0', source: { kind: 'option', option: '--release' } } as const;

function planned(...sets: readonly string[]): CapturePlan {
  return planFromSettings({ release: RELEASE, sets });
}

/** A script that makes the rules of a plan. */
function made({ ip }: CapturePlan, backend = 'nft'): string {
  return feed(`iptables-${backend}-restore`, printRestore(ip));
}

const PLAIN = made(planned());
const TAMPERED = `${PLAIN}iptables -t nat -D ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN\n`;
const TPROXY = `${made(planned('mode=TPROXY'))}ip rule add fwmark 1337 lookup 133; ip route add local default dev lo table 133\n`;

/** The line of each pod by its name. */
async function audited(asked: readonly PodAsked[], of: Partial<AuditRequest> = {}): Promise<ReadonlyMap<string, AuditedPod>> {
  return withPods(asked, (pods) => auditOf(pods, of));
}

async function auditOf(pods: readonly OpenPod[], of: Partial<AuditRequest> = {}): Promise<ReadonlyMap<string, AuditedPod>> {
  const find = (): ReturnType<typeof namespacesOf> => namespacesOf(pods.map(({ pid }) => pid));
  const { output } = await auditNode({ given: NONE, jobs: '4', find, ...of });
  const lines = output
    .split('\n')
    .filter((line) => line !== '')
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
      { name: 'plain', script: PLAIN, proxy, line: { verdict: 'as it should be', release: '1.28.0' } },
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
        proxy: { ISTIO_METAJSON_ANNOTATIONS: '{"traffic.sidecar.istio.io/excludeInboundPorts":"9080"}\n' },
        line: { verdict: 'as it should be' },
      },
      {
        name: 'none',
        proxy: { ISTIO_META_INTERCEPTION_MODE: 'NONE' },
        line: { verdict: 'as it should be', reason: 'its settings call for no rules' },
      },
      { name: 'native', script: 'nft add table inet istio-proxy-nat', proxy, line: { verdict: 'native nftables' } },
      { name: 'native alone', script: 'nft add table inet istio-proxy-nat', line: { verdict: 'rules without a proxy' } },
      {
        name: 'ambient',
        script: 'iptables -t nat -N ISTIO_PRERT; iptables -t nat -A PREROUTING -j ISTIO_PRERT',
        line: { verdict: 'ambient' },
      },
      { name: 'native ambient', script: 'nft add table inet istio-ambient-nat', line: { verdict: 'ambient' } },
      {
        name: 'unknown release',
        script: PLAIN,
        proxy: { ISTIO_META_ISTIO_VERSION: 'latest' },
        line: { verdict: 'not seen', reason: expect.stringContaining('latest') as unknown as string },
      },
      { name: 'no pod', line: undefined },
    ];
    const lines = await audited(cases);
    expect(Object.fromEntries(cases.map(({ name }) => [name, lines.get(name)]))).toEqual(
      Object.fromEntries(cases.map(({ name, line }) => [name, line === undefined ? undefined : expect.objectContaining(line)])),
    );
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
        command.argv.some((word) => word.startsWith(program)) ? { ...failed, argv: command.argv } : real.run(command);
      return { ...real, run };
    };
    // Of IPv6 there is a table, so that there is something to read.
    await withPods([{ name: 'plain', script: `${PLAIN}ip6tables -t nat -P OUTPUT ACCEPT\n`, proxy: {} }], async (pods) => {
      expect((await auditOf(pods)).get('plain')).toMatchObject({ verdict: 'as it should be' });
      const unseen = expect.objectContaining({ verdict: 'not seen', reason: expect.any(String) });
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
      { length: 50 },
      (_, index): PodAsked => ({ name: `pod-${index}`, proxy: {}, ...(index === 30 ? { script: PLAIN } : {}) }),
    );
    const lines = await audited(asked, { jobs: '2', using });
    expect({
      most,
      lines: lines.size,
      good: [...lines].filter(([, { verdict }]) => verdict === 'as it should be').map(([name]) => name),
    }).toEqual({
      most: 2,
      lines: 50,
      good: ['pod-30'],
    });
  });
});

describeKernel('the program on a node of its own', () => {
  interface Printed {
    readonly exitCode: number | undefined;
    readonly lines: readonly Readonly<Record<string, unknown>>[];
    readonly stderr: string;
  }

  const folder = mkdtempSync(join(tmpdir(), 'istio-init-audit-'));
  writeFileSync(join(folder, 'proxy'), 'sleep 60 & wait\n');
  writeFileSync(join(folder, 'rules'), printRestore(planned().ip));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs a script as process 1 of a node, which takes all others with it; `pod NAME [SCRIPT]` starts a pod with a proxy. */
  async function onNode(script: string): Promise<Printed> {
    const functions = `cd ${folder}; audit='${BIN}/istio-init audit'; rules='iptables-restore ${folder}/rules'
      pod() {
        ISTIO_META_ISTIO_VERSION=1.28.0 POD_NAME=$1 unshare --net bash -c "\${2:-:}; exec -a pilot-agent bash proxy sidecar" &
        until tr '\\0' ' ' </proc/$!/cmdline | grep -q '^pilot-agent proxy sidecar'; do sleep 0.02; done
      }`;
    const box = ['--pid', '--fork', '--kill-child', '--mount-proc', '--net', 'bash', '-c', `${functions}\n${script}; exit`];
    const { exitCode, stdout, stderr } = await execa('unshare', box, {
      env: { PATH },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      timeout: 50_000,
    });
    const lines = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    return { exitCode, lines, stderr };
  }

  it('has a line for each pod and one for the node, and ends with 0, 1 or 2', async () => {
    const none = await onNode('$audit --node here');
    const summary = { apiVersion: 'istio-init/v1', kind: 'AuditSummary', node: 'here', seconds: expect.any(Number) };
    expect(none).toEqual({ exitCode: 0, lines: [{ ...summary, pods: 0, verdicts: {} }], stderr: '' });
    expect(await onNode('pod good "$rules"; pod bare; $audit --node here')).toMatchObject({
      exitCode: 1,
      lines: [
        { pod: 'bare', verdict: 'no rules', node: 'here' },
        { pod: 'good', verdict: 'as it should be' },
        { ...summary, pods: 2, verdicts: { 'as it should be': 1, 'no rules': 1 } },
      ],
    });
    const unseen = await onNode('pod good "$rules"; $audit --release 9.9');
    expect(unseen).toMatchObject({ exitCode: 2, lines: [{ verdict: 'not seen', reason: expect.stringContaining('9.9') }, {}] });
  });

  it.each([
    ['--jobs 0', /--jobs "0" is not a number from 1 to 64/],
    ['--every 1.5', /--every "1\.5" is not a number/],
    ['--installer me', /--installer "me" is not one of init, cni/],
    ['lines.txt', /audit takes a file with --summarize only/],
    ['--summarize', /--summarize wants a file/],
  ])('refuses %s', async (words, text) => {
    const { exitCode, lines, stderr } = await onNode(`$audit ${words}`);
    expect({ exitCode, lines }).toEqual({ exitCode: 2, lines: [] });
    expect(stderr).toMatch(text);
  });

  it('without the processes of the node says what is lacking', async () => {
    const { exitCode, lines, stderr } = await onNode('exec $audit');
    expect({ exitCode, lines }).toEqual({ exitCode: 2, lines: [] });
    expect(stderr).toMatch(/^audit .*hostPID/);
  });

  it('goes round until it is told to stop', async () => {
    const { exitCode, lines } = await onNode('pod good "$rules"; $audit --every 1 & sleep 3; kill -TERM $!; wait $!');
    expect(exitCode).toBe(0);
    const kinds = lines.map(({ kind }) => kind);
    expect(kinds.length).toBeGreaterThanOrEqual(4);
    expect(kinds.slice(0, 4)).toEqual(['AuditedPod', 'AuditSummary', 'AuditedPod', 'AuditSummary']);
  });
});
