import { describe, expect, it } from 'vitest';
import { readManifest } from '../../../src/istio/kubernetes/manifest/read.ts';
import type { Workload } from '../../../src/istio/kubernetes/manifest/workload.ts';
import { NO_MESH } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { ownerOf } from '../../../src/istio/kubernetes/rule-groups/owner.ts';
import { numbering, plannerFor } from '../../../src/istio/kubernetes/rule-groups/planner.ts';
import type { Member } from '../../../src/istio/kubernetes/rule-groups/tally.ts';
import { counting, MOST_OWNERS } from '../../../src/istio/kubernetes/rule-groups/tally.ts';
import { groupsOf } from '../../../src/istio/kubernetes/rule-groups.ts';
import type { Origin } from '../../../src/istio/origin.ts';
import { readYaml } from '../../../src/istio/yaml.ts';

const at = (line: number): Origin => ({ kind: 'file', file: 'c.json', line, column: 1 });
const member = (owner: string, line = 1, more: Partial<Member> = {}): Member => ({ owner, source: at(line), ...more });

function workload(text: string): Workload {
  const documents = readYaml(text);
  if ('reason' in documents || documents[0] === undefined) throw new Error(text);
  const [item] = readManifest(documents[0], 'pod.yaml');
  if (item?.kind !== 'workload') throw new Error(JSON.stringify(item));
  return item.workload;
}

describe('groups', () => {
  it('are sorted by their size, and those of one size stay in their order', () => {
    const groups = groupsOf<string>();
    for (const key of ['a', 'b', 'c', 'b', 'd', 'c', 'b']) groups.add(key, () => key.toUpperCase(), member(key));
    expect(groups.sorted().map(({ what, count }) => `${what} ${count}`)).toEqual(['B 3', 'C 2', 'A 1', 'D 1']);
  });

  it('are what their first member is', () => {
    const groups = groupsOf<number>();
    for (const [index, key] of ['a', 'a'].entries()) groups.add(key, () => index, member(key));
    expect(groups.sorted().map(({ what }) => what)).toEqual([0]);
  });
});

describe('a tally', () => {
  it('shows the largest owners, each with the place of its first member', () => {
    const { add, tally } = counting();
    for (const [index, owner] of ['p', 'q', 'r', 's', 't', 'u', 'u', 'q'].entries()) add(member(owner, index + 1));
    const { count, owners, examples } = tally();
    expect([count, owners]).toEqual([8, 6]);
    expect(examples.map(({ name, source, count: own }) => `${name} ${own} ${source.kind === 'file' && source.line}`)).toEqual([
      'q 2 2',
      'u 2 6',
      'p 1 1',
      'r 1 3',
      's 1 4',
    ]);
  });

  it('counts everyone, and tells no more than 500 owners and 10 details apart', () => {
    const { add, tally } = counting();
    for (let index = 0; index < 3000; index += 1) add(member(`owner ${index}`, 1, { detail: `image ${index % 40}`, release: '1.20.3' }));
    const { count, owners, details, releases } = tally();
    expect([count, owners, details.length, releases.get('1.20.3')]).toEqual([3000, MOST_OWNERS, 10, 3000]);
  });

  it('has the most frequent release first', () => {
    const { add, tally } = counting();
    for (const release of ['1.9.9', '1.20.3', '1.20.3']) add(member('a', 1, { release }));
    expect([...tally().releases]).toEqual([
      ['1.20.3', 2],
      ['1.9.9', 1],
    ]);
  });
});

const POD = (metadata: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: cart-5d8-x, namespace: shop, ${metadata}}\nspec: {containers: [{name: app}]}\n`;
const OWNED = (kind: string, name: string): string =>
  `ownerReferences: [{apiVersion: v1, kind: ${kind}, name: ${name}, controller: true, uid: u}]`;

describe('the owner of a pod', () => {
  it.each([
    ['itself', '', 'Pod shop/cart-5d8-x'],
    ['the Deployment of its ReplicaSet', `labels: {pod-template-hash: 5d8}, ${OWNED('ReplicaSet', 'cart-5d8')}`, 'Deployment shop/cart'],
    ['a ReplicaSet that nobody made', OWNED('ReplicaSet', 'cart-5d8'), 'ReplicaSet shop/cart-5d8'],
    ['a ReplicaSet of another hash', `labels: {pod-template-hash: abc}, ${OWNED('ReplicaSet', 'cart-5d8')}`, 'ReplicaSet shop/cart-5d8'],
    ['a DaemonSet', `labels: {pod-template-hash: 5d8}, ${OWNED('DaemonSet', 'cni-5d8')}`, 'DaemonSet shop/cni-5d8'],
  ])('is %s', (_, metadata, owner) => {
    expect(ownerOf(workload(POD(metadata)))).toBe(owner);
  });
});

const INJECTED = (args: string, { address = '10.1.2.3', image = 'docker.io/istio/proxyv2:1.20.3' } = {}): string => `
apiVersion: v1
kind: Pod
metadata: {name: a, annotations: {sidecar.istio.io/status: '{}'}}
spec:
  containers: [{name: app}, {name: istio-proxy, image: ${image}}]
  initContainers: [{name: istio-init, image: ${image}, args: [istio-iptables, -p, "15001", -u, "1337", -b, "*", -i, "*", ${args}]}]
status: {podIPs: [{ip: "${address}"}]}
`;

describe('a planner', () => {
  const plan = plannerFor({ mesh: NO_MESH, at: { kind: 'own' }, images: [] }, { facts: {}, sets: [], numbering: numbering() });
  const planned = (text: string) => plan(workload(text), NO_MESH);

  it('makes the plan of equal injections once, wherever their pods live', () => {
    const [one, other] = [planned(INJECTED('-d, "80"')), planned(INJECTED('-d, "80"', { address: '10.9.9.9' }))];
    expect(other.outcome).toBe(one.outcome);
    expect(other.number).toBe(one.number);
  });

  it.each([
    ['another argument', INJECTED('-d, "81"')],
    ['an address of IPv6', INJECTED('-d, "80"', { address: '2001:db8::7' })],
    ['a release that makes other rules', INJECTED('-d, "80"', { image: 'istio/proxyv2:1.12.9' })],
  ])('tells apart %s', (_, text) => {
    expect(planned(text).number).not.toBe(planned(INJECTED('-d, "80"')).number);
  });

  it('tells apart what has other rules in IPv6 only', () => {
    const address = '2001:db8::7';
    const [one, other] = ['2001:db8:1::/48', '2001:db8:2::/48'].map((range) => planned(INJECTED(`-x, "${range}"`, { address })));
    expect(other?.number).not.toBe(one?.number);
  });

  it('knows the release of each, and gives one number to two releases that make the same rules', () => {
    const [one, other] = [planned(INJECTED('-d, "80"')), planned(INJECTED('-d, "80"', { image: 'istio/proxyv2:1.20.4' }))];
    expect([one.release, other.release]).toEqual(['1.20.3', '1.20.4']);
    expect(other.number).toBe(one.number);
    expect(one.found).toBe(true);
  });

  it('has one trouble for all unknown releases, and others by their words', () => {
    const [a, b] = [planned(INJECTED('', { image: 'own/proxy:dev' })), planned(INJECTED('', { image: 'istio/proxyv2:2.99.0' }))];
    const [c, d] = [planned(INJECTED('-d, "x y"')), planned(POD(''))];
    expect([a, b, c, d].map(({ outcome }) => outcome.kind)).toEqual(['trouble', 'trouble', 'trouble', 'trouble']);
    expect(b.number).toBe(a.number);
    expect(new Set([a, c, d].map(({ number }) => number)).size).toBe(3);
  });

  it('forgets injections in time, and makes them again with the same number', () => {
    const first = planned(INJECTED('-d, "80"'));
    for (let port = 1000; port < 1400; port += 1) planned(INJECTED(`-d, "${port}"`));
    const again = planned(INJECTED('-d, "80"'));
    expect(again.outcome).not.toBe(first.outcome);
    expect(again.number).toBe(first.number);
  });
});
