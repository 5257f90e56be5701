import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ClusterFailure } from '../../src/host/cluster/failure.ts';
import { allObjects } from '../../src/host/cluster/list.ts';
import { PODS } from '../../src/istio/kubernetes/cluster/resources.ts';
import type { ApiServer, Fault, Recorded } from '../cluster/api-server.ts';
import { apiServer } from '../cluster/api-server.ts';
import { HAS_KUBECTL } from '../cluster/kubectl.ts';
import { controlPlane, injectedPod, namespace, owner, webhooks } from '../cluster/recorded.ts';
import { PROGRAM, ROOT, run, scratchFolder } from './program.ts';

/** An Argo Rollout whose pods are described by a Deployment: it has neither a selector nor a template. */
function rollout(): Recorded {
  const { metadata } = owner({ name: 'roll' });
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata,
    spec: { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'roll' } },
  };
}

const RECORDED: readonly Recorded[] = [
  namespace('shop', { 'istio-injection': 'enabled' }),
  ...controlPlane('', '1.28.0'),
  webhooks(''),
  owner({ name: 'web' }),
  injectedPod({ app: 'web' }),
  injectedPod({ app: 'web', number: 2 }),
  rollout(),
  injectedPod({ app: 'roll' }),
];

const FOR_EVER = Number.POSITIVE_INFINITY;

describe.skipIf(!HAS_KUBECTL)('a cluster that does not answer as it should', () => {
  const folder = scratchFolder();
  let server: ApiServer;
  let access: readonly string[];

  beforeAll(async () => {
    server = await apiServer(RECORDED);
    access = accessTo(server, 'config');
  });
  const accessTo = ({ kubeconfig }: ApiServer, name: string): readonly string[] => [
    '--kubeconfig',
    join(folder.path, folder.write(name, kubeconfig)),
  ];
  afterEach(() => {
    server.faults.splice(0);
    server.pageSize = 500;
  });
  afterAll(async () => {
    await server.close();
    folder.remove();
  });

  const faulty = (fault: Omit<Fault, 'times'> & { readonly times?: number }, ...words: readonly string[]): ReturnType<typeof run> => {
    server.faults.push({ times: FOR_EVER, ...fault });
    return run([...words, ...access]);
  };

  it('finds the pods of a Rollout that leaves its template to a Deployment', async () => {
    const found = await run(['identify', 'rollout/roll', ...access]);
    expect([found.exitCode, found.stderr]).toEqual([0, expect.stringContaining('Pod shop/roll-59757bb7d8-1')]);
  });

  const NO_LISTS = [
    ['null', 'answers with no list'],
    ['"text"', 'answers with no list'],
    ['{"items":"x"}', 'answers with no list'],
    ['<html>log in</html>', 'is no JSON'],
    ['', 'is no JSON'],
    ['{"items":[1]}', 'is no object of Kubernetes'],
    ['{"items":[null]}', 'is no object of Kubernetes'],
    ['{"items":[{}]}', 'is no object of Kubernetes'],
    ['{"items":[{"metadata":[]}]}', 'is no object of Kubernetes'],
    ['{"items":[{"metadata":{"name":7}}]}', 'is no object of Kubernetes'],
    ['{"items":[{"metadata":{"name":"a","labels":[]}}]}', 'is no object of Kubernetes'],
    ['{"items":[{"metadata":{"name":"a","labels":{"b":1}}}]}', 'is no object of Kubernetes'],
    ['{"items":[{"metadata":{"name":"a","ownerReferences":{"a":1}}}]}', 'is no object of Kubernetes'],
    ['{"items":[{"metadata":{"name":"a","ownerReferences":[null]}}]}', 'is no object of Kubernetes'],
    ['{"items":[{"metadata":{"name":"a"},"spec":"x"}]}', 'is no object of Kubernetes'],
    ['{"items":[],"metadata":{"continue":"1"}}', 'the same page again and again'],
  ] as const;

  it.each(NO_LISTS)('is no list of pods where it answers %s', async (body, reason) => {
    server.faults.push({ on: /\/pods\?/, body, times: FOR_EVER });
    const all = async (): Promise<void> => {
      for await (const _ of allObjects(PODS, { namespace: 'shop' }, { kubeconfig: join(folder.path, 'config') }));
    };
    const failure = await all().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ClusterFailure);
    expect(String(failure)).toContain(reason);
  });

  // A start of kubectl is most of it: each reason once through a command, which makes seven.
  it.each(NO_LISTS.filter(([, reason], index) => NO_LISTS.findIndex(([, other]) => other === reason) === index))(
    'is said in one line where it answers %s for pods',
    async (body, reason) => {
      const found = await faulty({ on: /\/pods\?/, body }, 'escapes', 'ns/shop');
      expect([found.exitCode, found.stdout]).toEqual([2, '']);
      expect(found.stderr).toMatch(/^istio-init: escapes: ns\/shop [^\n]+\n$/);
      expect(found.stderr).toContain(reason);
    },
  );

  it.each([
    [401, 'Unauthorized', '401: the cluster does not accept the credentials'],
    [403, 'Forbidden', '403: said so'],
    [410, 'Expired', '410: the list changed too much'],
    [429, 'TooManyRequests', '429: the API server takes no more requests now'],
    [500, 'InternalError', 'kubectl failed: Error from server (InternalError): said so'],
    [503, 'ServiceUnavailable', 'kubectl failed: Error from server (ServiceUnavailable): said so'],
  ])('says %s once, whatever else is unknown for it', async (status, reason, text) => {
    const found = await faulty({ on: /./, status, reason, message: 'said so' }, 'check', 'deploy/web');
    expect([found.exitCode, found.stdout, found.stderr.split('\n')]).toEqual([
      2,
      '',
      [expect.stringContaining(`istio-init: check: deploy/web ${text}`), ''],
    ]);
  });

  it('begins a list anew whose pages became too old, and says so where they always do', async () => {
    server.pageSize = 1;
    const once = await faulty({ on: /pods\?.*continue/, status: 410, reason: 'Expired', message: 'old', times: 1 }, 'escapes', 'ns/shop');
    expect(once.exitCode).toBe(1);
    const always = await faulty({ on: /pods\?.*continue/, status: 410, reason: 'Expired', message: 'old' }, 'escapes', 'ns/shop');
    expect(always.exitCode).toBe(2);
    expect(always.stderr).toContain('only 1 pods were read, and how many more there are is unknown: 410');
  });

  it.each([
    ['is not there', '/nowhere/config', 'there is no kubeconfig /nowhere/config (KUBECONFIG, --kubeconfig)'],
    ['is no YAML', 'bad', 'can not be read: yaml: line 1'],
    ['is a folder', 'folder', 'is a directory'],
    ['is empty', 'empty', 'kubectl knows no cluster'],
  ])('says in one line that a kubeconfig %s', async (_, name, text) => {
    folder.write('bad', 'a: [');
    folder.write('empty', '');
    mkdirSync(join(folder.path, 'folder'), { recursive: true });
    const file = name.startsWith('/') ? name : join(folder.path, name);
    const found = await run(['check', 'deploy/web', '--kubeconfig', file]);
    expect([found.exitCode, found.stdout, found.stderr.split('\n').length]).toEqual([2, '', 2]);
    expect(found.stderr).toContain(text);
  });

  it.each([
    [['-n', '--foo'], '-n needs a value'],
    [['--namespace=--foo'], '--namespace "--foo" is not a namespace of Kubernetes'],
    [['-n', ''], '--namespace "" is not a namespace of Kubernetes'],
    [['--context=--foo'], 'kubectl knows no context "--foo"'],
  ])('takes no value for an option: %s', async (words, text) => {
    const found = await run(['check', 'deploy/web', ...words, ...access]);
    expect([found.exitCode, found.stdout, found.stderr.split('\n').length]).toEqual([2, '', 2]);
    expect(found.stderr).toContain(text);
  });

  it.each([
    [
      "echo 'Error: unknown flag: --profile' >&2; echo \"See 'kubectl debug --help' for usage.\" >&2",
      'it does not know --profile; --live takes kubectl 1.27',
    ],
    ['echo \'error: unknown command "debug" for "kubectl"\' >&2', 'it does not know "debug" for "kubectl"'],
    ["echo 'error: unknown profile: netadmin' >&2", 'it does not know --profile=netadmin'],
  ])('says that kubectl is too old: %s', async (says, text) => {
    const bin = join(folder.path, 'old');
    mkdirSync(bin, { recursive: true });
    const { stdout: real } = await execa('sh', ['-c', 'command -v kubectl']);
    folder.write('old/kubectl', `#!/bin/sh\ncase "$*" in *" debug "*) ${says}; exit 1;; *) exec ${real} "$@";; esac\n`);
    chmodSync(join(bin, 'kubectl'), 0o755);
    server.may = (what) => !what.endsWith(' pods');
    const words = ['check', 'pod/web-59757bb7d8-1', '--live', '--image', 'tools:1', '--yes', ...access];
    const found = await execa(PROGRAM, words, {
      cwd: ROOT,
      reject: false,
      stdin: 'ignore',
      env: { PATH: `${bin}:${process.env['PATH']}` },
    });
    server.may = () => true;
    expect(found.stderr).toContain(`the ephemeral container leads nowhere: this kubectl is too old: ${text}`);
  });

  it.concurrent.each([
    [
      'the list of which becomes too old while it is read',
      { on: /pods\?.*continue/, status: 410, reason: 'Expired', message: 'old', times: 1 },
      1,
      '',
    ],
    ['which a page of a proxy stands in for', { on: /watch=1/, body: '<html>\n</html>\n', times: FOR_EVER }, 500, 'the answer was cut off'],
    ['of which each answer is nothing', { on: /watch=1/, body: 'null\n', times: FOR_EVER }, 500, ''],
    [
      'of which each answer is too old',
      { on: /watch=1/, body: '{"type":"ERROR","object":{"code":410,"message":"old"}}\n', times: FOR_EVER },
      500,
      '',
    ],
    [
      'of which an answer is no object',
      { on: /watch=1/, body: '{"type":"ADDED","object":7}\n', times: FOR_EVER },
      500,
      'is no object of Kubernetes',
    ],
  ] as const)('is watched on, %s, and asked no faster', async (name, fault, pageSize, note) => {
    const watched = await apiServer(RECORDED);
    watched.pageSize = pageSize;
    watched.faults.push({ ...fault });
    const words = ['escapes', '--watch', 'ns/shop', ...accessTo(watched, name)];
    const { stdout, stderr } = await execa(PROGRAM, words, { cwd: ROOT, reject: false, stdin: 'ignore', timeout: 6000 });
    await watched.close();
    expect(stdout).toContain('new Deployment shop/web: ');
    expect(stderr).toContain(note);
    expect(stderr).not.toContain('should not have happened');
    expect(watched.requests.filter((line) => line.includes('watch=1')).length).toBeLessThan(8);
  });
});
