import { afterAll, describe, expect, it } from 'vitest';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { printedValues } from '../../../src/istio/settings/printed-settings.ts';
import { expectRefused, run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const deployment = (name: string, annotations: object = {}): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  template:
    metadata: {annotations: ${JSON.stringify(annotations)}}
    spec: {containers: [{name: app, image: registry.example/app}]}
`;
const EXCLUDED = { 'traffic.sidecar.istio.io/excludeOutboundPorts': '3306' };
folder.write('orders.yaml', deployment('orders', EXCLUDED));
folder.write(
  'shop.yaml',
  `${deployment('orders', EXCLUDED)}---\n${deployment('cart')}---\n${deployment('agent', { 'sidecar.istio.io/inject': 'false' })}`,
);
folder.write(
  'sidecar.yaml',
  'apiVersion: istio-init/v1\nkind: SidecarCapture\nrelease: 1.28.0\ninbound: {excludePorts: [15090, 15021, 15020, 9100]}\n',
);

const args = (excluded: string): readonly string[] =>
  `istio-iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i * -x  -b * -d ${excluded}`.split(' ');
const injected = (excluded: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'cart', namespace: 'shop', annotations: { 'sidecar.istio.io/status': '{"initContainers":["istio-init"]}' } },
  spec: {
    containers: [
      { name: 'cart', image: 'registry.example/cart' },
      { name: 'istio-proxy', image: 'docker.io/istio/proxyv2:1.20.3' },
    ],
    initContainers: [{ name: 'istio-init', image: 'docker.io/istio/proxyv2:1.20.3', args: args(excluded) }],
  },
});
folder.write('pod.json', JSON.stringify(injected('15090,15021,15020')));
folder.write('unlike.json', JSON.stringify(injected('15090,15021,15020,9999')));

const here = (...words: readonly string[]): ReturnType<typeof run> => run(words, { cwd: folder.path });
const NEW_RULE = /^\+ +\d+ +-p tcp -m tcp --dport 8080 -j RETURN$/m;

describe.concurrent('what if', () => {
  it('an annotation: packets first, rules after, and the ports of the agent stay', async () => {
    const { exitCode, stdout, stderr } = await here('diff', 'orders.yaml', '--annotation', 'excludeInboundPorts=8080');
    expect([exitCode, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(
      /^Traffic goes elsewhere for 1 kind of packets\.\n\nTCP to port 8080 from outside\n- envoy-inbound \(15006\)\n\+ direct\n\n--- Istio \S+, as it is \(Deployment shop\/orders\)\n\+\+\+ Istio \S+, with excludeInboundPorts=8080 /,
    );
    expect(stdout).toMatch(NEW_RULE);
    expect(stdout).not.toMatch(/^- +\d+ .*150\d\d/m);
    const full = await here('diff', 'orders.yaml', '--annotation', 'traffic.sidecar.istio.io/excludeInboundPorts=8080');
    expect(full.stdout.replaceAll('traffic.sidecar.istio.io/', '')).toBe(stdout.replaceAll('traffic.sidecar.istio.io/', ''));
  });

  it('a release, a setting, a value of the mesh; of a manifest, of a release, of nothing at all', async () => {
    const [release, added, removed, value, bare, none, own] = await Promise.all([
      here('diff', 'orders.yaml@1.28', '--release', '1.12'),
      here('diff', 'orders.yaml', '--set', 'inbound.excludePorts+=8080'),
      here('diff', 'sidecar.yaml', '--set', 'inbound.excludePorts-=9100'),
      here('diff', '-f', 'orders.yaml', '--value', 'global.proxy.excludeInboundPorts=8080'),
      here('diff', '@1.28', '--annotation', 'excludeInboundPorts=8080'),
      here('diff', '--set', 'inbound.excludePorts+=8080'),
      here('diff', 'pod.json', '--annotation', 'excludeInboundPorts=8080'),
    ]);
    expect(release.stdout).toContain('TCP to port 22 from outside\n- envoy-inbound (15006)\n+ direct\n');
    expect(release.stdout).toContain('+++ Istio 1.12.9, at this release ');
    for (const one of [added, value, bare, none, own]) expect(one).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(NEW_RULE) });
    expect(removed.stdout).toContain('TCP to port 9100 from outside\n- direct\n+ envoy-inbound (15006)\n');
    expect(own.stdout).toContain('--- Istio 1.20.3, as it is (Pod shop/cart)');
  });

  it('of an injected pod whose values are not given is warned about', async () => {
    const { stdout, stderr } = await here('diff', 'unlike.json', '--annotation', 'excludeInboundPorts=8080');
    expect(stderr).toContain('warning: 1 workload was injected with values that are not given here');
    // The change alone is shown, not what else a new injection does.
    expect(stdout).not.toContain('9999');
    expect(stdout).toMatch(NEW_RULE);
  });

  it('a list in place of that of the injector is warned about, for the agent loses its ports', async () => {
    const [diff, preview, plus] = await Promise.all([
      here('diff', 'orders.yaml', '--set', 'inbound.excludePorts=8080'),
      here('preview', '--set', 'inbound.excludePorts=8080,15020:15021'),
      here('preview', '--set', 'inbound.excludePorts+=8080'),
    ]);
    expect(diff.stderr).toContain("inbound.excludePorts is without 15090, 15021, 15020, the agent's own ports");
    expect(diff.stdout).toContain('TCP to ports 15020-15021 and 15090 from outside\n- direct\n+ envoy-inbound (15006)\n');
    expect(preview.stderr).toContain("warning: inbound.excludePorts is without 15090, the agent's own ports");
    expect(plus.stderr).toBe('');
  });

  it('of many leads with for how many traffic goes elsewhere, and rules that only look different come last', async () => {
    const { stdout, stderr } = await here('diff', 'shop.yaml#orders', '--annotation', 'excludeInboundPorts=8080');
    expect([stdout.split('\n')[0], stderr]).toEqual(['Traffic goes elsewhere for 1 kind of packets.', '']);
    const [all, data, cosmetic] = await Promise.all([
      here('diff', 'shop.yaml', '--annotation', 'excludeInboundPorts=8080'),
      here('diff', 'shop.yaml', '--annotation', 'excludeInboundPorts=8080', '-o', 'json'),
      here('diff', 'shop.yaml@1.24', 'shop.yaml@1.23'),
    ]);
    expect(all.stdout.split('\n')[0]).toBe('2 of 3 workloads: traffic goes elsewhere');
    expect(JSON.parse(data.stdout)).toMatchObject({
      groups: [{ traffic: 'different', difference: { kind: 'Difference', traffic: { answer: 'different' } } }, { traffic: 'different' }],
      same: 1,
    });
    expect(cosmetic.exitCode).toBe(0);
    const upgrade = await here('diff', 'shop.yaml@1.20', 'shop.yaml@1.28');
    expect(upgrade.stdout).toMatch(/^none of 3 workloads: traffic goes elsewhere; 2 with other rules that do the same\n/);
    expect(upgrade.stdout).toContain('Traffic goes where it went: only the rules are others.\n');
  });

  it('is refused where it says nothing', async () => {
    const saved = folder.write('saved.txt', '*nat\n-A OUTPUT -p tcp -j ISTIO_OUTPUT\nCOMMIT\n');
    const option = '--annotation "excludeInboundPort" is not one of';
    expect((await here('diff', 'orders.yaml', '--annotation', 'excludeInboundPort=80')).stderr).toMatch(
      new RegExp(`^istio-init: diff: ${option} .* \\(did you mean excludeInboundPorts\\?\\)\\n$`),
    );
    expectRefused(
      await here('diff', 'orders.yaml', '--annotation', 'excludeInboundPorts'),
      '--annotation "excludeInboundPorts" has no value, as in excludeInboundPorts=8080',
    );
    expectRefused(
      await here('diff', saved, '--annotation', 'excludeInboundPorts=80'),
      'saved.txt is no manifest: annotations and values go to the injector, which makes rules of these',
    );
    expectRefused(await here('diff', '@1.20', '@1.28', '--value', 'a=b'), '--value is what changes at one source, and there are two');
    expectRefused(
      await here('diff', 'orders.yaml', '--value', 'global.proxy.nothing=1'),
      '--value global.proxy.nothing=1: no such value makes rules',
    );
    expectRefused(await here('diff'), 'nothing to compare; give two sources, or one and what would change');
  });
});

describe('--set KEY+= and KEY-=', () => {
  const excluded = (...sets: readonly string[]): string =>
    String(
      printedValues(planFromSettings({ sets, release: { value: '1.28', source: { kind: 'default', release: '1.28.0' } } }).settings)(
        'inbound.excludePorts',
      ),
    );

  it.each([
    [['inbound.excludePorts+=8080'], '15090,15021,15020,8080'],
    [['inbound.excludePorts+=8080,15020'], '15090,15021,15020,8080'],
    [['inbound.excludePorts-=15090'], '15021,15020'],
    [['inbound.excludePorts-=1'], '15090,15021,15020'],
    [['inbound.excludePorts=80', 'inbound.excludePorts+=81', 'inbound.excludePorts-=80'], '81'],
  ])('%j: %s', (sets, value) => {
    expect(excluded(...sets)).toBe(value);
  });

  it.each([
    ['proxy.port+=1', /items are added to a list/],
    ['inbound.includePorts+=80', /"\*" does not go with it/],
    ['inbound.excludePorts+=abc', /is not a port/],
    ['inbound.excludePort+=80', /is not a key here/],
  ])('%s is refused', (set, message) => {
    expect(() => excluded(set)).toThrow(message);
  });
});
