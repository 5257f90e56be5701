import { afterAll, describe, expect, it } from 'vitest';
import { piped, run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const deployment = (annotations: Readonly<Record<string, string>>, rest = ''): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: orders, namespace: shop}
spec:
  template:
    metadata:
      annotations: ${JSON.stringify(annotations)}
    spec:
${rest}      containers: [{name: orders, image: registry.example/orders}]
`;
const EXCLUDED = { 'traffic.sidecar.istio.io/excludeOutboundPorts': '3306', 'traffic.sidecar.istio.io/excludeInboundPorts': '9100' };
folder.write('orders.yaml', deployment(EXCLUDED));
const here = (...args: readonly string[]): ReturnType<typeof run> => run(args, { cwd: folder.path });

describe.concurrent('a check of a manifest', () => {
  it('says what its pods will get and what that leaves uncaught, and compares nothing', async () => {
    const { exitCode, stdout, stderr } = await here('check', 'orders.yaml', '--release', '1.28.0');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`Deployment shop/orders: its TCP will be captured, but for 2 kinds of connections

manifest  Deployment shop/orders of orders.yaml:1:1, as it would be injected by Istio 1.28.0 (--release)
settings  REDIRECT, IPv4; inbound.excludePorts=15090, 15021, 9100, 15020; outbound.excludePorts=3306

uncaught  inbound, IPv4: TCP to port 9100 from outside
          Inbound port 9100 is left alone. (inbound.excludePorts from orders.yaml:7:123)
uncaught  outbound, IPv4: TCP to port 3306 from the pod
          Outbound port 3306 is left alone. (outbound.excludePorts from orders.yaml:7:69)

next      fail on what bypasses the proxy, but for what FILE allows:
            istio-init escapes orders.yaml --allow FILE --release 1.28.0
          where a connection goes, and why:
            istio-init why orders.yaml ADDRESS:PORT --release 1.28.0
          each setting, each rule and its reason:
            istio-init explain orders.yaml --release 1.28.0
`);
  });

  it('is what -f, a pipe, and no command at all give as well', async () => {
    const [plain, given, bare] = await Promise.all([here('check', 'orders.yaml'), here('check', '-f', 'orders.yaml'), here('orders.yaml')]);
    expect(given).toEqual(plain);
    expect(bare).toEqual(plain);
    const cat = await piped('orders.yaml', [], { cwd: folder.path });
    const words = (text: string): string => text.replaceAll(/\s+/g, ' ');
    const named = plain.stdout
      .replaceAll(/orders\.yaml:(?=\d)/g, 'standard input:')
      .replaceAll(/istio-init (\w+) orders\.yaml/g, '... | istio-init $1 -');
    expect(words(cat.stdout)).toBe(words(named));
  });

  it('has the findings of lint, and their exit code', async () => {
    folder.write('misspelt.yaml', deployment({ 'traffic.sidecar.istio.io/excludeInboundPort': '80' }));
    const { exitCode, stdout } = await here('check', 'misspelt.yaml');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^Deployment shop\/orders: its TCP will be captured; 1 warning\n/);
    expect(stdout).toContain('fix: write traffic.sidecar.istio.io/excludeInboundPorts\n');
    expect(stdout).toContain('more of it: istio-init lint --explain unknown-annotation\n');
  });

  it('says of what gets no rules why, and of what the injector refuses that there will be no pods', async () => {
    folder.write('host.yaml', deployment({}, '      hostNetwork: true\n'));
    folder.write('refused.yaml', deployment({ 'traffic.sidecar.istio.io/excludeInboundPorts': 'abc' }));
    const [host, refused] = await Promise.all([here('check', 'host.yaml'), here('check', 'refused.yaml')]);
    expect(host.stdout).toMatch(/^Deployment shop\/orders: gets no rules: it is in the network of its node\s+\(host\.yaml:9:20\)/);
    expect([refused.exitCode, refused.stdout]).toEqual([1, expect.stringMatching(/^Deployment shop\/orders: its pods are refused: /)]);
  });

  it('is data, and a ticket', async () => {
    const [json, markdown] = await Promise.all([
      here('check', 'orders.yaml', '-o', 'json'),
      here('check', 'orders.yaml', '-o', 'markdown'),
    ]);
    const document = JSON.parse(json.stdout) as Record<string, unknown>;
    expect(document).toMatchObject({
      kind: 'CheckReport',
      verdict: 'as it should be',
      exitCode: 0,
      plan: { injected: false },
      escapes: [{ direction: 'inbound', words: 'TCP to port 9100 from outside' }, { direction: 'outbound' }],
      findings: [],
    });
    expect(document).not.toHaveProperty('drift');
    expect(markdown.stdout).toMatch(
      /^### Deployment shop\/orders: its TCP will be captured, but for 2 kinds of connections\n\n```text\nmanifest /,
    );
  });

  it('of settings says the same, and with a connection where it goes', async () => {
    const { stdout } = await here('check', '@1.12.0', '--from', 'outside', '--to', 'pod:22');
    expect(stdout).toMatch(/^Istio 1\.12\.0, the injector's defaults: its TCP will be captured, but for one kind of connections\n/);
    expect(stdout).toContain('\n          direct: reaches port 22 of the pod, not caught (simulated)\n');
  });

  it('is still a comparison where something is given to compare with', async () => {
    const { stdout } = await here('check', 'orders.yaml', '--release', '1.28', '--set', 'inbound.includePorts=80');
    expect(stdout).toContain('\ndrift     ');
  });
});
