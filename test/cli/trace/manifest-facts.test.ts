import { afterAll, describe, expect, it } from 'vitest';
import { plain } from '../../../src/cli/terminal/color.ts';
import { trace } from '../../../src/cli/trace/trace.ts';
import { scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

async function traced(manifest: string, words: Readonly<Record<string, string>>, expect?: string) {
  const source = `${folder.path}/${folder.write('pod.yaml', manifest)}`;
  const given = { sets: [], env: [], addresses: [], nameservers: [], release: '1.24' };
  return trace({ source, given, output: 'text', words, beforeProxy: false, all: false, paint: plain, ...(expect && { expect }) });
}

const APP = { from: 'app', to: '10.0.0.5:80' };

/** A pod with containers, each with what its securityContext says. */
function pod(containers: Readonly<Record<string, string>>, context = '{}'): string {
  const list = Object.entries(containers).map(([name, ids]) => `  - {name: ${name}, image: a, securityContext: ${ids}}`);
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: cart, labels: {sidecar.istio.io/inject: "true"}}\nspec:\n  securityContext: ${context}\n  containers:\n${list.join('\n')}\n`;
}

describe('the application of a manifest', () => {
  it.each([
    ['as the user of its container', pod({ app: '{runAsUser: 1337}' }), 'direct'],
    ['as the group of its container', pod({ app: '{runAsUser: 2000, runAsGroup: 1337}' }), 'direct'],
    ['as the user of its pod', pod({ app: '{}' }, '{runAsUser: 1337}'), 'direct'],
    ['as the user of its container before that of its pod', pod({ app: '{runAsUser: 2000}' }, '{runAsUser: 1337}'), 'envoy-outbound'],
    ['as that of its containers which the rules let through', pod({ one: '{runAsUser: 2000}', two: '{runAsUser: 1337}' }), 'direct'],
    ['as another user', pod({ app: '{runAsUser: 0, runAsGroup: 0}' }), 'envoy-outbound'],
    ['as nobody of the proxy where the image decides', pod({ app: '{}' }), 'envoy-outbound'],
  ])('calls %s', async (_, manifest, verdict) => {
    const { output, exitCode } = await traced(manifest, APP, verdict);
    expect(output).toMatch(new RegExp(`^${verdict}: `));
    expect(exitCode).toBe(0);
  });

  it('is named with the user that it runs as', async () => {
    const { output } = await traced(pod({ one: '{runAsUser: 2000}', two: '{runAsUser: 1337}' }), APP);
    expect(output).toContain(
      'assumed    the container two runs as uid 1337 (securityContext), and is the container that the rules let through\n',
    );
  });
});

describe('the interfaces that Multus writes into a manifest', () => {
  const STATUS =
    '[{"name":"cbr0","interface":"eth0","ips":["10.44.6.21"],"default":true},{"name":"voice/a","interface":"net1","ips":["192.0.2.77"]}]';
  const withStatus = (more: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata:\n  name: sbc\n  labels: {sidecar.istio.io/inject: "true"}\n  annotations:\n    k8s.v1.cni.cncf.io/network-status: '${STATUS}'\n${more}spec:\n  containers: [{name: sbc, image: a}]\nstatus: {podIPs: [{ip: 10.44.6.21}]}\n`;
  const ARRIVES = { from: 'outside', to: '192.0.2.77:5060', in: 'net1' };

  it('say by which of them it leaves, as assumed, and of what arrives nothing', async () => {
    const out = await traced(withStatus(''), { from: 'app', to: '10.20.0.9:80' });
    expect(out.output).toContain('assumed    it leaves by eth0, the network of the cluster (--out sets it)\n');
    const named = await traced(withStatus(''), { from: 'app', to: '10.20.0.9:80', out: 'net1' });
    const arriving = await traced(withStatus(''), { from: 'outside', to: '192.0.2.77:5060', in: 'net1' });
    expect(named.output + arriving.output).not.toContain('it leaves by');
  });

  it('have each its own addresses: REDIRECT takes that of the interface a packet came in by', async () => {
    const { output } = await traced(withStatus(''), ARRIVES, 'envoy-inbound');
    expect(output).toMatch(/^envoy-inbound: /);
    expect(output).not.toContain('192.0.2.77 -> 10.44.6.21');
    const { output: first } = await traced(withStatus(''), { ...ARRIVES, to: '192.0.2.77:5060', in: 'eth0' });
    expect(first).toContain('destination 192.0.2.77 -> 10.44.6.21');
  });

  it('are all of the pod: what arrives at one that is excluded reaches the application', async () => {
    const { output, exitCode } = await traced(withStatus('    traffic.sidecar.istio.io/excludeInterfaces: net1\n'), ARRIVES, 'direct');
    expect(output).toMatch(/^direct: reaches port 5060 of the pod, not caught\n/);
    expect(exitCode).toBe(0);
  });

  it('leave by that of the cluster', async () => {
    const { output } = await traced(withStatus('    traffic.sidecar.istio.io/excludeInterfaces: net1\n'), APP, 'envoy-outbound');
    expect(output).toContain('out by eth0');
  });
});

describe('init containers that a manifest starts early', () => {
  const ANNOTATION = 'sidecar.istio.io/status';
  const MADE =
    '{name: istio-init, image: "istio/proxyv2:1.24.1", args: [istio-iptables, -p, "15001", -z, "15006", -u, "1337", -m, REDIRECT, -i, "*", -b, "*"]}';
  const PROXY = '{name: istio-proxy, image: "istio/proxyv2:1.24.1", restartPolicy: Always}';
  const RULES = 'runs before istio-init makes the rules: nothing that it sends is captured';
  const REFUSED = 'runs once the rules are there and before the proxy listens: what they send to the proxy is refused';
  const injected = (...containers: readonly string[]): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: cart, annotations: {${ANNOTATION}: '{}'}}\nspec:\n  initContainers: [${containers.join(', ')}]\n  containers: [{name: app, image: a}]\n`;
  const notYet = (...containers: readonly string[]): string =>
    pod({ app: '{}' }).replace('  containers:', `  initContainers: [${containers.join(', ')}]\n  containers:`);

  it.each<[string, string, readonly string[]]>([
    ['before istio-init', injected('{name: first}', MADE, '{name: second}'), [`first ${RULES}`, `second ${REFUSED}`]],
    ['between istio-init and a native sidecar', injected(MADE, '{name: seed}', PROXY, '{name: last}'), [`seed ${REFUSED}`]],
    ['behind a native sidecar', injected(MADE, PROXY, '{name: last}'), []],
    [
      'as the proxy',
      injected(MADE, '{name: db, securityContext: {runAsUser: 1337}}'),
      ['db runs before the proxy, as its user: nothing that it sends is captured'],
    ],
    ['of what is injected yet to be', notYet('{name: migrate}'), [`migrate ${RULES}`]],
  ])('are told: %s', async (_, manifest, sentences) => {
    const source = `${folder.path}/${folder.write('early.yaml', manifest)}`;
    const given = { sets: [], env: [], addresses: [], nameservers: [], ...(manifest.includes(ANNOTATION) ? {} : { release: '1.24' }) };
    const { output } = await trace({ source, given, output: 'json', words: APP, beforeProxy: false, all: false, paint: plain });
    expect((JSON.parse(output) as { readonly early?: readonly string[] }).early ?? []).toEqual(sentences);
  });
});
