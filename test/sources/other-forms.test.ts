/** Pods in the forms in which other programs show them: kubectl describe, crictl inspect, docker inspect; and events. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check/check.ts';
import { lint } from '../../src/cli/lint/lint.ts';
import { preview } from '../../src/cli/preview/preview.ts';
import { plain } from '../../src/cli/terminal/color.ts';
import type { SourceOptions } from '../../src/sources/options.ts';
import { scratchFolder } from '../cli/program.ts';

const folder = scratchFolder();
afterAll(folder.remove);
const NONE: SourceOptions = { sets: [], env: [], addresses: [], nameservers: [] };
const written = (text: string, name = 'pod.txt'): string => join(folder.path, folder.write(name, text));
const rules = async (text: string): Promise<string> => (await preview({ source: written(text), given: NONE, explain: false })).output;
const checked = (text: string) => check({ source: written(text), given: NONE, output: 'text', paint: plain });

const DESCRIBED = readFileSync(new URL('../../golden/cases/gh-30-kubectl-describe/describe.txt', import.meta.url), 'utf8');
const ARGS = [
  'istio-iptables',
  '-p',
  '15001',
  '-z',
  '15006',
  '-u',
  '1337',
  '-m',
  'REDIRECT',
  '-i',
  '*',
  '-x',
  '',
  '-b',
  '*',
  '-d',
  '15090,15021,15020',
  '-o',
  '5432',
];
const EXCLUDED = '-A ISTIO_OUTPUT -p tcp -m tcp --dport 5432 -j RETURN';

describe('kubectl describe pod', () => {
  it.each([
    ['as it is printed', DESCRIBED],
    ['without blanks at the ends of its lines', DESCRIBED.replaceAll(/[ \t]+$/gm, '')],
    ['with CRLF', DESCRIBED.replaceAll('\n', '\r\n')],
    ['without its events', DESCRIBED.replace(/^Events:[\s\S]*/m, '')],
  ])('%s is read as the pod: its arguments, with the empty one', async (_, text) => {
    expect(await rules(text)).toContain(EXCLUDED);
  });

  it('tells how the init container ended, and a check says that the run failed', async () => {
    const { output, exitCode } = await checked(DESCRIBED);
    expect(output.split('\n')[0]).toMatch(/THE RUN FAILED/);
    expect(exitCode).toBe(1);
  });

  // What istio-init of the capture has of State and Last State.
  const stateOf = (state: string, status = 'Pending'): string =>
    DESCRIBED.replace(/ {4}State: +Waiting\n.*\n {4}Last State:.*\n.*\n.*\n/, state).replace(/^Status: .*/m, `Status:       ${status}`);

  it.each([
    [
      'waits for its turn',
      stateOf('    State:          Waiting\n      Reason:       PodInitializing\n'),
      /istio-init waits \(PodInitializing\)/,
    ],
    ['waits, and nobody says why', stateOf('    State:          Waiting\n'), /istio-init waits/],
    ['still runs', stateOf('    State:          Running\n      Started:      Mon, 01 Jan 2024 00:00:00 +0000\n'), /istio-init still runs/],
    ['is on no node yet', stateOf('').replace(/^Node: .*/m, 'Node:         <none>'), /istio-init waits \(Pending\)/],
    [
      'waits behind another',
      stateOf('    State:          Waiting\n      Reason:       PodInitializing\n').replace(
        /^Init Containers:\n/m,
        'Init Containers:\n  migrate:\n    Image:          example/migrate:7\n    State:          Waiting\n      Reason:       ImagePullBackOff\n',
      ),
      /behind migrate, which waits \(ImagePullBackOff\)/,
    ],
  ])('of a pod whose istio-init %s has no rules that anybody knows of', async (_, text, why) => {
    const { output, exitCode } = await checked(text);
    expect(output.split('\n')[0]).toMatch(why);
    expect(exitCode).not.toBe(0);
  });

  it.each(['Running', 'Pending', 'Terminating (lasts 5s)'])('but not where it ended well, of a pod that is %s', async (status) => {
    const ended = '    State:          Terminated\n      Reason:       Completed\n      Exit Code:    0\n';
    const { output, exitCode } = await checked(stateOf(ended, status));
    expect([output.split('\n')[0], exitCode]).toEqual([expect.not.stringMatching(/NOT KNOWN|FAILED/), 0]);
  });

  it('is linted, each value at its own line', async () => {
    const file = written(DESCRIBED.replace('excludeOutboundPorts: 5432', 'excludeOutboundPort: 5432'));
    const { output } = await lint({ files: [file], given: NONE, failOn: 'warning', output: 'text', paint: plain });
    expect(output).toMatch(/pod\.txt:6:\d+ traffic\.sidecar\.istio\.io\/excludeOutboundPort is no annotation of Istio/);
    expect(output).toContain('Pod shop/web-6c8f9d7b4-abcde');
  });

  it('of two pods is two workloads', async () => {
    const one = DESCRIBED.replace(/^Events:[\s\S]*/m, '');
    const { notes } = await lint({
      files: [written(`${one}\n\n${one.replaceAll('web-6c8f9d7b4-abcde', 'web-6c8f9d7b4-fghij')}`)],
      given: NONE,
      failOn: 'warning',
      output: 'text',
      paint: plain,
    });
    expect(notes.join()).toContain('2 workloads linted');
  });

  it('tells of variables', async () => {
    const text = DESCRIBED.replace(
      '    State:          Waiting',
      '    Environment:\n      ISTIO_META_DNS_CAPTURE:  true\n      POD:  (v1:metadata.name)\n    State:          Waiting',
    );
    const { output } = await preview({ source: written(text), given: { ...NONE, nameservers: ['10.96.0.10'] }, explain: false });
    expect(output).toContain('--to-ports 15053');
  });
});

const LABELS = { 'io.kubernetes.container.name': 'istio-init', 'io.kubernetes.pod.name': 'web', 'io.kubernetes.pod.namespace': 'shop' };
const cri = (exitCode: number): object => ({
  status: {
    metadata: { name: 'istio-init' },
    state: 'CONTAINER_EXITED',
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    message: '',
    labels: LABELS,
    image: { image: 'docker.io/istio/proxyv2:1.22.3' },
  },
  info: { config: { args: ARGS, envs: [{ key: 'ISTIO_META_DNS_CAPTURE', value: 'false' }] } },
});
const docker = (state: object): object => ({
  Id: 'b1',
  State: { Running: false, ...state },
  Config: {
    Image: 'docker.io/istio/proxyv2:1.22.3',
    Cmd: ARGS,
    Entrypoint: ['/usr/local/bin/pilot-agent'],
    Env: ['PATH=/usr/bin', 'A=b=c'],
    Labels: LABELS,
  },
});

describe('a container that a runtime shows', () => {
  it.each([
    ['crictl inspect', cri(0)],
    ['a list of them', [cri(0)]],
    ['docker inspect', [docker({ ExitCode: 0 })]],
    ['docker inspect of one', docker({ ExitCode: 0 })],
  ])('by %s is read as the init container that it is', async (_, shown) => {
    for (const text of [JSON.stringify(shown, null, 2), JSON.stringify(shown)]) expect(await rules(text)).toContain(EXCLUDED);
    expect((await checked(JSON.stringify(shown, null, 2))).exitCode).toBe(0);
  });

  it.each([
    ['by crictl', cri(255)],
    ['by docker', [docker({ ExitCode: 255 })]],
    ['by docker, for lack of memory', [docker({ ExitCode: 137, OOMKilled: true })]],
  ])('that ended with an error, %s, is a run that failed', async (_, shown) => {
    const { output, exitCode } = await checked(JSON.stringify(shown, null, 2));
    expect([output.includes('THE RUN FAILED'), exitCode]).toEqual([true, 1]);
  });
});

describe('events', () => {
  const message =
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "9f0c": plugin type="istio-cni" name="istio-cni" failed (add): could not find nftables binary: exec: "nft": executable file not found in $PATH';
  const event = {
    kind: 'Event',
    apiVersion: 'v1',
    reason: 'FailedCreatePodSandBox',
    message,
    involvedObject: { kind: 'Pod', name: 'card' },
    type: 'Warning',
  };

  it.each([
    ['as JSON', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [event] }, null, 2)],
    ['as JSON on one line', JSON.stringify({ apiVersion: 'v1', kind: 'EventList', items: [event] })],
    ['one alone', JSON.stringify(event, null, 2)],
    [
      'as YAML',
      `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Event\n  reason: FailedCreatePodSandBox\n  involvedObject:\n    kind: Pod\n    name: card\n  message: '${message}'\n`,
    ],
  ])('%s are read as what they say: the run failed', async (_, text) => {
    const { output, exitCode } = await checked(text);
    expect(output.split('\n')[0]).toMatch(/THE RUN FAILED: native nftables are on, .* no program nft/);
    expect(exitCode).toBe(1);
  });
});

describe('a text without rules', () => {
  it.each([
    ['Istio config:\nPROXY_UID=1337\nINBOUND_PORTS_EXCLUDE=15020,8012\nOUTBOUND_PORTS_EXCLUDE=\n'],
    [JSON.stringify({ level: 'info', msg: 'Istio config:\nPROXY_UID=1337\nINBOUND_PORTS_EXCLUDE=15020,8012\nOUTBOUND_PORTS_EXCLUDE=\n' })],
    ['Variables:\n----------\nPROXY_UID=1337\nINBOUND_PORTS_EXCLUDE=15020,8012\nOUTBOUND_PORTS_EXCLUDE=\n'],
  ])('that has the variables of a run says which, and that nothing shows what it did', async (text) => {
    await expect(checked(text)).rejects.toThrow(
      /its variables are here \(PROXY_UID=1337, INBOUND_PORTS_EXCLUDE=15020,8012\), and no rule or command is.*nsenter -t PID/,
    );
  });

  it('of variables alone is known for what it is, in lint as well', async () => {
    const { output } = await lint({
      files: [written("ISTIO_INBOUND_PORTS='*'\nexport CANONICAL_SERVICE=ledger\n", 'cluster.env')],
      given: NONE,
      failOn: 'warning',
      output: 'text',
      paint: plain,
    });
    expect(output).toContain('These are variables, as the start of a virtual machine reads them: give them with --env-file');
  });
});
