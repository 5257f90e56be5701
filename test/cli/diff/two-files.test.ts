import { afterAll, describe, expect, it } from 'vitest';
import { piped, run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const EXCLUDED = { 'traffic.sidecar.istio.io/excludeOutboundPorts': '3306' };
const deployment = (name: string, annotations: object = {}, namespace = 'shop'): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  template:
    metadata: {annotations: ${JSON.stringify(annotations)}}
    spec: {containers: [{name: app, image: registry.example/app}]}
`;
/** A pod of a Deployment, as a cluster has it. */
const replica = (owner: string, index: number, annotations: object = {}): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${owner}-5d7f-${index}
  namespace: shop
  labels: {pod-template-hash: 5d7f}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: ${owner}-5d7f, controller: true}]
  annotations: ${JSON.stringify(annotations)}
spec: {containers: [{name: app, image: registry.example/app}]}
`;
const file = (name: string, ...documents: readonly string[]): string => folder.write(name, documents.join('---\n'));

file('before.yaml', deployment('orders', EXCLUDED), deployment('cart'), deployment('old'), deployment('cart', EXCLUDED, 'stage'));
file('after.yaml', deployment('cart', EXCLUDED, 'stage'), deployment('new'), deployment('cart'), deployment('orders'));
file('pods-before.yaml', replica('orders', 1, EXCLUDED), replica('orders', 2, EXCLUDED), replica('cart', 1));
file('pods-after.yaml', replica('orders', 7), replica('cart', 2), replica('cart', 3), replica('cart', 4));
file('one.yaml', deployment('orders', EXCLUDED));
file('other.yaml', deployment('orders-v2'));

const diff = (...words: readonly string[]): ReturnType<typeof run> => run(['diff', ...words], { cwd: folder.path });

describe.concurrent('two files of manifests', () => {
  it('are compared workload by workload, wherever each stands, and what only one has is named', async () => {
    const { exitCode, stdout, stderr } = await diff('before.yaml', 'after.yaml');
    expect([exitCode, stderr]).toEqual([1, 'note: 3 workloads: 1 different in 1 way, 2 the same, 0 not compared\n']);
    expect(stdout).toMatch(
      /^1 of 3 workloads: traffic goes elsewhere; 1 only in before\.yaml; 1 only in after\.yaml\n\n1 workload: Deployment shop\/orders \(after\.yaml:/,
    );
    expect(stdout).toContain('TCP to port 3306 of other machines from the app\n- direct\n+ envoy-outbound (15001)\n');
    expect(stdout).toContain('--- Istio 1.30.3, as in before.yaml (Deployment shop/orders)\n+++ Istio 1.30.3, as in after.yaml');
    expect(stdout).toMatch(/\n1 workload: only in before\.yaml: Deployment shop\/old \(before\.yaml:\d+:\d+\)\n/);
    expect(stdout).toMatch(/\n1 workload: only in after\.yaml: Deployment shop\/new \(after\.yaml:\d+:\d+\)\n\nnext /);
  });

  it('pods go by who made them, however many replicas there are and whatever they are called', async () => {
    const { exitCode, stdout } = await diff('pods-before.yaml', 'pods-after.yaml');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^1 of 4 workloads: traffic goes elsewhere\n/);
    expect(stdout).toMatch(/\n3 workloads: the same at both operands\n\nnext /);
  });

  it('a workload that only one of them has is a difference', async () => {
    const { exitCode, stdout } = await diff('before.yaml', file('less.yaml', deployment('cart'), deployment('orders', EXCLUDED)));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^2 workloads: the same at both operands\n2 workloads: only in before\.yaml: /);
  });

  it('with the same in another order are equal', async () => {
    const mixed = file('mixed.yaml', ...[deployment('cart'), deployment('orders', EXCLUDED)]);
    const turned = file('turned.yaml', ...[deployment('orders', EXCLUDED), deployment('cart')]);
    expect(await diff(mixed, turned)).toMatchObject({ exitCode: 0, stdout: '2 workloads: the same at both operands\n' });
  });

  it('that have one workload each are a pair, packets first', async () => {
    const { exitCode, stdout } = await diff('one.yaml', 'other.yaml');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^Traffic goes elsewhere for 2 kinds of packets\.\n\nTCP to port 3306 of other machines from the app\n/);
  });

  it('each at its own release, and from a pipe', async () => {
    const upgraded = await diff('before.yaml@1.12', 'before.yaml@1.28');
    expect(upgraded.stdout).toMatch(/^4 of 4 workloads: traffic goes elsewhere\n/);
    const both = await diff('before.yaml@1.12', 'after.yaml@1.28');
    expect(both.stdout).toMatch(/^3 of 3 workloads: traffic goes elsewhere; 1 only in before\.yaml; 1 only in after\.yaml\n/);
    const fromPipe = await piped('one.yaml', ['diff', '-', 'after.yaml'], { cwd: folder.path });
    expect(fromPipe.stdout).toMatch(/^1 of 1 workload: traffic goes elsewhere; 3 only in after\.yaml\n/);
  });

  it('as data name what only one has, and by packets too', async () => {
    const [json, packets] = await Promise.all([
      diff('before.yaml', 'after.yaml', '-o', 'json'),
      diff('before.yaml', 'after.yaml', '--by', 'packets'),
    ]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: 'WorkloadDifferences',
      groups: [{ count: 1, traffic: 'different' }],
      same: 2,
      unmatched: [
        { file: 'before.yaml', count: 1 },
        { file: 'after.yaml', count: 1 },
      ],
    });
    expect(packets.stdout).toContain('- direct\n+ envoy-outbound (15001)\n');
  });

  it('of which a word chooses one workload compare that one', async () => {
    const chosen = await diff('before.yaml#orders', 'after.yaml#orders');
    expect(chosen.stdout).toMatch(
      /^Traffic goes elsewhere for 2 kinds of packets\.\n[^]*^--- Istio 1\.30\.3, settings of before\.yaml#[^\n]*\n/m,
    );
    expect(chosen.exitCode).toBe(1);
  });
});
