import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProxyProcess } from '../../../../src/istio/found/audit/proxy-process.ts';
import { downwardTexts, isSidecar, meshFor, nameOf, releaseOfProxy, workloadOf } from '../../../../src/istio/found/audit/proxy-process.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { property } from '../../../property.ts';

function told(environment: Readonly<Record<string, string>>, annotations = ''): ProxyProcess {
  return { pid: 7, environment: new Map(Object.entries(environment)), annotations, hostname: 'reviews-v1-5d8f9-abcde', uid: '' };
}

function annotationsOf(one: ProxyProcess): Readonly<Record<string, string>> {
  return Object.fromEntries([...workloadOf(one, [], undefined).pod.annotations].map(([key, { value }]) => [key, value]));
}

describe('a process', () => {
  it.each([
    ['/usr/local/bin/pilot-agent proxy sidecar --domain shop.svc.cluster.local', true],
    ['pilot-agent proxy', true],
    ['pilot-agent proxy --domain shop.svc.cluster.local', true],
    ['/usr/bin/tini -- /usr/local/bin/pilot-agent proxy sidecar', true],
    ['/usr/local/bin/pilot-agent proxy router --domain shop.svc.cluster.local', false],
    ['/usr/local/bin/pilot-agent proxy ztunnel', false],
    ['/usr/local/bin/pilot-agent istio-iptables -p 15001', false],
    ['/usr/local/bin/envoy -c etc/istio/proxy/envoy-rev0.json', false],
    ['grep -r -w pilot-agent proxy sidecar', false],
    ['', false],
  ])('%j is a sidecar: %s', (line, expected) => {
    expect(isSidecar(line.split(' '))).toBe(expected);
  });

  it('tells who its pod is', () => {
    const environment = { POD_NAME: 'a', POD_NAMESPACE: 'shop', ISTIO_META_WORKLOAD_NAME: 'reviews', ISTIO_META_NODE_NAME: 'node-3' };
    expect(nameOf(told(environment))).toEqual({ namespace: 'shop', pod: 'a', workload: 'reviews', node: 'node-3' });
  });

  it('without a proxy tells no more than its host name', () => {
    expect(nameOf(told({}))).toEqual({ namespace: '', pod: 'reviews-v1-5d8f9-abcde', workload: '', node: '' });
  });

  it('tells its release with the place where it stands', () => {
    expect(releaseOfProxy(told({ ISTIO_META_ISTIO_VERSION: '1.20.3-asm.17' }))).toEqual({
      value: '1.20.3-asm.17',
      source: { kind: 'file', file: '/proc/7/environ', line: 0, column: 0, key: 'ISTIO_META_ISTIO_VERSION' },
    });
    expect(releaseOfProxy(told({ ISTIO_META_ISTIO_VERSION: '' }))).toBeUndefined();
  });
});

describe('annotations', () => {
  it('are read from the file of the downward API, escapes of Go included', () => {
    const text = 'a="b"\nquoted="\\"x\\" = \\\\ \\t\\n\\x41\\u00e9\\U0001f600\\a\\v"\nempty=""\nno line\nbroken="\\q"\nopen="\n';
    expect([...downwardTexts(text, 'f')]).toEqual([
      ['a', { value: 'b', source: { kind: 'file', file: 'f', line: 1, column: 3, key: 'a' } }],
      ['quoted', { value: '"x" = \\ \t\nAé😀\u0007\u000b', source: { kind: 'file', file: 'f', line: 2, column: 8, key: 'quoted' } }],
      ['empty', { value: '', source: { kind: 'file', file: 'f', line: 3, column: 7, key: 'empty' } }],
    ]);
  });

  it('are those that the injector saw, where the proxy has them', () => {
    const injectedWith = { 'traffic.sidecar.istio.io/excludeInboundPorts': '80' };
    const now = 'traffic.sidecar.istio.io/excludeInboundPorts="81"\nother="1"\n';
    expect(annotationsOf(told({ ISTIO_METAJSON_ANNOTATIONS: `${JSON.stringify(injectedWith)}\n` }, now))).toEqual({
      ...injectedWith,
      other: '1',
    });
  });

  it('have the mode of the proxy where they name none, and no say about injection', () => {
    expect(annotationsOf(told({ ISTIO_META_INTERCEPTION_MODE: 'TPROXY' }, 'sidecar.istio.io/inject="false"\n'))).toEqual({
      'sidecar.istio.io/interceptionMode': 'TPROXY',
    });
    const own = 'sidecar.istio.io/interceptionMode="REDIRECT"\n';
    expect(annotationsOf(told({ ISTIO_META_INTERCEPTION_MODE: 'TPROXY' }, own))['sidecar.istio.io/interceptionMode']).toBe('REDIRECT');
  });
});

describe('a workload', () => {
  it('has the ports that the injector counted', () => {
    const ports =
      '[\n{"name":"http","containerPort":8080,"protocol":"TCP"}\n,{"containerPort":53,"protocol":"UDP"},{"containerPort":90},7]';
    const [app] = workloadOf(told({ ISTIO_META_POD_PORTS: ports }), [], undefined).pod.containers;
    expect(app?.ports.map(({ port, protocol }) => `${port.value} ${protocol}`)).toEqual(['8080 TCP', '53 UDP', '90 TCP']);
  });

  it('has what istio-iptables reads of the environment, and nothing else, for the metadata of its mesh', () => {
    const { defaultConfig } = meshFor(
      NO_MESH,
      told({ ISTIO_META_DNS_CAPTURE: 'true', ISTIO_DUAL_STACK: 'true', PATH: '/bin', __proto__x: '' }),
    );
    expect([...(defaultConfig?.metadata.keys() ?? [])]).toEqual(['ISTIO_META_DNS_CAPTURE', 'ISTIO_DUAL_STACK']);
  });

  property([fc.string({ unit: 'binary' }), fc.dictionary(fc.string(), fc.string()), fc.json()])(
    'comes of any text',
    (text, environment, json) => {
      const one = told({ ...environment, ISTIO_META_POD_PORTS: json, ISTIO_METAJSON_ANNOTATIONS: json }, `${text}\nk="${text}"\n`);
      const annotated: unknown = JSON.parse(json);
      if (typeof annotated === 'object' && annotated !== null) expect(workloadOf(one, [], undefined).kind).toBe('Pod');
      else expect(() => workloadOf(one, [], undefined)).toThrow('its annotations can not be read');
      expect(typeof isSidecar(text.split('\0'))).toBe('boolean');
    },
  );
});
