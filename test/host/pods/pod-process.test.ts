import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textInside } from '../../../src/host/pods/file-in-pod.ts';
import { podNamespaces } from '../../../src/host/pods/namespaces.ts';
import { environmentIn, readPodProcess, uidIn } from '../../../src/host/pods/pod-process.ts';
import { startOfFile } from '../../../src/host/pods/start-of-file.ts';

const UID = '0a1b2c3d-1111-2222-3333-444455556666';

describe("a pod's UID", () => {
  it.each([
    [`0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice/cri-containerd-9f.scope\n`, UID],
    [`12:pids:/kubepods/besteffort/pod${UID}/9f8e\n`, UID],
    [`0::/../../pod${UID}/9f8e\n`, UID],
    ['0::/kubepods/burstable/pod0123456789abcdef0123456789abcdef/9f8e\n', '0123456789abcdef0123456789abcdef'],
    ['0::/machine.slice/libpod-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope\n', ''],
    ['0::/user.slice/podman.scope\n', ''],
    ['', ''],
  ])('in %j is %j', (cgroup, uid) => {
    expect(uidIn(cgroup)).toBe(uid);
  });
});

describe('what is read of a process that has ended', () => {
  it('is empty', async () => {
    const { pid = 0 } = await new Promise<ReturnType<typeof spawn>>((resolve) => {
      const child = spawn('true', { stdio: 'ignore' });
      child.on('close', () => resolve(child));
    });
    expect(readPodProcess(pid)).toEqual({ pid, environment: new Map(), annotations: '', hostname: '', uid: '' });
  });
});

describe('an environment', () => {
  it('has the variables that are looked at; the first of a name counts', () => {
    const text = 'POD_NAME=a\0OTHER=b\0ISTIO_META_WORKLOAD_NAME=c=d\0no sign\0=\0POD_NAME=e\0POD_NAMESPACE=\0DNS_AGENT=ü';
    expect([...environmentIn(text)]).toEqual([
      ['POD_NAME', 'a'],
      ['ISTIO_META_WORKLOAD_NAME', 'c=d'],
      ['POD_NAMESPACE', ''],
      ['DNS_AGENT', 'ü'],
    ]);
  });

  it('that is longer than a kernel lets one be has none', () => {
    const most = 6 * 1024 * 1024;
    expect(environmentIn(`POD_NAME=a\0A=${'ü'.repeat(most / 2 - 10)}`).size).toBe(1);
    expect(environmentIn(`POD_NAME=a\0A=${'ü'.repeat(most / 2)}`).size).toBe(0);
  });

  it('is that of the process', async () => {
    const child = spawn('cat', { env: { ...process.env, POD_NAME: 'a' }, stdio: ['pipe', 'ignore', 'inherit'] });
    await once(child, 'spawn');
    expect(readPodProcess(child.pid ?? 0).environment.get('POD_NAME')).toBe('a');
    child.stdin.end();
  });
});

describe('the start of a file', () => {
  it('has no more than so many bytes, also where there is no end', () => {
    expect(startOfFile('/dev/zero', 200_001)).toHaveLength(200_001);
    expect(startOfFile('/proc/self/cmdline', 3)).toHaveLength(3);
    expect(startOfFile('/dev/null', 3)).toBe('');
  });
});

describe('namespaces of pods', () => {
  it('never have the node own among them', () => {
    // Whoever may not look at process 1 is told so.
    const seen = ((): unknown => {
      try {
        return podNamespaces().every(({ id, processes }) => id.startsWith('net:[') && processes.length > 0);
      } catch (error) {
        return String(error).includes('process 1');
      }
    })();
    expect(seen).toBe(true);
  });
});

// A process in a root of its own, without the rights of one: a user namespace is enough.
const canUnshare = (await execa('unshare', ['--map-root-user', 'true'], { reject: false })).exitCode === 0;

describe.skipIf(!canUnshare)('a file in a pod', () => {
  const folder = mkdtempSync(join(tmpdir(), 'istio-init-inside-'));
  const root = join(folder, 'root');
  let child: ReturnType<typeof spawn>;

  beforeAll(async () => {
    mkdirSync(join(root, 'etc/deep/deeper'), { recursive: true });
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(folder, 'secret'), 'of the node');
    writeFileSync(join(root, folder, 'secret'), 'of the pod');
    writeFileSync(join(root, 'etc/plain'), 'plain');
    writeFileSync(join(root, 'etc/long'), 'x'.repeat(1_500_000));
    const links: Readonly<Record<string, string>> = {
      absolute: join(folder, 'secret'),
      out: `../../../../../../..${folder}/secret`,
      relative: './deep/.././plain',
      loop: 'loop',
      ping: 'pong',
      pong: '/etc/ping',
      folder: 'deep',
      'deep/up': '../../etc/plain',
      process: '/proc/1/environ',
      nowhere: '/nowhere',
      'deep/deeper/through': '/etc/folder/up',
    };
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, 'etc', name));
    await execa('mkfifo', [join(root, 'etc/pipe')]);
    // A shell that stays outside, and changes its root as its last deed: what it runs is in the pod's root already.
    const script = 'use POSIX; chroot($ARGV[0]) or die; chdir "/"; $| = 1; print "ready\\n"; pause';
    child = spawn('unshare', ['--map-root-user', 'perl', '-e', script, root], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout?.once('data', resolve));
  });

  afterAll(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['/etc/plain', 'plain'],
    ['/etc/absolute', 'of the pod'],
    ['/etc/out', 'of the pod'],
    ['/etc/relative', 'plain'],
    ['/etc/folder/up', 'plain'],
    ['/etc/deep/deeper/through', 'plain'],
    ['/../../../etc/plain', 'plain'],
    ['/etc/loop', ''],
    ['/etc/ping', ''],
    ['/etc/process', ''],
    ['/etc/nowhere', ''],
    ['/etc/plain/plain', ''],
    ['/etc/pipe', ''],
    ['/etc', ''],
    ['/none', ''],
  ])('%s is read as %j, and nothing of the node', (path, text) => {
    expect(existsSync(`/proc/${child.pid}/root/etc/plain`)).toBe(true);
    expect(textInside(child.pid ?? 0, path)).toBe(text);
  });

  it('is read up to a megabyte', () => {
    expect(textInside(child.pid ?? 0, '/etc/long')).toHaveLength(1_000_000);
  });
});
