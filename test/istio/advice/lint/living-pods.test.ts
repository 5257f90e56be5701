/** What the status of a pod tells of its init containers, and probes that come to the proxy. */

import { describe, expect, it } from 'vitest';
import { diagnosticsOf, injected, pod } from './workloads.ts';

const told = (code: string, text: string): readonly string[] => diagnosticsOf(text).flatMap((one) => (one.code === code ? [one.text] : []));

describe('an init container that failed', () => {
  const CODE = 'init-container-failed';
  const status = (name: string, state: string): string =>
    `status: {initContainerStatuses: [{name: ${name}, lastState: {terminated: {${state}}}}]}`;

  it.each([
    ['istio-init', 'exitCode: 1, reason: Error', /^istio-init ended with exit code 1 \(Error\)/],
    ['istio-init', 'exitCode: 137, reason: OOMKilled', /memory/],
    ['istio-validation', 'exitCode: 126, reason: Error', /^istio-validation ended with exit code 126/],
    ['istio-init', 'exitCode: 255, message: "iptables-restore: line 3 failed"', /line 3 failed/],
  ])('%s with %s is told', (name, state, text) => {
    expect(told(CODE, injected('1.28.3', [], status(name, state)))).toEqual([expect.stringMatching(text)]);
  });

  it.each([
    ['istio-init', 'exitCode: 0, reason: Completed'],
    ['migrate', 'exitCode: 1, reason: Error'],
  ])('%s with %s is none of ours', (name, state) => {
    expect(told(CODE, injected('1.28.3', [], status(name, state)))).toEqual([]);
  });

  it('is told where it stands', () => {
    const [found] = diagnosticsOf(injected('1.28.3', [], status('istio-init', 'exitCode: 1'))).filter(({ code }) => code === CODE);
    expect(found?.source).toMatchObject({ line: 10 });
  });
});

describe('an init container that has not ended', () => {
  const CODE = 'init-container-waits';
  const INITIALIZING = '{name: istio-init, state: {waiting: {reason: PodInitializing}}}';
  const statuses = (all: string): string => injected('1.28.3', [], `status: {initContainerStatuses: [${all}]}`);

  it.each([
    [INITIALIZING, /^istio-init waits \(PodInitializing\)/],
    ['{name: istio-init, state: {running: {}}}', /^istio-init still runs/],
    [`{name: migrate, state: {waiting: {reason: ImagePullBackOff}}}, ${INITIALIZING}`, /behind migrate, which waits \(ImagePullBackOff\)/],
    [`{name: migrate, state: {waiting: {reason: CreateContainerConfigError}}}, ${INITIALIZING}`, /behind migrate/],
    ['{name: istio-validation, state: {waiting: {reason: PodInitializing}}}', /^istio-validation waits .* not proved the rules yet/],
  ])('%s is told', (all, text) => {
    expect(told(CODE, statuses(all))).toEqual([expect.stringMatching(text)]);
  });

  it('is told of a pod that is on no node yet', () => {
    expect(told(CODE, injected('1.28.3', [], 'status: {phase: Pending}'))).toHaveLength(1);
  });

  it.each([
    '{name: istio-init, state: {terminated: {exitCode: 0}}}',
    '{name: istio-init, state: {terminated: {exitCode: 0}}}, {name: migrate, state: {waiting: {reason: PodInitializing}}}',
    '{name: istio-init, state: {terminated: {exitCode: 0}}}, {name: istio-proxy, state: {running: {}}}',
  ])('but not where %s', (all) => {
    expect(told(CODE, statuses(all))).toEqual([]);
  });

  it.each(['ImagePullBackOff', 'CreateContainerConfigError', 'ErrImageNeverPull'])(
    'and of its own %s it is told that it failed',
    (reason) => {
      const text = statuses(`{name: istio-init, state: {waiting: {reason: ${reason}}}}`);
      expect([told('init-container-failed', text).length, told(CODE, text)]).toEqual([1, []]);
    },
  );
});

describe('probes that are not rewritten', () => {
  const CODE = 'probes-not-rewritten';
  const OFF = 'sidecar.istio.io/rewriteAppHTTPProbers: "false"';
  const app = (probes: string): string => `  containers: [{name: app, ports: [{name: http, containerPort: 8080}], ${probes}}]\n`;
  const READY = 'readinessProbe: {httpGet: {port: 8080}}';

  it.each([
    ['a number', READY, OFF, 1],
    ['a name', 'livenessProbe: {httpGet: {port: http}}', OFF, 1],
    ['two of them', `${READY}, startupProbe: {httpGet: {port: 9090}}`, OFF, 2],
    ['one by TCP', 'readinessProbe: {tcpSocket: {port: 8080}}', OFF, 0],
    ['one by a command', 'readinessProbe: {exec: {command: [ls]}}', OFF, 0],
    ['a name that no port has', 'readinessProbe: {httpGet: {port: web}}', OFF, 0],
    ['a port that is left alone', READY, `${OFF}, traffic.sidecar.istio.io/excludeInboundPorts: "8080"`, 0],
    ['a port that is not captured', READY, `${OFF}, traffic.sidecar.istio.io/includeInboundPorts: "9090"`, 0],
    ['a pod without rules', READY, `${OFF}, sidecar.istio.io/interceptionMode: NONE`, 0],
    ['a pod that is not injected', READY, `${OFF}, sidecar.istio.io/inject: "false"`, 0],
    ['the rewriting on', READY, 'sidecar.istio.io/rewriteAppHTTPProbers: "true"', 0],
    ['nothing said', READY, '', 0],
  ])('with %s', (_, probes, annotations, count) => {
    expect(told(CODE, pod(app(probes), annotations))).toHaveLength(count);
  });

  it('are told with their port and their container', () => {
    expect(told(CODE, pod(app('livenessProbe: {httpGet: {port: http}}'), OFF))).toEqual([
      'sidecar.istio.io/rewriteAppHTTPProbers is "false": the kubelet sends the livenessProbe of app to port 8080 without a certificate, and a proxy with strict mTLS refuses it',
    ]);
  });
});
