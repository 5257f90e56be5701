import { afterAll, describe, expect, it } from 'vitest';
import { run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const pod = (owner: string, end: string, annotations: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `${owner}-7d8-${end}`,
    namespace: 'shop',
    annotations,
    labels: { 'pod-template-hash': '7d8' },
    ownerReferences: [{ kind: 'ReplicaSet', name: `${owner}-7d8`, controller: true }],
  },
  spec: { containers: [{ name: owner, image: 'registry.example/app' }] },
});
const EXCLUDED = { 'traffic.sidecar.istio.io/excludeOutboundPorts': '3306' };
const items = [pod('orders', 'aaaaa', EXCLUDED), pod('orders', 'bbbbb', EXCLUDED), pod('cart', 'ccccc'), pod('catalog', 'ddddd')];
folder.write('pods.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
const here = (...args: readonly string[]): ReturnType<typeof run> => run(args, { cwd: folder.path });
const PACKET = ['--from', 'app', '--to', '10.20.30.40:3306'] as const;

describe.concurrent('several workloads', () => {
  it('one of a file is named behind -f as in a SOURCE', async () => {
    const file = 'docs/examples/bookinfo.yaml';
    for (const [command, ...more] of [
      ['check'],
      ['explain'],
      ['preview'],
      ['escapes'],
      ['lint'],
      ['identify'],
      ['why', '10.0.0.5:3306'],
      ['trace', '10.0.0.5:3306'],
    ] as const) {
      const words = (of: readonly string[]): readonly string[] => [
        command,
        ...(command === 'why' || command === 'trace' ? more : []),
        ...of,
      ];
      const [behind, named] = await Promise.all([
        run(words(['-f', `${file}#ratings-v1`])),
        run(words(['-f', file, '--workload', 'ratings-v1'])),
      ]);
      expect([command, behind.stdout.split('next ')[0]]).toEqual([command, named.stdout.split('next ')[0]]);
      expect([0, 1]).toContain(behind.exitCode);
    }
    expect((await run(['check', '-f', `${file}#ratings-v1`, '--workload', 'details-v1'])).stderr).toBe(
      'istio-init: check: --workload: the source names "ratings-v1" already\n',
    );
  });

  it('are named with a dot as istioctl does, and no other name is one', async () => {
    const item = (namespace: string, name: string): object => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, ownerReferences: [{ kind: 'StatefulSet', name: 'db', controller: true }] },
      spec: { containers: [{ name: 'app', image: 'a' }] },
    });
    const input = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [item('shop', 'db-0'), item('pay', 'db-0'), item('pay', 'v1.db')],
    });
    for (const [word, found] of [
      ['db-0.shop', 'Pod shop/db-0'],
      ['db-0.pay', 'Pod pay/db-0'],
      ['pod/db-0.pay', 'Pod pay/db-0'],
      ['v1.db', 'Pod pay/v1.db'],
      ['v1.db.pay', 'Pod pay/v1.db'],
      ['sts/db.shop', 'Pod shop/db-0'],
    ] as const)
      expect((await run(['check', '-', '--workload', word], { input })).stdout).toContain(`${found}: its TCP`);
    for (const word of ['db-0.shops', 'deploy/db-0.shop', 'shop/db-0.shop', 'db.db-0'])
      expect(await run(['check', '-', '--workload', word], { input })).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('have an answer each, those with equal rules one, and the list of answers first', async () => {
    const { exitCode, stdout, stderr } = await here('trace', 'pods.json', ...PACKET);
    expect([exitCode, stderr.split('\n')[0]]).toEqual([0, 'note: 4 workloads, 2 rule sets']);
    expect(stdout.split('\n\n')[0]).toBe(`2 workloads: Deployment shop/orders (2)
  each: direct: leaves the pod by eth0, not caught
2 workloads: Deployment shop/cart, Deployment shop/catalog
  each: envoy-outbound: caught by Envoy outbound (15001)`);
    expect(stdout.match(/^==> /gm)).toHaveLength(2);
  });

  it('are named as kubectl names them, by their owner, and by the beginning of a name', async () => {
    const [first, ...others] = await Promise.all(
      ['#orders', '#deploy/orders', '#shop/orders', '#Deployment/shop/orders', '#rs/orders-7d8', '#ord'].map(async (name) => {
        const { stdout, ...rest } = await here('trace', `pods.json${name}`, ...PACKET);
        // What to ask next names it by the word that was given.
        return { ...rest, stdout: stdout.replaceAll(`pods.json${name}`, 'pods.json#NAME') };
      }),
    );
    expect(first?.stdout).toMatch(/\nsimulated {2}Istio \S+, Deployment shop\/orders \(2\)\n/);
    expect(first?.stdout).toMatch(/ trace 'pods\.json#NAME' /);
    for (const other of others) expect(other).toEqual(first);
  });

  it('a beginning of two names is refused, with both', async () => {
    expect(await here('trace', 'pods.json#ca', ...PACKET)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        'istio-init: trace: --workload "ca" is the beginning of Deployment/shop/cart and Deployment/shop/catalog; say which, as Deployment/shop/cart\n',
    });
  });

  it('end with the worst exit code, and are one document', async () => {
    const { exitCode, stdout } = await here('trace', 'pods.json', ...PACKET, '--expect', 'envoy-outbound', '-o', 'json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'WorkloadAnswers',
      workloads: 4,
      groups: [
        {
          count: 2,
          examples: [{ name: 'Deployment shop/orders' }],
          answer: { kind: 'PacketTrace', verdict: { id: 'direct' }, asExpected: false },
        },
        { count: 2, answer: { verdict: { id: 'envoy-outbound' }, asExpected: true } },
      ],
    });
  });

  it('are checked and explained', async () => {
    const [check, explain] = await Promise.all([here('check', 'pods.json'), here('explain', 'pods.json', '-o', 'markdown')]);
    expect(check.stdout).toMatch(
      /^2 workloads: Deployment shop\/orders \(2\)\n {2}each: its TCP will be captured, but for one kind of connections\n/,
    );
    expect(check.stdout).toContain("istio-init explain 'pods.json#Deployment/shop/orders'\n");
    expect(explain.stdout.match(/^## `.*`$/gm)).toHaveLength(2);
  });

  it('one that can not be answered does no harm to the others', async () => {
    const broken = { ...pod('broken', 'eeeee', { 'traffic.sidecar.istio.io/excludeOutboundPorts': 'x' }) };
    folder.write('broken.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...items, broken] }));
    const { exitCode, stdout } = await here('trace', 'broken.json', ...PACKET);
    expect(exitCode).toBe(2);
    expect(stdout).toContain('1 workload: Deployment shop/broken\n  no answer: ');
    expect(stdout).toContain('envoy-outbound');
  });

  it('of one file are compared with each other', async () => {
    const { exitCode, stdout } = await here('diff', 'pods.json#orders', 'pods.json#cart');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('- 1    -p tcp -m tcp --dport 3306 -j RETURN');
  });
});
