/** Where findings stand, and what they say of arguments, variables, ports and ranges. */

import { describe, expect, it } from 'vitest';
import { readManifest } from '../../../../src/istio/kubernetes/manifest/read.ts';
import { withContext } from '../../../../src/istio/kubernetes/mesh/context.ts';
import type { Mesh } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { printSource } from '../../../../src/istio/origin.ts';
import { readYaml } from '../../../../src/istio/yaml.ts';
import { APP, at, codesOf, diagnosticsOf, injected, mesh as meshOf, pod } from './workloads.ts';

describe('variables that do not arrive', () => {
  const RESOURCE = (variable: string): string =>
    `apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {name: x, namespace: default}\nspec: {environmentVariables: {${variable}: "true"}}\n`;
  const meshWith = (text: string): Mesh => {
    const documents = readYaml(text);
    if ('reason' in documents) throw new Error(documents.reason);
    const items = documents.flatMap((document) => readManifest(document, 'pc.yaml'));
    return withContext(NO_MESH, ...items.flatMap((item) => (item.kind === 'proxy config' ? [item] : [])));
  };
  const said = (variable: string, release: string, installer: 'init' | 'cni' = 'init'): readonly string[] =>
    diagnosticsOf(pod(APP), { mesh: meshWith(RESOURCE(variable)), installer, ...at(release) }).map(({ code, text }) => `${code}: ${text}`);

  it.each(['ISTIO_META_DNS_CAPTURE', 'INVALID_DROP'])(
    '%s of a ProxyConfig is not passed by releases without such resources',
    (variable) => {
      const text = `variable-not-read: ${variable} has no effect on the rules: the injector of 1.12.9 does not pass it`;
      expect(said(variable, '1.12')).toEqual([text]);
      expect(said(variable, '1.12', 'cni')).toEqual([text]);
    },
  );

  it('one that arrives and is not read is the matter of the program', () => {
    expect(said('ISTIO_META_DNS_CAPTURE', '1.13')).toEqual([]);
    expect(said('INVALID_DROP', '1.13')).toEqual([
      'variable-not-read: INVALID_DROP has no effect on the rules: istio-iptables 1.13.9 does not read it',
    ]);
    expect(said('ISTIO_DUAL_STACK', '1.13', 'cni')).toEqual([
      'variable-not-read: ISTIO_DUAL_STACK has no effect on the rules: the CNI plugin of 1.13.9 does not read it',
    ]);
  });

  it('one that does not arrive and is false is no wish', () => {
    const off = RESOURCE('INVALID_DROP').replace('"true"', '"false"');
    expect(codesOf(pod(APP), { mesh: meshWith(off), ...at('1.12') })).toEqual([]);
  });

  it('what the mesh says arrives in place of it', () => {
    const config = meshOf('meshConfig: {defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: "true"}}}\n');
    const both = { ...config, proxyConfigs: meshWith(RESOURCE('ISTIO_META_DNS_CAPTURE')).proxyConfigs };
    const found = diagnosticsOf(pod(APP), { mesh: both, ...at('1.12') });
    expect(found.map(({ text }) => text)).toEqual([
      'ISTIO_META_DNS_CAPTURE has no effect on the rules: the injector of 1.12.9 does not pass it',
    ]);
    expect(found[0]?.source).toMatchObject({ file: 'pc.yaml' });
  });

  it('of text that does not arrive nothing else is said', () => {
    const [one] = diagnosticsOf(pod(APP), { mesh: meshWith(RESOURCE('INVALID_DROP').replace('"true"', '"maybe"')), ...at('1.12') });
    expect(one?.text).toBe('INVALID_DROP has no effect on the rules: the injector of 1.12.9 does not pass it');
  });
});

describe('arguments that the image refuses', () => {
  it('are told of where they stand, and nobody is said to have let them through', () => {
    const [one, ...others] = diagnosticsOf(injected('1.20.3', ['--force-apply']));
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      code: 'refused-by-program',
      severity: 'error',
      text: '"--force-apply" is not a flag of istio-iptables 1.20.3; no rules can be made of it, so the pod does not start',
      fix: 'remove it, or use an image of the release whose injector wrote it',
    });
    expect(one && printSource(one.source)).toBe(
      `a.yaml:8:${(injected('1.20.3', ['--force-apply']).split('\n')[7]?.indexOf('--force') as number) + 1}`,
    );
  });

  it.each([
    ['a letter', '-Z'],
    ['a value in the same word', '--nonsense=1'],
    ['a value that is none', '--probe-timeout=x'],
    ['nothing behind it', '-o'],
    ['control characters', '"--a\\nb"'],
    ['a long name', `--${'a'.repeat(100)}`],
  ])('%s: the place is in the manifest', (_, word) => {
    const found = diagnosticsOf(injected('1.20.3', [word]));
    expect(found.map(({ code, source }) => [code, source.kind === 'file' && source.line])).toEqual([['refused-by-program', 8]]);
    expect(found[0]?.source).not.toMatchObject({ column: 7 });
  });

  it('what asks for other work than rules is to be taken out', () => {
    expect(diagnosticsOf(injected('1.20.3', ['--help'])).map(({ code, fix }) => [code, fix])).toEqual([
      ['refused-by-program', 'remove it'],
    ]);
  });

  it('a word that is ignored has its place as well', () => {
    expect(
      diagnosticsOf(injected('1.20.3', ['nonsense'])).map(({ code, source }) => [code, source.kind === 'file' && source.line]),
    ).toEqual([['ignored-argument', 8]]);
  });

  it('are skew where the control plane can read them: an error, for the pod does not start', () => {
    const [one, ...others] = diagnosticsOf(injected('1.20.3', ['--force-apply']), at('1.24'));
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      code: 'image-reads-otherwise',
      severity: 'error',
      text: 'the image (1.20.3) and the control plane (1.24.6) read these arguments differently: 1.20.3 makes no rules of them, so that the pod does not start ("--force-apply" is not a flag of istio-iptables 1.20.3)',
    });
    expect(one?.source).toMatchObject({ line: 8 });
  });

  it('are refused where the control plane can not read them either, or is of the same release', () => {
    expect(codesOf(injected('1.20.3', ['--nonsense']), at('1.24'))).toEqual(['refused-by-program']);
    expect(codesOf(injected('1.20.3', ['--force-apply']), at('1.20.3'))).toEqual(['refused-by-program']);
  });

  it('a value that a pod which is not injected asks for is let through by the injector', () => {
    const [one] = diagnosticsOf(pod(APP, 'traffic.sidecar.istio.io/includeOutboundPorts: "x!"'), at('1.20.3'));
    expect(one).toMatchObject({
      code: 'refused-by-program',
      text: expect.stringContaining('; the injector of 1.20.3 lets it through, and no rules'),
    });
  });
});

describe('ports of Istio', () => {
  const listens = (port: number, protocol = 'TCP', annotations = ''): string =>
    pod(`  containers: [{name: app, ports: [{containerPort: ${port}, protocol: ${protocol}}]}]\n`, annotations);
  const DNS = 'proxy.istio.io/config: "proxyMetadata: {ISTIO_META_DNS_CAPTURE: \\"true\\"}"';

  it('the port of the validation is one since there are its flags', () => {
    expect(codesOf(listens(15002))).toEqual(['port-of-istio']);
    expect(codesOf(listens(15002), at('1.4'))).toEqual([]);
    expect(codesOf(listens(15002, 'UDP'))).toEqual([]);
  });

  it('captured DNS is answered over UDP and TCP', () => {
    const [one] = diagnosticsOf(listens(15053, 'UDP', DNS));
    expect(one).toMatchObject({
      code: 'port-of-istio',
      text: 'the container app wants UDP port 15053, which is the DNS port of the agent of Istio',
    });
    expect(codesOf(listens(15053, 'TCP', DNS))).toEqual(['port-of-istio']);
    expect(codesOf(listens(15053, 'UDP'))).toEqual([]);
    expect(codesOf(listens(15053, 'SCTP', DNS))).toEqual([]);
  });
});

describe('IPv6 ranges of a pod without IPv6', () => {
  const RANGES = 'traffic.sidecar.istio.io/includeOutboundIPRanges: "10.0.0.0/8,fd00::/8"';
  const EXCLUDED = 'traffic.sidecar.istio.io/excludeOutboundIPRanges: "fe00::/8"';
  const with4 = (annotations: string): string => `${pod(APP, annotations)}status: {podIP: 10.0.0.1}\n`;

  it('have no effect, each list of them for the same reason', () => {
    const found = diagnosticsOf(with4(`${RANGES}, ${EXCLUDED}`));
    expect(found.map(({ code, text }) => [code, text])).toEqual(
      [
        ['include', 'fd00::/8'],
        ['exclude', 'fe00::/8'],
      ].map(([what, range]) => [
        'ip6-range-idle',
        `traffic.sidecar.istio.io/${what}OutboundIPRanges (${range}) has no effect: without an IPv6 address the pod has no IPv6 rules`,
      ]),
    );
  });

  it('an exclude of IPv6 is idle beside "*" as well', () => {
    expect(codesOf(with4(EXCLUDED))).toEqual(['ip6-range-idle']);
  });

  it('are fine where no address is known, and where there is one of IPv6', () => {
    expect(codesOf(pod(APP, RANGES))).toEqual([]);
    expect(codesOf(`${pod(APP, RANGES)}status: {podIPs: [{ip: "fd00::1"}, {ip: 10.0.0.1}]}\n`)).toEqual([]);
  });

  it('where there is an address and no rules, that is said alone', () => {
    expect(codesOf(`${pod(APP, RANGES)}status: {podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]}\n`)).toEqual(['ip6-not-captured']);
  });

  it('of the mesh are meant for other pods', () => {
    const values = 'global: {proxy: {includeIPRanges: "10.0.0.0/8,fd00::/8"}}';
    expect(codesOf(with4(''), { mesh: meshOf(values) })).toEqual([]);
  });
});

describe('places', () => {
  it('a word that can not be found again stands at the pod', () => {
    const [one] = diagnosticsOf(injected('1.20.3', ['-nZ']));
    expect(one).toMatchObject({ code: 'refused-by-program', source: { kind: 'file', file: 'a.yaml' } });
  });

  it('what is so for every pod of a release stands at none of them', () => {
    const [one] = diagnosticsOf(pod(APP), { installer: 'cni', ...at('1.6') });
    expect(one).toMatchObject({ code: 'plugin-unknown', source: { kind: 'injected', release: '1.6.14' } });
  });

  it('an option stays what it is', () => {
    const [one] = diagnosticsOf(pod(APP), at('1.28.99'));
    expect(one).toMatchObject({ code: 'unknown-patch', source: { kind: 'option', option: '--release' } });
  });

  it('what a release does by itself stands at the pod', () => {
    const [one] = diagnosticsOf(`${pod(APP)}status: {podIPs: [{ip: 10.0.0.1}, {ip: "2001:db8::1"}]}\n`);
    expect(one).toMatchObject({ code: 'ip6-not-captured', source: { kind: 'file', file: 'a.yaml' } });
  });
});
