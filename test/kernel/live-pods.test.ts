import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, scratchFolder } from '../cli/program.ts';
import type { ApiServer } from '../cluster/api-server.ts';
import { CAN_DEBUG } from '../cluster/kubectl.ts';
import { auditPod, IMAGE, leftIn, liveCluster, POD_UID, webPod } from '../cluster/live-cluster.ts';
import type { StandInPod } from './live-pod.ts';
import { asKubelet, withPod } from './live-pod.ts';
import { feed } from './namespace.ts';
import { describeKernel } from './requirements.ts';

const NAME = 'pod/web-59757bb7d8-1';

(CAN_DEBUG ? describeKernel : describe.skip)('the rules in a pod of a cluster, by --live', () => {
  const folder = scratchFolder();
  let server: ApiServer;
  let created: readonly string[];

  beforeEach(async () => {
    server = await liveCluster(webPod());
    folder.write('config', server.kubeconfig);
    created = ['--image', IMAGE, '--yes'];
  });
  afterEach(() => server.close());
  afterAll(() => folder.remove());

  const live = (...words: readonly string[]): ReturnType<typeof run> =>
    run([...words, '--live', '--kubeconfig', join(folder.path, 'config')]);

  /** The pod has the rules of its manifest, changed by a script. */
  async function looked<R>(script: string, use: (kubelet: ReturnType<typeof asKubelet>, pod: StandInPod) => Promise<R>): Promise<R> {
    const { stdout } = await run(['preview', NAME, '-o', 'restore', '--kubeconfig', join(folder.path, 'config')]);
    return withPod(POD_UID, async (pod) => {
      const kubelet = asKubelet(server, pod);
      try {
        await pod.run(`${feed('iptables-nft-restore', stdout)}${script}`);
        return await use(kubelet, pod);
      } finally {
        kubelet.end();
      }
    });
  }

  it('are those of the manifest, seen through an ephemeral container that has ended afterwards', async () => {
    await looked('', async (kubelet) => {
      const found = await live('check', NAME, ...created);
      expect(found.stdout).toContain('as it should be');
      expect(found.stderr).toContain(
        `note: --live creates an ephemeral container of ${IMAGE} in the pod shop/web-59757bb7d8-1, with NET_ADMIN and NET_RAW`,
      );
      expect(found.stderr).toMatch(/note: the ephemeral container istio-init-live-\w+ can not be removed from the pod .*: it has ended/);
      expect(leftIn(server)).toHaveLength(1);
      expect(await kubelet.running()).toEqual([]);
    });
  });

  it('are compared by every command with what the manifest calls for', async () => {
    await looked(
      'iptables-nft -t nat -D ISTIO_INBOUND 1; iptables-nft -t nat -I ISTIO_OUTPUT 1 -p tcp --dport 443 -j RETURN',
      async (kubelet) => {
        const [check, diff, why, trace, escapes, identify, explain] = await Promise.all([
          live('check', 'deploy/web', '-o', 'json', ...created),
          live('diff', NAME, ...created),
          live('why', NAME, '10.20.30.40:443', ...created),
          live('trace', NAME, '10.20.30.40:443', ...created),
          live('escapes', NAME, ...created),
          live('identify', NAME, ...created),
          live('explain', NAME, ...created),
        ]);
        expect([check.exitCode, diff.exitCode, escapes.exitCode, identify.exitCode]).toEqual([1, 1, 1, 1]);
        expect(JSON.parse(check.stdout)).toMatchObject({ kind: 'CheckReport', drift: { same: false } });
        expect(diff.stdout).toContain('--- Pod shop/web-59757bb7d8-1 (IPv4 nat in nft)');
        expect(diff.stdout).toMatch(/^- +1 +-p tcp -m tcp --dport 443 -j RETURN$/m);
        expect(why.stdout).toContain('nat ISTIO_OUTPUT 1');
        expect(trace.stdout).toContain('direct');
        expect(escapes.stdout).toContain('TCP to port 443');
        expect(identify.stdout).toContain('nearest (-) is Istio 1.25.0 to 1.30.3');
        expect(explain.stdout).toContain('443');
        expect(await kubelet.running()).toEqual([]);
      },
    );
  });

  it('come through the audit DaemonSet where a pod of it runs there, and nothing is created', async () => {
    server.change('ADDED', auditPod('a'));
    await looked('iptables-nft -t nat -F ISTIO_INBOUND', async () => {
      const found = await live('check', NAME);
      expect(found.exitCode).toBe(1);
      expect(found.stdout).toContain('rules missing');
      expect(found.stderr).not.toContain('creates');
      expect(server.requests.filter((line) => /^(POST|PATCH|PUT|DELETE)/.test(line) && !line.includes('accessreviews'))).toEqual([]);
    });
  });

  it('come through a debug pod on the node where the pod may not be changed, and that is deleted', async () => {
    server.may = (what) => what !== 'patch pods/ephemeralcontainers';
    await looked('iptables-legacy -t filter -A OUTPUT -p tcp --dport 25 -j DROP', async () => {
      const found = await live('trace', NAME, '10.20.30.40:25', ...created);
      expect(found.stderr).toMatch(/note: --live creates a pod of \S+ on the node a \(kube-system\/istio-init-live-\w+\)/);
      expect(found.stdout).toContain('--dport 25 -j DROP');
      expect(leftIn(server)).toEqual([]);
      expect(server.requests.filter((line) => line.startsWith('DELETE'))).toHaveLength(1);
    });
  });

  it('are not those of the node where the pod has gone from it', async () => {
    server.change('ADDED', auditPod('a'));
    server.may = (what) => what === 'create pods/exec';
    server.exec = async (_, words, input) => (await import('../cluster/live-cluster.ts')).runHere(words, input);
    const found = await live('check', NAME);
    expect(found.exitCode).toBe(2);
    expect(found.stderr).toContain('the pod shop/web-59757bb7d8-1 has no process on this node');
  });

  it('are unknown where the answer is cut in the middle, and the container ends all the same', async () => {
    await looked('', async (kubelet) => {
      const { exec } = server;
      server.exec = async (container, words, input) => {
        const left = await exec(container, words, input);
        return left.stdout.includes('*nat') ? { ...left, cutAfter: 300 } : left;
      };
      const found = await live('check', NAME, ...created);
      expect([found.exitCode, found.stdout]).toEqual([2, '']);
      expect(found.stderr).toContain('the answer was cut off: nothing of it counts');
      expect(await kubelet.running()).toEqual([]);
    });
  });

  it('are held against a second look, for a comment may hold lines that look like rules', async () => {
    await looked(
      "iptables-nft -t nat -I ISTIO_INBOUND 1 -m comment --comment 'x\" -j RETURN\n-A ISTIO_INBOUND -j DROP' -j RETURN || :",
      async () => {
        const found = await live('identify', NAME, ...created);
        expect(found.stdout).not.toContain('-j DROP');
      },
    );
  });
});
