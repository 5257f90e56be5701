import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { expectRefused, piped, run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const deployment = (name: string, annotations: Readonly<Record<string, string>> = {}): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  template:
    metadata:
      annotations: ${JSON.stringify(Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`traffic.sidecar.istio.io/${key}`, value])))}
    spec:
      containers: [{name: app, image: app}]
`;

folder.write(
  'shop.yaml',
  [deployment('orders', { excludeOutboundPorts: '3306,5432', excludeInboundPorts: '9100' }), deployment('cart')].join('---\n'),
);
const allow = (...entries: readonly string[]): string =>
  `apiVersion: istio-init/v1\nkind: EscapeAllowances\nallow:\n${entries.map((entry) => `  - {${entry}}\n`).join('')}`;
folder.write('part.yaml', allow('what: outbound, ports: [3306], workloads: shop/orders, owner: db, reason: r, until: 2999-01-01'));
folder.write(
  'whole.yaml',
  allow(
    'what: outbound, workloads: "Deployment shop/*", owner: db, reason: r, until: 2999-01-01',
    'what: inbound, ports: [9100], workloads: "*", owner: ops, reason: r, until: 2999-01-01',
  ),
);
folder.write('old.yaml', allow('what: any, workloads: "*", owner: db, reason: r, until: 2020-01-01'));
folder.write('idle.yaml', allow('what: any, workloads: other/*, owner: db, reason: r, until: 2999-01-01'));

const escapes = (...args: readonly string[]): ReturnType<typeof run> => run(['escapes', ...args], { cwd: folder.path });

describe('escapes', () => {
  it('refuses to answer where nothing is named', async () => {
    expect(await escapes()).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('name what to look at') });
  });

  it('claims nothing of workloads that it has no answer for', async () => {
    folder.write(
      'ended.yaml',
      'kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec: {containers: [{name: a}]}\nstatus: {phase: Running}\n',
    );
    const { exitCode, stdout } = await escapes('ended.yaml');
    expect([exitCode, stdout.split('\n')[0]]).toEqual([1, 'unknown: 1 of 1 workload without an answer']);
  });

  it('names each region, the setting that lets it pass and where that stands, and ends with 1', async () => {
    const found = await escapes('shop.yaml');
    expect(found.exitCode).toBe(1);
    expect(found.stdout).toContain('TCP bypasses the proxy in 1 of 2 workloads');
    expect(found.stdout).toContain('inbound   IPv4: TCP to port 9100 from outside');
    expect(found.stdout).toContain('outbound  IPv4: TCP to ports 3306 and 5432 from the pod');
    expect(found.stdout).toContain('outbound.excludePorts from shop.yaml:7:');
    expect(found.stdout).not.toContain('cart');
  });

  it('takes out of a region what is allowed, and no more', async () => {
    const { stdout, exitCode } = await escapes('shop.yaml', '--allow', 'part.yaml');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('outbound  IPv4: TCP to port 5432 from the pod');
    expect(stdout).toContain('allowed   IPv4: TCP to port 3306 from the pod');
  });

  const waiting = `apiVersion: v1
kind: Pod
metadata: {name: starts, namespace: shop, annotations: {sidecar.istio.io/inject: "true"}}
spec:
  initContainers:
    - name: istio-init
      image: istio/proxyv2:1.28.3
      args: [istio-iptables, -p, "15001", -z, "15006", -u, "1337", -m, REDIRECT, -i, "*", -x, "", -b, "*"]
  containers: [{name: app, image: app}]
status: {phase: Pending, initContainerStatuses: [{name: istio-init, state: {waiting: {reason: PodInitializing}}}]}
`;

  it.each([
    ['alone', [waiting], 'unknown: 1 of 1 workload without an answer'],
    [
      'beside one that is well',
      [waiting, deployment('cart')],
      'unknown: 1 of 2 workloads without an answer; TCP of 1 workload passes the proxy',
    ],
    [
      'beside one of which something escapes',
      [waiting, deployment('orders', { excludeOutboundPorts: '3306' })],
      'TCP bypasses the proxy in 1 of 2 workloads; 1 without an answer',
    ],
  ])('begins with what is not known, of a pod whose istio-init waits, %s', async (_, documents, first) => {
    folder.write('waiting.yaml', documents.join('---\n'));
    const [text, markdown] = await Promise.all(['text', 'markdown'].map((form) => escapes('waiting.yaml', '-o', form)));
    expect([text?.stdout.split('\n')[0], text?.exitCode]).toEqual([first, 1]);
    expect(markdown?.stdout).toContain(`**${first}**`);
    expect(text?.stdout).toContain('istio-init waits (PodInitializing)');
  });

  it('ends with 0 where all of it is allowed', async () => {
    const { stdout, exitCode } = await escapes('shop.yaml', '--allow', 'whole.yaml');
    expect({ exitCode, first: stdout.split('\n')[0] }).toEqual({
      exitCode: 0,
      first: 'nothing escapes but what is allowed: TCP of 2 workloads passes the proxy',
    });
  });

  it('ends with 1 for an allowance that has expired, and names one that nothing needs', async () => {
    const [old, idle] = await Promise.all([escapes('shop.yaml', '--allow', 'old.yaml'), escapes('shop.yaml', '--allow', 'idle.yaml')]);
    expect(old.stdout).toContain('expired   old.yaml:4:5: held until 2020-01-01; ask db');
    expect(old.stdout).not.toContain('allowed');
    expect(idle.stdout).toContain('unused    idle.yaml:4:5: no escape needs it');
  });

  it('counts only what a baseline does not have', async () => {
    folder.write('baseline.json', (await escapes('shop.yaml', '-o', 'json')).stdout);
    folder.write('more.yaml', deployment('orders', { excludeOutboundPorts: '3306,5432', excludeInboundPorts: '9100,9200' }));
    const [same, more] = await Promise.all(['shop.yaml', 'more.yaml'].map((file) => escapes(file, '--baseline', 'baseline.json')));
    expect(same?.exitCode).toBe(0);
    expect(more?.exitCode).toBe(1);
    expect(more?.stdout).toContain('outbound  IPv4: TCP to ports 3306 and 5432 from the pod (in the baseline)');
    expect(more?.stdout).toMatch(/inbound {3}IPv4: TCP to ports 9100 and 9200 from outside\n/);
  });

  it('knows a group only where a baseline knows each of its owners', async () => {
    const shops = (count: number): string =>
      Array.from({ length: count }, (_, index) => deployment(`d${index}`, { excludeOutboundPorts: '3306' })).join('---\n');
    folder.write('seven.yaml', shops(7));
    folder.write('eight.yaml', shops(8));
    folder.write('seven.json', (await escapes('seven.yaml', '-o', 'json')).stdout);
    const [same, more] = await Promise.all(['seven.yaml', 'eight.yaml'].map((file) => escapes(file, '--baseline', 'seven.json')));
    expect([same?.exitCode, more?.exitCode]).toEqual([0, 1]);
  });

  it('counts IPv6 where the status of a pod has an address of it, and nothing as caught where its init container failed', async () => {
    const pod = (name: string, status: string): string =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop}\nspec: {containers: [{name: app}]}\nstatus: {${status}}\n`;
    folder.write(
      'pods.yaml',
      [
        pod('both', 'podIPs: [{ip: 10.1.2.3}, {ip: "2001:db8::3"}]'),
        pod('one', 'podIPs: [{ip: 10.1.2.4}]'),
        pod('failed', 'podIPs: [{ip: 10.1.2.5}], initContainerStatuses: [{name: istio-init, state: {terminated: {exitCode: 255}}}]'),
      ].join('---\n'),
    );
    const { workloads } = JSON.parse((await escapes('pods.yaml', '-o', 'json')).stdout) as {
      workloads: readonly { names: readonly string[]; unknown?: string; escapes: readonly { family: string }[] }[];
    };
    const of = (name: string): (typeof workloads)[number] | undefined => workloads.find(({ names }) => names.includes(`Pod shop/${name}`));
    expect(of('both')?.escapes.map(({ family }) => family)).toEqual(['ip6', 'ip6']);
    expect(of('one')).toMatchObject({ escapes: [] });
    expect(of('one')?.unknown).toBeUndefined();
    expect(of('failed')?.unknown).toMatch(/^these rules were not applied: /);
  });

  it('has forms for data, a pull request, scanners and test reports', async () => {
    const [json, markdown, sarif, junit] = await Promise.all(
      ['json', 'markdown', 'sarif', 'junit'].map(async (form) => (await escapes('shop.yaml', '-o', form)).stdout),
    );
    expect(JSON.parse(json ?? '')).toMatchObject({ kind: 'Escapes', workloads: [{ names: ['Deployment shop/orders'] }, { escapes: [] }] });
    expect(markdown).toContain('| `Deployment shop/orders` | `inbound` | `IPv4` | `TCP to port 9100 from outside` |');
    expect(JSON.parse(sarif ?? '').runs[0].results.map(({ ruleId }: { ruleId: string }) => ruleId)).toEqual([
      'uncaptured-inbound',
      'uncaptured-outbound',
    ]);
    expect(junit).toContain('<testsuite name="istio-init escapes" tests="2" failures="1">');
  });

  it('is never sure of tables that were not shown', async () => {
    const { stdout, exitCode } = await run(['escapes', 'golden/captures/2024-10-default.list.txt']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('as far as the tables are shown');
    expect(stdout).toContain('provided  raw, mangle, filter, which are not shown, let everything pass unchanged');
  });

  it('is never sure where a rule was not read: neither that TCP bypasses the proxy, nor that it does not', async () => {
    const { stdout: save } = await run(['preview', '--release', '1.28', '-o', 'save', '--set', 'outbound.excludePorts=3306']);
    for (const rule of ['-A ISTIO_OUTPUT -m what --is this -j RETURN x y', '-A OUTPUT -p tcp -m', '-A PREROUTING -j']) {
      folder.write('unread.save', save.replace('COMMIT', `${rule}\nCOMMIT`));
      const { stdout, exitCode } = await escapes('unread.save');
      expect([exitCode, stdout.split('\n')[0]]).toEqual([
        1,
        'unknown: TCP may bypass the proxy in 1 of 1 workload, whose rules could not all be read',
      ]);
      expect(stdout).toContain('outbound  IPv4: TCP to port 3306 from the pod (not known whether it is caught)');
    }
  });

  it('reads a pipe with many workloads, the first of which is far from the last', async () => {
    const input = Array.from({ length: 3000 }, (_, index) =>
      deployment(`d${index}`, index === 2999 ? { excludeOutboundPorts: '3306' } : {}),
    ).join('---\n');
    folder.write('many.yaml', input);
    const { stdout, exitCode } = await piped('many.yaml', ['escapes'], { cwd: folder.path });
    expect({ exitCode, first: stdout.split('\n')[0] }).toEqual({ exitCode: 1, first: 'TCP bypasses the proxy in 1 of 3,000 workloads' });
  });

  it('reads a pipe', async () => {
    folder.write('piped.yaml', deployment('piped', { includeInboundPorts: '8080' }));
    const { stdout } = await piped('piped.yaml', ['escapes'], { cwd: folder.path });
    expect(stdout).toContain('inbound   IPv4: TCP to any port but 8080 from outside');
  });

  it.each([
    ['what: sideways, workloads: "*", owner: o, reason: r, until: 2999-01-01', 'what: "sideways" is not one of inbound, outbound, any'],
    ['what: any, workloads: "*", owner: o, reason: r, until: 2999-13-01', 'until: "2999-13-01" is not a day, as 2026-12-31'],
    ['what: any, workloads: "*", owner: o, reason: r', 'until is missing'],
    ['what: any, port: [1], workloads: "*", owner: o, reason: r, until: 2999-01-01', '"port" is not one of'],
    ['what: any, ports: [80a], workloads: "*", owner: o, reason: r, until: 2999-01-01', 'ports: "80a" is not a port'],
  ])('refuses {%s}', async (entry, reason) => {
    folder.write('wrong.yaml', allow(entry));
    const found = await escapes('shop.yaml', '--allow', 'wrong.yaml');
    expect(found).toMatchObject({ exitCode: 2, stdout: '' });
    expect(found.stderr).toContain(reason);
    expect(found.stderr).toMatch(/^istio-init: escapes: wrong\.yaml:4:/);
  });

  it('refuses a baseline that is none', async () => {
    expectRefused(
      await escapes('shop.yaml', '--baseline', 'shop.yaml'),
      '--baseline shop.yaml is not what istio-init escapes -o json prints',
    );
  });
});

it('the help has a file for --allow that is one, at any width', async () => {
  const { stdout } = await run(['escapes', '--help']);
  const [shown = ''] = /^ {2}apiVersion:[^]*?(?=^\S)/m.exec(stdout) ?? [];
  const until = `${new Date().getUTCFullYear() + 1}-01-01`;
  folder.write('of-help.yaml', shown.replace(/^ {2}/gm, '').replace(/until: .*/, `until: ${until}`));
  const found = await run(['escapes', '--set', 'outbound.excludePorts=3306', '--allow', 'of-help.yaml', '-o', 'json'], {
    cwd: folder.path,
  });
  expect([found.stderr, JSON.parse(found.stdout).unused]).toEqual(['', [expect.objectContaining({ owner: 'team-db', until })]]);
});

describe.concurrent('escapes of several sources', () => {
  const ONE = 'docs/examples/one-deployment.yaml';
  const MANY = 'docs/examples/bookinfo.yaml';
  const LISTING = 'golden/captures/2021-01-default.list.txt';
  it('are those of each, and manifests are read as one', async () => {
    const json = async (...words: readonly string[]) => JSON.parse((await run(['escapes', ...words, '-o', 'json'])).stdout);
    const [one, many, listing, manifests, all] = await Promise.all([
      json(ONE),
      json(MANY),
      json(LISTING),
      json('-f', ONE, '-f', MANY),
      json(ONE, LISTING, MANY),
    ]);
    expect(all.workloads).toHaveLength(one.workloads.length + many.workloads.length + listing.workloads.length);
    expect(all.workloads).toEqual([...manifests.workloads, ...listing.workloads]);
  });

  it('may be workloads of one file, a pipe among others, and each only where it can be one', async () => {
    const { stdout } = await run(['escapes', `${MANY}#ratings-v1`, `${MANY}#reviews-v3`]);
    expect(stdout).toMatch(/^TCP bypasses the proxy in 2 of 2 workloads$/m);
    const piped = await run(['escapes', ONE, '-'], { input: readFileSync(LISTING, 'utf8') });
    expect(piped.stdout).toMatch(/^TCP bypasses the proxy in 2 of 2 workloads/m);
    expect((await run(['escapes', ONE, 'nowhere.yaml'])).exitCode).toBe(2);
    expect((await run(['escapes', ONE, MANY, '--watch'])).stderr).toBe('istio-init: escapes: --watch goes with one SOURCE\n');
  });
});
