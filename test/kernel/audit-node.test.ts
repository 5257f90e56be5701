/** The program `audit` on a node: a box of processes in which it finds pods by itself. */

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { loadAll } from 'js-yaml';
import { afterAll, expect, it } from 'vitest';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import { SHELL_BIN } from '../cli/program.ts';
import { describeKernel } from './requirements.ts';
import { BIN, PATH } from './starting.ts';

const RELEASE = { value: '1.28.0', source: { kind: 'option', option: '--release' } } as const;

describeKernel('the program on a node of its own', () => {
  interface Printed {
    readonly exitCode: number | undefined;
    readonly lines: readonly Readonly<Record<string, unknown>>[];
    readonly stderr: string;
  }

  const folder = mkdtempSync(join(tmpdir(), 'istio-init-audit-'));
  // Other users have pods as well.
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'proxy'), 'sleep 60 & wait\n');
  writeFileSync(join(folder, 'rules'), printRestore(planFromSettings({ release: RELEASE }).ip));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs a script as process 1 of a node, which takes all others with it; `pod NAME [SCRIPT]` starts a pod with a proxy. */
  async function onNode(script: string, bin = SHELL_BIN): Promise<Printed> {
    const functions = `cd ${folder}; audit='${bin}/istio-init audit'; rules='iptables-restore ${folder}/rules'; legacy='iptables-legacy-restore ${folder}/rules'
      pod() {
        ISTIO_META_ISTIO_VERSION=\${release:-1.28.0} POD_NAME=$1 unshare --net bash -c "\${2:-:}; exec \${as:-} bash -c 'exec -a pilot-agent bash proxy sidecar'" &
        is_agent $!
      }
      is_agent() { until tr '\\0' ' ' </proc/$1/cmdline | grep -q '^pilot-agent proxy sidecar'; do sleep 0.02; done; }`;
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
    const none = await onNode('$audit --node here', BIN);
    const summary = { apiVersion: 'istio-init/v1', kind: 'AuditSummary', node: 'here', seconds: expect.any(Number) };
    expect(none).toEqual({ exitCode: 0, lines: [{ ...summary, pods: 0, verdicts: {} }], stderr: '' });
    expect(await onNode('pod good "$rules"; pod bare; $audit --node here', BIN)).toMatchObject({
      exitCode: 1,
      lines: [
        { pod: 'bare', verdict: 'no rules', node: 'here' },
        { pod: 'good', verdict: 'as it should be' },
        { ...summary, pods: 2, verdicts: { 'as it should be': 1, 'no rules': 1 } },
      ],
    });
    const unseen = await onNode('release=9.9; pod good "$rules"; $audit');
    expect(unseen).toMatchObject({ exitCode: 2, lines: [{ verdict: 'not seen', reason: expect.stringContaining('9.9') }, {}] });
  });

  it.each([
    ['--jobs 0', /--jobs "0" is not a number from 1 to 64/],
    ['--every 1.5', /--every "1\.5" is not a number/],
    ['--release 9.9', /--release "9\.9" is not a known release/],
    ['--installer me', /--installer "me" is not one of init, cni/],
    ['lines.txt', /audit: "lines.txt" is no operand of an audit, .*; a file goes with --summarize/],
    ['--summarize', /--summarize wants a file/],
  ])('refuses %s', async (words, text) => {
    const { exitCode, lines, stderr } = await onNode(`$audit ${words}`);
    expect({ exitCode, lines }).toEqual({ exitCode: 2, lines: [] });
    expect(stderr).toMatch(text);
  });

  it('without the processes of the node says what is lacking', async () => {
    const { exitCode, lines, stderr } = await onNode('exec $audit');
    expect({ exitCode, lines }).toEqual({ exitCode: 2, lines: [] });
    expect(stderr).toMatch(/^istio-init: audit: .*hostPID/);
  });

  it('has one line for a namespace, however many processes are in it, and none for the node with its own', async () => {
    const script = 'pod good "$rules; { sleep 60 & }"; (exec -a pilot-agent bash proxy sidecar) & is_agent $!; $audit';
    const { exitCode, lines } = await onNode(script);
    expect(exitCode).toBe(0);
    expect(lines).toMatchObject([
      { pod: 'good', verdict: 'as it should be' },
      { kind: 'AuditSummary', pods: 1 },
    ]);
  });

  it('knows the name of the node better than a pod', async () => {
    const pods = 'ISTIO_META_NODE_NAME=other pod a; pod b; ';
    const nodes = async (options: string): Promise<readonly unknown[]> =>
      (await onNode(`${pods}$audit ${options}`)).lines.map(({ node }) => node);
    expect(await nodes('--node this')).toEqual(['this', 'this', 'this']);
    expect(await nodes('')).toEqual(['other', 'other', 'other']);
  });

  it('has enough with the rights that the DaemonSet of the documentation gives it, and needs each', async () => {
    const lacks: Readonly<Record<string, object>> = {
      NONE: { exitCode: 0, reasons: [undefined, undefined] },
      DAC_READ_SEARCH: { exitCode: 2, reasons: Array(2).fill(expect.stringContaining('environment can not be read')) },
      NET_ADMIN: { exitCode: 2, reasons: Array(2).fill(expect.stringContaining('NET_ADMIN')) },
      NET_RAW: { exitCode: 2, reasons: [expect.stringContaining('legacy'), undefined] },
      SYS_ADMIN: { exitCode: 2, reasons: Array(2).fill(expect.stringContaining('can not be entered')) },
      SYS_PTRACE: { exitCode: 2, reasons: [] },
    };
    const rights = rightsOfDaemonSet();
    expect(['NONE', ...rights.toSorted()]).toEqual(Object.keys(lacks));
    // One node for all of them; the proxies are not root's.
    const audits = Object.keys(lacks).map((right) => {
      const left = rights.filter((one) => one !== right).map((one) => `+${one.toLowerCase()}`);
      return `setpriv --inh-caps=-all --bounding-set=-all,${left.join(',')} $audit || code=$?; echo "{\\"lacks\\":\\"${right}\\",\\"code\\":\${code:-0}}"; code=`;
    });
    const proxy = 'setpriv --reuid=1337 --regid=1337 --clear-groups';
    const { lines, stderr } = await onNode(`as='${proxy}'; pod a "$legacy"; pod b "$rules"; ${audits.join('\n')}`);
    const found: Record<string, object> = {};
    let reasons: unknown[] = [];
    for (const line of lines) {
      if (line['kind'] === 'AuditedPod') reasons.push(line['reason']);
      if (line['lacks'] === undefined) continue;
      found[String(line['lacks'])] = { exitCode: line['code'], reasons };
      reasons = [];
    }
    expect(found).toEqual(lacks);
    expect(stderr).toMatch(/^istio-init: audit: the network namespace of process 1 can not be read: .*SYS_PTRACE.*\n?$/);
  });

  it('goes round until it is told to stop', async () => {
    const rounds = (count: number): string => `until [ "$(grep -c AuditSummary out)" -ge ${count} ]; do sleep 0.05; done`;
    const { exitCode, lines } = await onNode(`pod good "$rules"; $audit --every 1 >out & ${rounds(2)}; kill -TERM $!; wait $! && cat out`);
    expect(exitCode).toBe(0);
    expect(lines.map(({ kind }) => kind)).toEqual(['AuditedPod', 'AuditSummary', 'AuditedPod', 'AuditSummary']);
  });

  it('goes round no more when nobody reads it', async () => {
    const { exitCode, lines, stderr } = await onNode('set -o pipefail; timeout 30 $audit --every 1 | head -1');
    expect({ exitCode, kinds: lines.map(({ kind }) => kind), stderr }).toEqual({ exitCode: 0, kinds: ['AuditSummary'], stderr: '' });
  });
});

function rightsOfDaemonSet(): readonly string[] {
  const text = readFileSync(new URL('../../docs/examples/audit-daemonset.yaml', import.meta.url), 'utf8');
  const [, set] = loadAll(text) as [
    unknown,
    { spec: { template: { spec: { containers: [{ securityContext: { capabilities: { add: string[] } } }] } } } },
  ];
  return set.spec.template.spec.containers[0].securityContext.capabilities.add;
}
