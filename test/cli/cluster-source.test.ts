import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiServer } from '../cluster/api-server.ts';
import { apiServer } from '../cluster/api-server.ts';
import { HAS_KUBECTL } from '../cluster/kubectl.ts';
import { controlPlane, injectedPod, namespace, owner, webhooks } from '../cluster/recorded.ts';
import { expectRefused, run, scratchFolder } from './program.ts';

describe.skipIf(!HAS_KUBECTL)('SOURCES of a cluster', () => {
  const folder = scratchFolder();
  let server: ApiServer;
  let access: readonly string[];

  beforeAll(async () => {
    const excluding = { 'traffic.sidecar.istio.io/excludeInboundPorts': '7000' };
    server = await apiServer([
      namespace('shop', { 'istio-injection': 'enabled' }),
      ...controlPlane('', '1.28.0'),
      webhooks(''),
      owner({ name: 'web', annotations: excluding }),
      injectedPod({ app: 'web', excludePorts: '7000', annotations: excluding }),
      owner({ name: 'idle', annotations: { 'traffic.sidecar.istio.io/excludeInboundPorts': '8o' } }),
    ]);
    access = ['--kubeconfig', join(folder.path, folder.write('config', server.kubeconfig)), '--context', 'trial'];
  });
  afterAll(async () => {
    await server.close();
    folder.remove();
  });

  it('are what every command takes', async () => {
    const [why, trace, explain, identify, check, diff, escapes, lint] = await Promise.all([
      run(['why', 'deploy/web', 'pod:7000', ...access]),
      run(['trace', 'pod/web-59757bb7d8-1', 'pod:8080', ...access]),
      run(['explain', 'deploy/web', '-n', 'shop', ...access]),
      run(['identify', 'deploy/web', ...access]),
      run(['check', 'Deployment/shop/web', ...access]),
      run(['diff', 'deploy/web', '@1.20', ...access]),
      run(['escapes', '-n', 'shop', '-l', 'app=web', ...access]),
      run(['lint', '-A', ...access]),
    ]);
    expect(why.stdout).toContain('reaches port 7000 of the pod, not caught');
    expect(trace.stdout).toContain('envoy-inbound');
    expect(explain.stderr).toContain('(Pod/shop/web-59757bb7d8-1:');
    expect(identify.stdout).toContain('inbound.excludePorts: 15090, 15021, 15020, 7000');
    expect(check.stdout).toMatch(/^Deployment shop\/web|^Pod shop\/web/);
    expect([diff.exitCode, diff.stderr]).toEqual([1, '']);
    expect(escapes.stdout).toContain('inbound   IPv4: TCP to port 7000 from outside');
    expect([lint.exitCode, lint.stdout]).toEqual([1, expect.stringContaining('"8o"')]);
  });

  it('beside a workload in them', async () => {
    const { stdout } = await run(['why', 'ns/shop', 'deploy/web', 'to', 'pod:7000', ...access]);
    expect(stdout).toContain('Pod shop/web-59757bb7d8-1');
  });

  it('without a cluster are one line with the cause once, whatever hangs on it', async () => {
    const none = ['--kubeconfig', join(folder.path, folder.write('none', 'apiVersion: v1\nkind: Config\n'))];
    const cause = 'kubectl knows no cluster: ';
    for (const words of [
      ['check', 'deploy/a', 'deploy/b'],
      ['escapes', '-f', 'deploy/a', '-f', 'deploy/b'],
      ['why', 'deploy/a', 'pod:80'],
      ['diff', 'deploy/a', 'deploy/b'],
      ['identify', 'deploy/a'],
      ['lint', 'deploy/a', 'deploy/b'],
      ['check', '-n', 'shop'],
      ['lint', 'cluster'],
      ['escapes', '-A'],
    ]) {
      const { exitCode, stdout, stderr } = await run([...words, ...none]);
      expect([words, exitCode]).toEqual([words, 2]);
      expect(`${stdout}${stderr}`.split(cause)).toHaveLength(2);
      if (words[0] !== 'diff' && words.includes('deploy/b')) expect(`${stdout}${stderr}`).toContain(`deploy/a, deploy/b ${cause}`);
    }
  });

  it('of a namespace that is not there name the nearest one', async () => {
    for (const words of [
      ['check', 'ns/shpo'],
      ['check', '-n', 'shpo'],
      ['why', 'deploy/web', 'pod:80', '-n', 'shpo'],
    ]) {
      const { exitCode, stderr } = await run([...words, ...access]);
      expect([exitCode, stderr]).toEqual([
        2,
        expect.stringMatching(/ 404: the cluster has no Namespace "shpo"; it has shop(, [-a-z]+)* \(did you mean shop\?\)\n$/),
      ]);
    }
  });

  it('without a command are checked, and what kubectl takes in two words is told in one', async () => {
    const [bare, all, two, service] = await Promise.all([
      run(['-n', 'shop', ...access]),
      run(['-A', ...access]),
      run(['deploy', 'web', ...access]),
      run(['svc/web', ...access]),
    ]);
    for (const found of [bare, all]) expect(found.stdout).toMatch(/^1 workload: Deployment shop\/web\n {2}its TCP is captured, /);
    expect([two.exitCode, two.stderr]).toEqual([
      2,
      'istio-init: "deploy" is not a command; what is in a cluster is one word, as deploy/NAME\n',
    ]);
    expect(service).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no workload of a cluster (pod/NAME, deploy/NAME, ') });
  });

  it('are named whole in what to ask next', async () => {
    const { stdout } = await run(['check', '-n', 'shop', ...access]);
    const commands = stdout.split('\n').flatMap((line) => /^ +istio-init (why|explain|escapes|check) (.*)$/.exec(line)?.slice(1) ?? []);
    expect(commands.length).toBeGreaterThan(2);
    for (let at = 0; at < commands.length; at += 2) {
      const words = `${commands[at]} ${commands[at + 1]}`
        .replace('ADDRESS:PORT', 'pod:80')
        .replace(' --allow FILE', '')
        .replaceAll("'", '')
        .split(' ');
      expect([0, 1], words.join(' ')).toContain((await run(words)).exitCode);
    }
  });

  it('are refused in one line', async () => {
    const wrong = await Promise.all([
      run(['why', 'deploy/wbe', 'pod:80', ...access]),
      run(['check', 'pod/--kubeconfig=x', ...access]),
      run(['lint', 'cluster', '-n', '--', ...access]),
      run(['lint', '-A', '-n', 'shop', ...access]),
    ]);
    const unused = await Promise.all([
      run(['check', 'README.md', '--context', 'trial']),
      run(['check', 'README.md', 'CHANGELOG.md', '--context', 'trial']),
      run(['diff', '@1.20', '@1.21', '--context', 'trial']),
      run(['lint', 'docs/examples', '--context', 'trial']),
      run(['why', 'docs/examples/sidecar.yaml', 'pod:80', '--context', 'trial']),
      run(['preview', '--ambient', '--context', 'trial']),
    ]);
    expectRefused(wrong[0], 'deploy/wbe 404: the namespace shop has no Deployment "wbe"; it has web, idle (did you mean web?)');
    expectRefused(wrong[1], 'pod/--kubeconfig=x "--kubeconfig=x" is not a name of Kubernetes, as in pod/orders');
    expect(wrong[2].exitCode).toBe(2);
    expectRefused(wrong[3], '--all-namespaces and --namespace do not go together');
    const named = [
      '"README.md"',
      '"README.md" and "CHANGELOG.md"',
      '"@1.20" and "@1.21"',
      '"docs/examples"',
      '"docs/examples/sidecar.yaml"',
    ];
    const beside = [...named.map((sources) => `beside ${sources}`), 'without a SOURCE'];
    for (const [at, one] of unused.entries())
      expectRefused(
        one,
        `--context changes nothing ${beside[at]}; it goes with a SOURCE in a cluster: pod/NAME, deploy/NAME, ns/NAME or cluster`,
      );
  });

  it('are a file where one has that path', async () => {
    const files = scratchFolder();
    mkdirSync(join(files.path, 'deploy'));
    files.write('deploy/web', 'not a manifest\n');
    const [named, byPath] = await Promise.all([
      run(['check', 'deploy/web'], { cwd: files.path }),
      run(['check', './deploy/idle'], { cwd: files.path }),
    ]);
    files.remove();
    expect([named.exitCode, named.stderr]).toEqual([2, expect.stringContaining('deploy/web:1:1 ')]);
    expectRefused(byPath, './deploy/idle does not exist');
  });
});
