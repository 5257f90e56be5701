/** Init containers that run while there are rules and no proxy: by release, by what the mesh says, by where they connect to. */

import { describe, expect, it } from 'vitest';
import type { LintRequest } from '../../../../src/istio/advice/lint.ts';
import { APP, at, diagnosticsOf, mesh, pod } from './workloads.ts';

const CODE = 'init-container-without-proxy';
const told = (text: string, request: Partial<LintRequest>): readonly string[] =>
  diagnosticsOf(text, { installer: 'cni', ...request }).flatMap(({ code, severity }) => (code === CODE ? [severity] : []));

const waiting = (container = '{name: first}', annotations = ''): string => pod(`  initContainers: [${container}]\n${APP}`, annotations);

describe('native sidecars', () => {
  const variable = (value: string): Partial<LintRequest> => ({ mesh: mesh(`pilot: {env: {ENABLE_NATIVE_SIDECARS: "${value}"}}`) });
  const annotated = (value: string): string => waiting('{name: first}', `sidecar.istio.io/nativeSidecar: "${value}"`);

  // golden/injection: native-annotation-*, native-of-istiod-*, native-by-nodes.
  it.each<[string, string, Partial<LintRequest>, readonly string[]]>([
    ['1.18', waiting(), variable('true'), ['warning']],
    ['1.19', waiting(), {}, ['warning']],
    ['1.19', waiting(), variable('true'), []],
    ['1.26', waiting(), {}, ['warning']],
    ['1.26', waiting(), variable('auto'), ['warning']],
    ['1.27', waiting(), {}, ['note']],
    ['1.27', waiting(), variable('auto'), ['note']],
    ['1.28', waiting(), variable('false'), ['warning']],
    ['1.28', waiting(), variable('true'), []],
    ['1.23', annotated('true'), {}, ['warning']],
    ['1.23', annotated('false'), variable('true'), []],
    ['1.24', annotated('true'), {}, []],
    ['1.24', annotated('false'), variable('true'), ['warning']],
    ['1.24', annotated(''), variable('true'), ['warning']],
    ['1.26', annotated('yes'), {}, ['warning']],
    ['1.27', annotated('yes'), {}, []],
    ['1.28', annotated(''), variable('true'), []],
    ['1.28', annotated('false'), {}, ['warning']],
  ])('at %s: %s', (release, text, request, severities) => {
    expect(told(text, { ...at(release), ...request })).toEqual(severities);
  });

  it('istiod of an IstioOperator has its variables under its component or under values', () => {
    const operator = (spec: string): Partial<LintRequest> => ({
      mesh: mesh(`apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: ${spec}\n`),
    });
    const component = operator('{components: {pilot: {k8s: {env: [{name: ENABLE_NATIVE_SIDECARS, value: "true"}]}}}}');
    expect(told(waiting(), { ...at('1.24'), ...component })).toEqual([]);
    expect(told(waiting(), { ...at('1.24'), ...operator('{values: {pilot: {env: {ENABLE_NATIVE_SIDECARS: "true"}}}}') })).toEqual([]);
  });

  it('the way out names what the release knows, and waiting for the proxy is none', () => {
    const held = mesh('meshConfig: {defaultConfig: {holdApplicationUntilProxyStarts: true}}');
    const [now] = diagnosticsOf(waiting(), { installer: 'cni', mesh: held, ...at('1.28') });
    expect(now?.text).toBe(
      'the init container first runs once the rules are there and before the proxy listens: what it sends is refused, unless the proxy is a native sidecar, as it is on nodes with kubelet 1.33 or newer; holdApplicationUntilProxyStarts does not help an init container',
    );
    expect(now?.fix).toBe('make the proxy a native sidecar, run the container as user 1337, or exclude the ports and ranges that it needs');
    const [before] = diagnosticsOf(waiting(), { installer: 'cni', ...at('1.18') });
    expect(`${before?.text} ${before?.fix}`).not.toMatch(/native|hold/);
  });
});

describe('where an init container connects to', () => {
  const found = (container: string, annotations: string, release = '1.24', request: Partial<LintRequest> = {}): readonly string[] =>
    diagnosticsOf(waiting(container, annotations), { installer: 'cni', ...at(release), ...request }).flatMap(
      ({ code, severity, text, fix }) => (code === CODE ? [`${severity}: ${text.slice(text.indexOf('listens: ') + 9)} | ${fix}`] : []),
    );
  const PORTS = (ports: string): string => `traffic.sidecar.istio.io/excludeOutboundPorts: "${ports}"`;
  const RANGES = (ranges: string): string => `traffic.sidecar.istio.io/excludeOutboundIPRanges: "${ranges}"`;
  const FLYWAY = '{name: m, env: [{name: URL, value: "jdbc:postgresql://10.30.0.14:5432/trade"}]}';
  const NATIVE = 'make the proxy a native sidecar, run the container as user 1337';

  it.each<[string, string]>([
    [FLYWAY, PORTS('5432')],
    [FLYWAY, RANGES('10.30.0.0/24')],
    [FLYWAY, RANGES('0.0.0.0/1,128.0.0.0/1')],
    [FLYWAY, 'traffic.sidecar.istio.io/includeOutboundIPRanges: "10.96.0.0/12"'],
    ['{name: m, securityContext: {runAsUser: 1337}}', ''],
    ['{name: m, securityContext: {runAsGroup: 1337}}', ''],
    ['{name: m, command: [sh, -c, "curl http://config.example:8500/v1"]}', PORTS('8500')],
    ['{name: m, args: ["--url=https://vault.example/v1"]}', PORTS('443')],
    ['{name: m, env: [{name: DB_HOST, value: db}, {name: DB_PORT, value: "3306"}]}', PORTS('3306')],
    ['{name: m, env: [{name: SERVERS, value: "[2001:db8::1]:9092"}]}', RANGES('2001:db8::/32')],
    ['{name: m, env: [{name: DSN, value: "mysql://u:p@db.example/x"}]}', PORTS('3306')],
    ['{name: m}', RANGES('0.0.0.0/0')],
  ])('%s is fine beside %s', (container, annotations) => {
    expect(found(container, annotations)).toEqual([]);
  });

  it('what is not left alone is named', () => {
    expect(found(FLYWAY, PORTS('3306'))).toEqual([`warning: 10.30.0.14:5432 (URL) is refused | ${NATIVE}, or exclude port 5432`]);
    expect(found('{name: m, args: [wait, "db.example:5432", "http://127.0.0.1:15021/healthz"]}', '')).toEqual([
      `warning: db.example:5432 is refused | ${NATIVE}, or exclude port 5432`,
    ]);
  });

  it('of one that names nothing it is a note where something is excluded', () => {
    expect(found('{name: m, image: "flyway:10"}', PORTS('5432'))).toEqual([
      `note: what it sends is refused, but for what is excluded (5432) | ${NATIVE}, or exclude the ports and ranges that it needs`,
    ]);
    // The port of a server, and the tag of an image, are no destinations.
    expect(found('{name: m, env: [{name: PORT, value: "8080"}], args: ["--image=web:10 x"]}', '')[0]).toMatch(/^warning: what it sends/);
  });

  it('look-ups are lost where DNS is captured, whatever is excluded', () => {
    const dns = mesh('meshConfig: {defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: "true"}}}');
    expect(found('{name: m}', PORTS('443'), '1.12', { mesh: dns })).toEqual([
      'warning: its look-ups go to the DNS port of the agent (15053), where nobody listens yet, and what else it sends is refused, but for what is excluded (443) | run the container as user 1337',
    ]);
    // An address needs no look-up.
    expect(found(FLYWAY, PORTS('5432'), '1.12', { mesh: dns })).toEqual([]);
  });
});

it('excluded ranges that are everything are told, of each family', () => {
  const of = (ranges: string): readonly string[] =>
    diagnosticsOf(pod(APP, `traffic.sidecar.istio.io/excludeOutboundIPRanges: "${ranges}"`)).flatMap(({ code, text }) =>
      code === 'excludes-everything' ? [text.replace(/^.*leaves all (\w+) .*$/, '$1')] : [],
    );
  expect(of('0.0.0.0/0')).toEqual(['IPv4']);
  expect(of('::/0,0.0.0.0/1,128.0.0.0/1')).toEqual(['IPv4', 'IPv6']);
  expect(of('0.0.0.0/1,128.0.0.0/2')).toEqual([]);
});
