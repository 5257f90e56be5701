import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterAccess } from '../../../src/host/cluster/access.ts';
import { clusterItems } from '../../../src/host/manifests/cluster-items.ts';
import { formatProblem } from '../../../src/istio/problems.ts';
import { scratchFolder } from '../../cli/program.ts';
import type { ApiServer, Fault } from '../../cluster/api-server.ts';
import { apiServer } from '../../cluster/api-server.ts';
import { HAS_KUBECTL } from '../../cluster/kubectl.ts';
import { controlPlane, injectedPod, namespace, owner, webhooks } from '../../cluster/recorded.ts';

describe.skipIf(!HAS_KUBECTL)('what a name of a cluster stands for', () => {
  const folder = scratchFolder();
  let server: ApiServer;
  let access: ClusterAccess;

  beforeAll(async () => {
    server = await apiServer([
      namespace('shop', { 'istio-injection': 'enabled' }),
      namespace('bank'),
      ...controlPlane('', '1.28.0'),
      webhooks(''),
      owner({ name: 'web' }),
      injectedPod({ app: 'web', number: 1 }),
      injectedPod({ app: 'web', number: 2 }),
      { ...injectedPod({ app: 'web', number: 3 }), status: { phase: 'Succeeded' } },
      injectedPod({ app: 'other' }),
      owner({ name: 'idle' }),
      owner({ name: 'nightly', kind: 'CronJob' }),
      ...['StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Job'].map((kind) =>
        owner({ name: kind.toLowerCase(), kind }),
      ),
      owner({ name: 'teller', namespace: 'bank' }),
    ]);
    access = { kubeconfig: join(folder.path, folder.write('config', server.kubeconfig)) };
  });
  afterAll(async () => {
    await server.close();
    folder.remove();
  });

  /** `Pod shop/web-1`, and problems as they are printed. */
  async function found(word: string, more: ClusterAccess = {}, owners = false): Promise<readonly string[]> {
    const names: string[] = [];
    const options = { owners, rootNamespace: 'istio-system', passed: () => undefined };
    for await (const item of clusterItems(word, { ...access, ...more }, options)) {
      if (item.kind === 'workload') names.push(`${item.workload.kind} ${item.workload.namespace}/${item.workload.name}`);
      else if (item.kind === 'namespace') names.push(`Namespace ${item.name}`);
      else if (item.kind === 'problem') names.push(formatProblem(item.problem));
    }
    return names;
  }

  /** The same while something goes wrong. */
  async function during(fault: Fault, ...asked: Parameters<typeof found>): Promise<readonly string[]> {
    server.faults.push(fault);
    try {
      return await found(...asked);
    } finally {
      server.faults.splice(0);
    }
  }

  it('is a pod, with the labels of its namespace', async () => {
    expect(await found('pod/web-59757bb7d8-1')).toEqual(['Namespace shop', 'Pod shop/web-59757bb7d8-1']);
  });

  it('is the pods of an owner that run, and the owner alone where it has none', async () => {
    expect(await found('deploy/web')).toEqual(['Namespace shop', 'Pod shop/web-59757bb7d8-1', 'Pod shop/web-59757bb7d8-2']);
    expect(await found('deploy/web', {}, true)).toContain('Deployment shop/web');
    expect(await found('deployments.v1.apps/idle')).toEqual(['Namespace shop', 'Deployment shop/idle']);
  });

  it('is every kind of owner, by every word that kubectl has for it', async () => {
    const words = ['sts/statefulset', 'ds/daemonset', 'rs/replicaset', 'rc/replicationcontroller', 'jobs/job', 'cj/nightly'];
    const all = await Promise.all(words.map((word) => found(word)));
    expect(all.map((names) => names.at(-1))).toEqual([
      'StatefulSet shop/statefulset',
      'DaemonSet shop/daemonset',
      'ReplicaSet shop/replicaset',
      'ReplicationController shop/replicationcontroller',
      'Job shop/job',
      'CronJob shop/nightly',
    ]);
  });

  it('is in the namespace of the option, of the word, or of the context', async () => {
    expect(await found('deploy/teller', { namespace: 'bank' })).toContain('Deployment bank/teller');
    expect(await found('Deployment/bank/teller')).toContain('Deployment bank/teller');
    expect((await found('ns/')).filter((name) => name.startsWith('Pod'))).toHaveLength(3);
  });

  it('is all of a cluster: namespaces first, then pods that run, then owners that have none', async () => {
    const names = await found('cluster');
    expect(names.slice(0, 2)).toEqual(['Namespace shop', 'Namespace bank']);
    expect(names.filter((name) => name.startsWith('Pod '))).toHaveLength(3);
    expect(names).not.toContain('Deployment shop/web');
    expect(names).toEqual(expect.arrayContaining(['Deployment shop/idle', 'Deployment bank/teller', 'CronJob shop/nightly']));
  });

  it('has the labels of a selector, which goes to the server', async () => {
    expect((await found('cluster', { selector: 'app in (web,idle)' })).filter((name) => !name.startsWith('Namespace'))).toEqual([
      'Pod shop/web-59757bb7d8-1',
      'Pod shop/web-59757bb7d8-2',
      'Deployment shop/idle',
    ]);
  });

  it('is read page by page, every page once', async () => {
    server.pageSize = 2;
    server.requests.splice(0);
    const names = await found('ns/shop');
    server.pageSize = 500;
    expect(names.filter((name) => name.startsWith('Pod '))).toHaveLength(3);
    expect(server.requests.filter((line) => /pods\?/.test(line)).map((line) => /continue=\d+/.exec(line)?.[0])).toEqual([
      undefined,
      'continue=2',
    ]);
  });

  it('is begun anew where its list became too old, and shows nothing twice', async () => {
    server.pageSize = 2;
    const gone = {
      on: /pods\?.*continue=/,
      times: 1,
      status: 410,
      reason: 'Expired',
      message: 'The provided continue parameter is too old',
    };
    const names = await during(gone, 'ns/shop');
    server.pageSize = 500;
    expect(names.filter((name) => name.startsWith('Pod '))).toHaveLength(3);
  });

  it('waits where the server says so (429)', async () => {
    const busy = { on: /pods\?/, times: 1, status: 429, headers: { 'retry-after': '1' }, reason: 'TooManyRequests' };
    expect(await during(busy, 'pod/web-59757bb7d8-1')).toEqual(['Namespace shop', 'Pod shop/web-59757bb7d8-1']);
    expect((await during(busy, 'ns/shop')).filter((name) => name.startsWith('Pod '))).toHaveLength(3);
  });

  it('is never half a list that counts as the whole', async () => {
    server.pageSize = 2;
    const names = await during({ on: /pods\?.*continue=/, cutAfter: 50 }, 'ns/shop');
    expect(names.at(-1)).toBe(
      'ns/shop only 2 pods were read, and how many more there are is unknown: the answer was cut off: nothing of it counts',
    );
    expect(await during({ on: /apps\/v1\/namespaces\/shop\/deployments\?/, cutAfter: 50 }, 'ns/shop')).toContain(
      'ns/shop Deployments without pods are unknown: the answer was cut off: nothing of it counts',
    );
    server.pageSize = 500;
  });

  it.each<[string, Fault, string]>([
    [
      'rights are missing',
      {
        on: /pods/,
        status: 403,
        reason: 'Forbidden',
        message: 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "shop"',
      },
      'ns/shop 403: jane has no right to list pods in the namespace shop',
    ],
    [
      'nobody is logged in',
      { on: /pods/, status: 401, reason: 'Unauthorized' },
      'ns/shop 401: the cluster does not accept the credentials of this context: log in again, or choose another with --context',
    ],
    [
      'the server is slow',
      { on: /pods/, wait: Infinity },
      'ns/shop: the cluster did not answer in time (--deadline SECONDS gives it longer)',
    ],
    [
      'the server answers slowly to its end',
      { on: /pods/, status: 500, reason: 'InternalError', message: 'etcd is away' },
      'ns/shop kubectl failed: Error from server (InternalError): etcd is away',
    ],
  ])('is one line with the cause where %s', async (_, fault, line) => {
    expect((await during(fault, 'ns/shop', { seconds: 1 })).at(-1)).toBe(line);
  });

  it('is what is there, where only rights for owners are missing', async () => {
    const message = 'cronjobs.batch is forbidden: User "jane" cannot list resource "cronjobs" in API group "batch" in the namespace "shop"';
    const names = await during({ on: /cronjobs/, status: 403, reason: 'Forbidden', message }, 'ns/shop');
    expect(names.at(-1)).toBe(
      'ns/shop warning: CronJobs without pods are unknown: 403: jane has no right to list cronjobs.batch in the namespace shop',
    );
  });

  it('is the nearest name, where there is none', async () => {
    expect((await found('deploy/wbe')).at(-1)).toBe(
      'deploy/wbe 404: the namespace shop has no Deployment "wbe"; it has web, idle (did you mean web?)',
    );
  });

  it('is nothing where no context, no cluster and no name can be', async () => {
    expect((await found('deploy/web', { context: 'nowhere' })).at(-1)).toBe(
      'deploy/web kubectl knows no context "nowhere"; there are those of kubectl config get-contexts',
    );
    const empty = join(folder.path, 'empty');
    writeFileSync(empty, '');
    expect((await found('ns/shop', { kubeconfig: empty })).at(-1)).toMatch(/^ns\/shop kubectl knows no cluster: /);
    server.requests.splice(0);
    for (const word of ['pod/-x', 'deploy/--server=http:', 'ns/A', 'pod/a b', 'pod/..', 'pod/a%2f', 'deploy/$(id)'])
      expect((await found(word)).at(-1)).toMatch(/is not a (?:name|namespace) of Kubernetes/);
    expect(server.requests).toEqual([]);
  });
});
