import { expect, test } from 'vitest';
import { fingerprintOf } from '../../../src/istio/kubernetes/fingerprint.ts';
import { NO_MESH } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { rawItems, textItems } from '../../host/manifests/reading.ts';

/** A pod of which everything has a part in its likeness: texts, numbers, truths, null, lists and names. */
function pod(token: string, added = 'NET_ADMIN', path = '/run'): object {
  const securityContext = { privileged: false, runAsUser: 0, capabilities: { add: [added], drop: null } };
  const volumeMounts = [{ name: token, mountPath: path, readOnly: true }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a' },
    spec: { containers: [], initContainers: [{ name: 'istio-init', image: 'proxyv2:1.20.0', securityContext, volumeMounts }] },
  };
}

function fingerprint(text: string, read = rawItems): string {
  const [item] = read(text);
  if (item?.kind !== 'workload') throw new Error('no workload');
  return fingerprintOf(item.workload, NO_MESH);
}

test('what the runtime parsed is as like another as what was read with its places', () => {
  const text = JSON.stringify(pod('kube-api-access-abcde'));
  const json = fingerprint(text);
  expect(fingerprint(text, textItems)).toBe(json);
  expect(fingerprint(JSON.stringify(pod('kube-api-access-fghij')))).toBe(json);
  for (const other of [pod('certs'), pod('kube-api-access-abcde', 'NET_RAW'), pod('kube-api-access-abcde', 'NET_ADMIN', '/tmp')])
    expect(fingerprint(JSON.stringify(other))).not.toBe(json);
});

test('pods of which one lets files belong to the group of the proxy are not alike', () => {
  const inGroup = (context: object): string => {
    const spec = { securityContext: context, containers: [{ name: 'a', image: 'a' }] };
    return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec });
  };
  for (const read of [rawItems, textItems]) {
    const others = [{}, { fsGroup: 1000 }, { runAsUser: 1337 }, { runAsGroup: 1337 }, { supplementalGroups: [1337] }];
    const texts = [{ fsGroup: 1337 }, ...others].map((context) => fingerprint(inGroup(context), read));
    expect(new Set(texts).size).toBe(texts.length);
  }
});
