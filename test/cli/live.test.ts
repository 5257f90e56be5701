import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiServer } from '../cluster/api-server.ts';
import { CAN_DEBUG } from '../cluster/kubectl.ts';
import { auditPod, IMAGE, leftIn, liveCluster, webPod } from '../cluster/live-cluster.ts';
import { owner } from '../cluster/recorded.ts';
import { expectRefused, PROGRAM, ROOT, run, SHELL_PROGRAM, scratchFolder } from './program.ts';

const NAME = 'pod/web-59757bb7d8-1';
const LOG = `* Applying iptables-save rules:
*nat
:ISTIO_INBOUND - [0:0]
:ISTIO_IN_REDIRECT - [0:0]
-A PREROUTING -p tcp -j ISTIO_INBOUND
-A ISTIO_INBOUND -p tcp --dport 15008 -j RETURN
-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006
COMMIT
`;

describe.skipIf(!CAN_DEBUG)('--live', () => {
  const folder = scratchFolder();
  let server: ApiServer;

  beforeEach(async () => {
    server = await liveCluster(webPod());
    folder.write('config', server.kubeconfig);
  });
  afterEach(() => server.close());
  afterAll(() => folder.remove());

  const access = (): readonly string[] => ['--kubeconfig', join(folder.path, 'config')];
  const live = async (...words: readonly string[]): ReturnType<typeof run> => expectEnd(await run([...words, '--live', ...access()]));
  // Beside many other tests it has hung twice, and never alone: what it asked last would tell.
  const expectEnd = <R extends { readonly exitCode?: number | undefined }>(found: R): R => {
    expect(found.exitCode === undefined ? server.requests.slice(-5) : []).toEqual([]);
    return found;
  };
  const changing = (): readonly string[] =>
    server.requests.filter((line) => /^(POST|PUT|PATCH|DELETE)/.test(line) && !line.includes('selfsubjectaccessreviews'));

  it('prints with --dry-run the calls of kubectl for the best way, and makes none that changes anything', async () => {
    const [ephemeral, forbidden] = [await live('check', NAME, '--image', IMAGE, '--dry-run'), [] as string[]];
    expect(ephemeral.exitCode).toBe(0);
    // Only the rights of the best way are asked for, where it is open.
    expect(server.requests.filter((line) => line.includes('selfsubjectaccessreviews'))).toHaveLength(2);
    const config = join(folder.path, 'config');
    expect(ephemeral.stdout.replaceAll(/istio-init-live-\w{8}/g, 'CONTAINER').split('\n')).toEqual([
      `# the pod shop/web-59757bb7d8-1: an ephemeral container of ${IMAGE} in the pod shop/web-59757bb7d8-1, with NET_ADMIN and NET_RAW`,
      '# no pod of the audit DaemonSet runs on the node a',
      expect.stringContaining(
        `kubectl --kubeconfig=${config} debug -n shop pod/web-59757bb7d8-1 --profile=netadmin --image=${IMAGE} -c CONTAINER -- sh -c `,
      ),
      `kubectl --kubeconfig=${config} exec -i -n shop web-59757bb7d8-1 -c CONTAINER -- sh <COMMANDS`,
      expect.stringContaining(`kubectl --kubeconfig=${config} exec -n shop web-59757bb7d8-1 -c CONTAINER -- sh -c `),
      '',
    ]);
    server.may = (what) => what !== 'patch pods/ephemeralcontainers';
    const node = await live('check', NAME, '--image', IMAGE, '--dry-run');
    expect(node.stdout).toContain('# an ephemeral container needs the right to patch pods/ephemeralcontainers in shop');
    expect(node.stdout).toContain(`create --validate=false -n kube-system -f - <<'END'`);
    server.change('ADDED', auditPod('a'));
    const audit = await live('check', 'deploy/web', '--dry-run');
    expect(audit.stdout).toContain('# the pod shop/web-59757bb7d8-1: nothing is created\n');
    expect(audit.stdout).toContain('exec -i -n istio-init-audit istio-init-audit-a -c audit -- sh <COMMANDS');
    expect([changing(), forbidden]).toEqual([[], []]);
  });

  it('gives a container root where its pod has another user', async () => {
    server.change('MODIFIED', webPod({ securityContext: { runAsUser: 1000, runAsNonRoot: true } }));
    const { stdout } = await live('check', NAME, '--image', IMAGE, '--dry-run');
    expect(stdout).toContain(`printf %s '{"securityContext":{"runAsUser":0,"runAsNonRoot":false}}' >custom.json\n`);
    expect(stdout).toContain('--custom=custom.json');
  });

  it('creates nothing without --yes, for here is no terminal to ask on', async () => {
    const found = await live('check', NAME, '--image', IMAGE);
    expect(found).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `note: --live creates an ephemeral container of ${IMAGE} in the pod shop/web-59757bb7d8-1, with NET_ADMIN and NET_RAW
istio-init: check: --live would create that, and no terminal is there to ask on: --yes lets it, --dry-run shows the calls
`,
    });
    expect(changing()).toEqual([]);
  });

  // What is lacking, one right after the other, and the words that say so.
  it.each([
    ['patch pods/ephemeralcontainers', 'pod shop/web', 'a pod of'],
    ['create pods/exec', 'log of istio-init', ''],
    ['create pods', 'pod shop/web', 'an ephemeral container of'],
    ['delete pods', 'pod shop/web', 'an ephemeral container of'],
  ])('without the right to %s takes another way', async (right, _, creates) => {
    server.may = (what) => what !== right;
    server.logs.set('shop/web-59757bb7d8-1 istio-init', LOG);
    const { stderr, stdout } = await live('check', NAME, '--image', IMAGE, '--dry-run');
    if (creates === '') {
      expect(stdout).toContain('no way leads into it');
      const logged = await live('identify', NAME, '--image', IMAGE);
      expect(logged.stderr).toContain('needs the right to create pods/exec in shop');
      expect(logged.stderr).toContain(
        'this is the log of istio-init: the rules that it made when the pod started, and nothing of what was changed since',
      );
      expect(logged.stdout).toContain('Istio 1.');
      expect(logged.stdout).toContain('the log of istio-init in Pod shop/web-59757bb7d8-1');
      // The kubeconfig stands in what to ask next, for that was given.
      expect((logged.stdout + logged.stderr).replace(/--kubeconfig \S+/g, '')).not.toContain(tmpdir());
    } else expect([stderr, stdout]).toEqual(['', expect.stringContaining(`# the pod shop/web-59757bb7d8-1: ${creates}`)]);
    expect(changing()).toEqual([]);
  });

  it('makes a debug pod in the namespace of the user where kube-system does not allow one', async () => {
    server.may = (what, namespace) => what !== 'patch pods/ephemeralcontainers' && namespace !== 'kube-system';
    const own = await live('check', NAME, '--image', IMAGE, '--dry-run');
    expect(own.stdout).toContain(`create --validate=false -n shop -f - <<'END'`);
    expect(own.stdout).toContain("# a debug pod on the pod's node needs the right to create pods in kube-system");
    server.may = (what) => what !== 'patch pods/ephemeralcontainers';
    const usual = await live('check', NAME, '--image', IMAGE, '--dry-run');
    expect(usual.stdout).toContain('create --validate=false -n kube-system -f -');
    expect(usual.stdout).not.toContain('-n shop -f -');
  });

  // `script` is the terminal, and answers what it is given.
  it.each([
    ['y', 'yes'],
    ['yes', 'yes'],
    ['Y', 'yes'],
    ['n', 'no'],
    ['', 'no'],
    ['yesterday', 'no'],
  ])('asks on a terminal, and takes "%s" for %s', async (answer, meant) => {
    server.may = (what) => what !== 'patch pods/ephemeralcontainers';
    const words = [SHELL_PROGRAM, 'check', NAME, '--live', '--image', IMAGE, ...access()].join(' ');
    const terminal = execa('script', ['-qefc', words, '/dev/null'], { cwd: ROOT, reject: false, all: true, timeout: 30_000 });
    let asked = false;
    terminal.stdout.on('data', (bytes: Buffer) => {
      if (asked || !String(bytes).includes('[y/N]')) return;
      asked = true;
      terminal.stdin.write(`${answer}\n`);
    });
    const { stdout, exitCode } = await terminal;
    expect(stdout).toContain('note: --live creates a pod of ');
    expect(stdout).toContain('Create it? [y/N]');
    expect(changing().some((line) => line.startsWith('POST'))).toBe(meant === 'yes');
    expect(leftIn(server)).toEqual([]);
    // Nothing runs in the stand-in's containers, nor is there a log.
    expect(exitCode).toBe(2);
  });

  it('that a terminal is left at the question creates nothing', async () => {
    const words = [PROGRAM, 'check', NAME, '--live', '--image', IMAGE, ...access()].join(' ');
    const terminal = execa('script', ['-qefc', words, '/dev/null'], { cwd: ROOT, reject: false, timeout: 30_000 });
    let asked = false;
    terminal.stdout.on('data', (bytes: Buffer) => {
      if (asked || !String(bytes).includes('[y/N]')) return;
      asked = true;
      terminal.stdin.write('\u0003');
    });
    await terminal;
    expect([asked, changing()]).toEqual([true, []]);
  });

  it('is no matter of commands that look at no rules, which say why', async () => {
    const said = await Promise.all(['preview', 'lint', 'audit'].map((command) => run([command, '--live'])));
    expect(said.map(({ stderr }) => stderr)).toEqual([
      expect.stringContaining('it shows the rules that a manifest calls for, never those that are there; why, explain, '),
      expect.stringContaining('it looks at manifests, never at the rules that are there; why, '),
      expect.stringContaining('it looks at the rules that are there anyway, on the node it runs on; why, '),
    ]);
  });

  it('says what it needs where no image is known, and what is lost', async () => {
    server.logs.set('shop/web-59757bb7d8-1 istio-init', LOG);
    const found = await live('check', NAME);
    expect(found.stderr).toContain('to create anything takes --image IMAGE, the name of your image tools (docs/install.md)');
    expect(found.exitCode).toBe(1);
    server.logs.clear();
    expect((await live('check', NAME)).stderr).toContain('its rules can not be seen: ');
    server.change('MODIFIED', webPod({ initContainers: [] }));
    expect((await live('check', NAME)).stderr).toContain('and it has no init container whose log would show them');
  });

  it('takes the image of an audit DaemonSet that has no pod on this node', async () => {
    server.change('ADDED', auditPod('b'));
    const { stdout } = await live('check', NAME, '--dry-run');
    expect(stdout).toContain(`an ephemeral container of ${IMAGE} in the pod`);
  });

  // What an API server answers to the creation itself, whatever it said of rights.
  it.each([
    [
      'an admission that forbids it',
      { status: 403, reason: 'Forbidden', message: 'pods "web" is forbidden: violates PodSecurity "baseline:latest"' },
    ],
    ['a cluster that is too old for it', { status: 404, reason: 'NotFound', message: 'the server could not find the requested resource' }],
  ])('goes on to the next way after %s', async (_, answer) => {
    server.faults.push({ on: /ephemeralcontainers/, times: 9, ...answer });
    const found = await live('check', NAME, '--image', IMAGE, '--yes');
    expect(found.stderr).toContain('warning: the ephemeral container leads nowhere: ');
    expect(found.stderr).toContain('note: --live creates a pod of ');
    // Nothing runs in the stand-in's containers: the last way is the log, and there is none.
    expect([found.exitCode, leftIn(server)]).toEqual([2, []]);
    expect(changing().filter((line) => line.startsWith('DELETE'))).toHaveLength(1);
  });

  it('says so where the cluster does not tell any more which other ways are open', async () => {
    server.exec = async () => {
      server.faults.push({ on: /selfsubjectaccessreviews/, times: 9, status: 500, reason: 'InternalError', message: 'etcd is away' });
      return { stdout: '', stderr: 'nothing runs here\n', exitCode: 1 };
    };
    const found = await live('check', NAME, '--image', IMAGE, '--yes');
    expect(found.stderr).toMatch(
      /its rules can not be seen: [^\n]*; ephemeral container: [^\n]*; kubectl failed: [^\n]*etcd is away; nor can the log/,
    );
    expect([found.exitCode, leftIn(server).length]).toEqual([2, 1]);
  });

  it.each([
    ['ImagePullBackOff: Back-off', { waiting: { reason: 'ImagePullBackOff', message: 'Back-off' } }],
    [
      'exec: "sh": executable file not found in $PATH',
      { terminated: { exitCode: 128, message: 'exec: "sh": executable file not found in $PATH' } },
    ],
    ['exit code 1', { terminated: { exitCode: 1 } }],
  ])('says why a container does not run, and that it stays: %s', async (why, state) => {
    server.may = (what) => !what.endsWith(' pods');
    server.onChange = (what, object) => {
      const { ephemeralContainers = [] } = object['spec'] as { ephemeralContainers?: { name: string }[] };
      if (what !== 'update') return;
      const statuses = ephemeralContainers.map(({ name }) => ({ name, state }));
      server.change('MODIFIED', { ...object, status: { phase: 'Running', ephemeralContainerStatuses: statuses } });
    };
    const found = await live('check', NAME, '--image', IMAGE, '--yes');
    expect(found.exitCode).toBe(2);
    expect(found.stderr).toContain(why);
    expect(found.stderr).toContain(
      'waiting' in state ? 'could not be ended' : 'it has ended, and is listed there as long as the pod lives',
    );
  });

  it('ends what it created where the pod goes away in the middle', async () => {
    server.may = (what) => what !== 'patch pods/ephemeralcontainers';
    server.exec = async () => {
      for (const object of [...server.objects])
        if (object.kind === 'Pod' && object.metadata.namespace === 'shop') server.change('DELETED', object);
      return { stdout: '', stderr: 'the pod shop/web-59757bb7d8-1 has no process on this node\n', exitCode: 66 };
    };
    const found = await live('check', NAME, '--image', IMAGE, '--yes');
    expect([found.exitCode, leftIn(server)]).toEqual([2, []]);
    expect(found.stderr).toContain('has no process on this node');
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends what it created when %s comes', async (signal) => {
    server.may = (what) => what !== 'patch pods/ephemeralcontainers';
    let begun = (): void => undefined;
    const exec = new Promise<void>((resolve) => {
      begun = resolve;
    });
    server.exec = () => {
      begun();
      return new Promise(() => undefined);
    };
    const words = ['check', NAME, '--live', '--image', IMAGE, '--yes', ...access()];
    const running = execa(PROGRAM, words, { cwd: ROOT, reject: false, stdin: 'ignore', timeout: 30_000 });
    await exec;
    expect(leftIn(server)).toHaveLength(1);
    running.kill(signal);
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
    expect([stderr.split('\n').at(-1), leftIn(server)]).toEqual([
      'istio-init: check: stopped; nothing that was created is in use any more',
      [],
    ]);
  });

  // On a machine with much else to do it was once over before the look began, and nobody knows why: `early` would say so.
  it('ends what it created also where the terminal says it a second time', { retry: 1 }, async () => {
    server.may = (what) => what !== 'patch pods/ephemeralcontainers';
    let begun = (): void => undefined;
    const exec = new Promise<void>((resolve) => {
      begun = resolve;
    });
    server.exec = () => {
      begun();
      return new Promise(() => undefined);
    };
    server.faults.push({ on: /^DELETE/, wait: 1000 });
    const words = ['check', NAME, '--live', '--image', IMAGE, '--yes', ...access()];
    const running = execa(PROGRAM, words, { cwd: ROOT, reject: false, stdin: 'ignore', timeout: 30_000, detached: true });
    const early = await Promise.race([exec, running]);
    expect(early && [early.stderr, server.requests.slice(-5)]).toBeUndefined();
    // As a terminal does it: to all that it has started.
    const interrupt = (): boolean => process.kill(-(running.pid ?? 0), 'SIGINT');
    interrupt();
    while (!server.requests.some((line) => line.startsWith('DELETE'))) await pause(20);
    interrupt();
    expect([(await running).exitCode, leftIn(server)]).toEqual([130, []]);
  });

  it('looks into each pod of a namespace, and asks once for all of them', async () => {
    server.change('ADDED', webPod({}, 2));
    const [dry, asked] = [
      await live('check', 'ns/shop', '--image', IMAGE, '--dry-run'),
      await live('escapes', '-n', 'shop', '--image', IMAGE),
    ];
    expect(dry.stdout.split('\n').filter((line) => line.startsWith('# the pod'))).toHaveLength(2);
    expect(asked.stderr.split('\n').filter((line) => line.startsWith('note: --live creates'))).toHaveLength(2);
    const one = await live('trace', 'deploy/web', 'pod:80', '--image', IMAGE, '--dry-run');
    expect(one.stderr).toBe('note: deploy/web has 2 pods; this is shop/web-59757bb7d8-1\n');
    expect(changing()).toEqual([]);
  });

  it('to find a pod asks for nothing that only its settings are read from', async () => {
    await live('check', NAME, '--image', IMAGE, '--dry-run');
    expect(server.requests.map((line) => line.replace(/\?.*/, '')).sort()).toEqual([
      'GET /api/v1/namespaces/istio-init-audit/pods',
      'GET /api/v1/namespaces/shop/pods/web-59757bb7d8-1',
      'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    ]);
  });

  it('of a Deployment whose pods may not be listed says that, and not that none runs', async () => {
    const message = 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "shop"';
    server.faults.push({ on: /namespaces\/shop\/pods/, times: 9, status: 403, reason: 'Forbidden', message });
    expectRefused(
      await live('check', 'deploy/web', '--image', IMAGE),
      'deploy/web 403: jane has no right to list pods in the namespace shop',
    );
  });

  it('to find the pods of a namespace asks for no owners either', async () => {
    await live('check', 'ns/shop', '--image', IMAGE, '--dry-run');
    expect(server.requests.filter((line) => line.startsWith('GET')).map((line) => line.replace(/\?.*/, ''))).toHaveLength(2);
    expect(server.requests).toContainEqual(expect.stringMatching(/^GET \/api\/v1\/namespaces\/shop\/pods\?/));
  });

  it('where the audit pods may not be listed says that it is unknown whether one is there', async () => {
    const message = 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "istio-init-audit"';
    server.faults.push({ on: /namespaces\/istio-init-audit\/pods/, times: 9, status: 403, reason: 'Forbidden', message });
    const { stdout } = await live('check', NAME, '--image', IMAGE, '--dry-run');
    expect(stdout.split('\n')[1]).toBe(
      '# whether a pod of the audit DaemonSet runs on the node a is unknown: 403: jane has no right to list pods in the namespace istio-init-audit',
    );
  });

  it('of a CronJob whose Jobs may not be listed says that as well', async () => {
    server.change('ADDED', owner({ name: 'nightly', kind: 'CronJob' }));
    const message = 'jobs.batch is forbidden: User "jane" cannot list resource "jobs" in API group "batch" in the namespace "shop"';
    server.faults.push({ on: /namespaces\/shop\/jobs/, times: 9, status: 403, reason: 'Forbidden', message });
    const found = await live('check', 'cronjob/nightly', '--image', IMAGE);
    expectRefused(found, 'cronjob/nightly 403: jane has no right to list jobs.batch in the namespace shop');
  });

  it('is refused where it would change nothing, or too much', async () => {
    expectRefused(
      await run(['check', 'README.md', '--live']),
      '--live changes nothing beside "README.md"; it goes with a SOURCE in a cluster: pod/NAME, deploy/NAME or ns/NAME',
    );
    expectRefused(await run(['check', 'README.md', '--yes']), '--yes goes with --live');
    expectRefused(await live('identify', 'ns/shop'), '--live this command looks at one pod; name it, in place of ns/shop');
    const whole = await live('check', 'cluster');
    expect([whole.exitCode, whole.stderr]).toEqual([
      2,
      expect.stringContaining('takes no whole cluster, which its audit DaemonSet looks at'),
    ]);
    expect((await live('trace', NAME, 'pod:80', '--observe')).stderr).toContain('--observe does not go with --live');
    server.change('MODIFIED', webPod({ hostNetwork: true }));
    expect((await live('check', NAME)).stderr).toContain("the pod shop/web-59757bb7d8-1 has its node's network, and no rules of its own");
    server.change('MODIFIED', { ...webPod(), status: { phase: 'Pending' } });
    expect((await live('check', NAME)).stderr).toContain('does not run: it is Pending');
  });
});
