/** Names that are nearly annotations, and wishes to be injected. */

import { describe, expect, it } from 'vitest';
import { APP, at, codesOf, diagnosticsOf, injected, pod } from './workloads.ts';

const TRAFFIC = 'traffic.sidecar.istio.io/';

describe('annotations that are nearly right', () => {
  const fixOf = (name: string): readonly (string | undefined)[] => diagnosticsOf(pod(APP, `"${name}": ""`)).map(({ fix }) => fix);

  it.each([
    ['proxy.istio.io/confg', 'proxy.istio.io/config'],
    ['proxy.istio.io/confgi', 'proxy.istio.io/config'],
    ['sidecar.istio.io/injct', 'sidecar.istio.io/inject'],
    ['sidecar.istio.io/Inject', 'sidecar.istio.io/inject'],
    ['inject.istio.io/template', 'inject.istio.io/templates'],
    ['sidecar.istio.io/interceptMode', 'sidecar.istio.io/interceptionMode'],
    ['sidecar.istio.io/proxyCpu', 'sidecar.istio.io/proxyCPU'],
    ['sidecar.istio.io/proxyimage', 'sidecar.istio.io/proxyImage'],
    ['sidecar.istio.io/nativeSidecars', 'sidecar.istio.io/nativeSidecar'],
    ['status.sidecar.istio.io/prt', 'status.sidecar.istio.io/port'],
    ['istio.io/reroute-virtual-interface', 'istio.io/reroute-virtual-interfaces'],
    ['traffic.istio.io/excludeOutboundPorts', 'traffic.sidecar.istio.io/excludeOutboundPorts'],
    ['traffic.sidecar.istio.io/includeInboundPort', 'traffic.sidecar.istio.io/includeInboundPorts'],
  ])('%s is %s', (name, nearest) => {
    expect(fixOf(name)).toEqual([`write ${nearest}`]);
  });

  it('where nothing is near, the names that there are stand instead of one', () => {
    const [one] = diagnosticsOf(pod(APP, 'traffic.sidecar.istio.io/foo: "80"'));
    expect(one).toMatchObject({
      code: 'unknown-annotation',
      text: 'traffic.sidecar.istio.io/foo is no annotation of Istio',
      fix: 'write one of traffic.sidecar.istio.io/includeOutboundIPRanges, excludeOutboundIPRanges, includeInboundPorts, excludeInboundPorts, includeOutboundPorts, excludeOutboundPorts, excludeInterfaces, kubevirtInterfaces',
    });
  });

  it.each([
    'istio.io/dataplane-mode',
    'istio.io/use-waypoint',
    'istio.io/rev',
    'istio.io/tag',
    'topology.istio.io/network',
    'ambient.istio.io/redirection',
    'ambient.istio.io/dns-capture',
    'security.istio.io/tlsMode',
    'service.istio.io/canonical-name',
    'networking.istio.io/exportTo',
    'galley.istio.io/analyze-suppress',
    'install.operator.istio.io/owning-resource',
    'istio.io/autoRegistrationGroup',
    'istio.io/connectedAt',
    'istio.io/disconnectedAt',
    'istio.io/dry-run',
    'istio.io/workloadController',
    'traffic.istio.io/nodeSelector',
    'networking.istio.io/traffic-distribution',
    'networking.istio.io/service-type',
    'gateway.istio.io/name-override',
    'gateway.istio.io/service-account',
    'gateway.istio.io/controller-version',
    'topology.istio.io/controlPlaneClusters',
    'ambient.istio.io/bypass-inbound-capture',
    'ambient.istio.io/waypoint-inbound-binding',
    'alpha.istio.io/canonical-serviceaccounts',
    'install.operator.istio.io/version',
    'policy.istio.io/check',
    'policy.istio.io/lang',
    'sidecar.istio.io/statsInclusionPrefixes',
    'sidecar.istio.io/statsFlushInterval',
    'sidecar.istio.io/statsCompression',
    'sidecar.istio.io/extraStatTags',
    'sidecar.istio.io/proxyImageType',
    'sidecar.istio.io/proxyEphemeralStorage',
    'sidecar.istio.io/componentLogLevel',
    'sidecar.istio.io/somethingOfAVendor',
    'sidecar.istio.io/status',
    'status.sidecar.istio.io/host',
    'readiness.status.sidecar.istio.io/applicationPorts',
    'proxy.istio.io/overrides',
    'kiali.io/istio-port',
    'example.com/istio-config',
    'istio.example.com/inject',
    'alpha.istio.io/identity',
    'gateway.istio.io/defaults-for-class',
    'internal.istio.io/parent',
  ])('%s is none of them', (name) => {
    expect(codesOf(pod(APP, `"${name}": "x"`))).toEqual([]);
  });
});

describe('the network of the host', () => {
  const HOST = '  hostNetwork: true\n';

  it('a pod that asks to be injected is not', () => {
    const [one, ...others] = diagnosticsOf(pod(`${HOST}${APP}`, 'sidecar.istio.io/inject: "true"'));
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      code: 'ignored-on-host-network',
      text: 'sidecar.istio.io/inject is without effect: a pod with hostNetwork is never injected',
    });
    expect(one?.source).toMatchObject({ line: 5 });
  });

  it('so does one that asks by its label, where the injector reads that', () => {
    const labelled = pod(`${HOST}${APP}`).replace('annotations: {}', 'labels: {sidecar.istio.io/inject: "true"}');
    expect(codesOf(labelled)).toEqual(['ignored-on-host-network']);
    expect(codesOf(labelled, at('1.5'))).toEqual([]);
  });

  it('one that asks for nothing, or not to be injected, is fine', () => {
    expect(codesOf(pod(`${HOST}${APP}`))).toEqual([]);
    expect(codesOf(pod(`${HOST}${APP}`, 'sidecar.istio.io/inject: "false"'))).toEqual([]);
    expect(codesOf(pod(APP, 'sidecar.istio.io/inject: "true"'))).toEqual([]);
    expect(codesOf(pod(APP, 'sidecar.istio.io/inject: "true", sidecar.istio.io/interceptionMode: NONE'))).toEqual([]);
  });

  it('an istio-init there would make its rules on the node', () => {
    const [one, ...others] = diagnosticsOf(injected('1.28.0', [], '  hostNetwork: true'));
    expect(others).toEqual([]);
    expect(one).toMatchObject({ code: 'rules-on-host-network', severity: 'error', source: { line: 6 } });
    expect(codesOf(injected('1.28.0', ['--skip-rule-apply', '--run-validation'], '  hostNetwork: true'))).toEqual([]);
  });
});

describe('the wish to be injected', () => {
  const wishing = (text: string): string => pod(APP, `sidecar.istio.io/inject: "${text}"`);

  it.each(['true', 'false', ''])('%j is one of two words, or nothing', (text) => {
    expect(codesOf(wishing(text))).toEqual([]);
    expect(codesOf(wishing(text), at('1.5'))).toEqual([]);
  });

  it.each(['no', 'off', 'yes', '1', 'flase', 'True'])('%j is neither to newer injectors', (text) => {
    const [one, ...others] = diagnosticsOf(wishing(text));
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      code: 'inject-not-a-boolean',
      text: `the annotation sidecar.istio.io/inject is "${text}", neither "true" nor "false": the injector of 1.30.3 ignores it, so that the namespace decides`,
    });
  });

  it('to older ones every word but some is a no', () => {
    for (const text of ['no', 'off', 'yes', 'On', 'True', 'FALSE']) expect(codesOf(wishing(text), at('1.5'))).toEqual([]);
    for (const text of ['flase', 'ture', 'enabled', '1'])
      expect(diagnosticsOf(wishing(text), at('1.5')).map(({ text: said }) => said)).toEqual([
        expect.stringContaining('1.5.10 reads it as "false"'),
      ]);
  });

  it('of an injected pod it is past', () => {
    expect(codesOf(injected('1.28.0', []).replace('{name: a}', '{name: a, annotations: {sidecar.istio.io/inject: "yes"}}'))).toEqual([]);
  });
});

describe('an annotation of an injected pod', () => {
  const annotated = (annotation: string, args: readonly string[]): string =>
    injected('1.28.0', args).replace('{name: a}', `{name: a, annotations: {${TRAFFIC}${annotation}}}`);

  it.each([
    ['includeOutboundIPRanges: 10.0.0.0/8', ['--istio-service-cidr', '10.0.0.0/8']],
    ['includeOutboundIPRanges: 10.0.0.0/8', ['--istio-service-cidr=10.0.0.0/8']],
    ['excludeOutboundPorts: "3306"', ['--istio-local-outbound-ports-exclude', '"3306"']],
    ['excludeInterfaces: net1', ['--istio-exclude-interfaces', 'net1']],
    ['excludeOutboundPorts: "3306"', ['-o', '"3306"']],
  ])('%s is what its arguments have: %j', (annotation, args) => {
    expect(codesOf(annotated(annotation, args))).toEqual([]);
  });

  it('was changed since where they have another value, by whatever form of the flag', () => {
    for (const flag of ['-o', '--istio-local-outbound-ports-exclude']) {
      const [one, ...others] = diagnosticsOf(annotated('excludeOutboundPorts: "3306"', [flag, '"3307"']));
      expect(others, flag).toEqual([]);
      expect(one, flag).toMatchObject({ code: 'changed-after-injection', text: expect.stringContaining('"3307"') });
    }
  });

  it('is not judged by its text where an argument is in force', () => {
    expect(codesOf(annotated('includeOutboundIPRanges: 10.0.0.5/8', ['-i', '10.0.0.0/16']))).toEqual(['changed-after-injection']);
    for (const flag of ['-i', '--istio-service-cidr'])
      expect(codesOf(annotated('includeOutboundIPRanges: 10.0.0.5/8', [flag, '10.0.0.5/8'])), flag).toEqual(['range-with-host-bits']);
  });
});
