import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failingPods } from '../../../src/cli/audit/failing-pods.ts';
import type { AuditedPod, PodVerdict } from '../../../src/cli/audit/line.ts';
import { podLine, summaryLine } from '../../../src/cli/audit/line.ts';
import { nodeLog } from '../../../src/cli/audit/node-log.ts';
import { watchAudits } from '../../../src/cli/audit/watch.ts';
import type { ApiServer } from '../../cluster/api-server.ts';
import { apiServer } from '../../cluster/api-server.ts';
import { HAS_KUBECTL } from '../../cluster/kubectl.ts';
import { auditPod } from '../../cluster/live-cluster.ts';
import { expectRefused, run, scratchFolder } from '../program.ts';

function audited(pod: string, verdict: PodVerdict = 'as it should be', more: Partial<AuditedPod> = {}): AuditedPod {
  return { node: 'a', namespace: 'shop', pod, workload: pod, uid: `uid-${pod}`, pid: 7, verdict, ...more };
}

const BAD = 'not as it should be';

describe('the pods of a node that are amiss', () => {
  it('are told when they become so, when that changes, when it ends, and nothing of the others is kept', () => {
    const amiss = failingPods();
    const told = [
      [audited('web'), audited('api')],
      [audited('web', BAD, { drift: '1 rule missing' }), audited('api')],
      [audited('web', BAD, { drift: '1 rule missing', pid: 8 }), audited('api')],
      [audited('web', BAD, { drift: '2 rules missing' }), audited('api', 'no rules')],
      [audited('web')],
      [],
    ].map((pods) => amiss.round(pods).map(({ what, pod }) => `${what} ${pod.pod} ${pod.verdict}`));
    expect(told).toEqual([
      [],
      [`new web ${BAD}`],
      [],
      [`changed web ${BAD}`, 'new api no rules'],
      ['well web as it should be', 'gone api no rules'],
      [],
    ]);
    expect(amiss.size()).toBe(0);
  });

  it('count both network namespaces of a pod that has two', () => {
    const amiss = failingPods();
    const two = [audited('web', BAD, { pid: 1 }), audited('web', 'as it should be', { pid: 2 })];
    expect(amiss.round(two).map(({ what }) => what)).toEqual(['new']);
    expect(amiss.round(two.toReversed())).toEqual([]);
  });
});

/** A round as a log with times has it; `second` is that of its lines. */
function round(second: number, ...pods: readonly AuditedPod[]): string {
  const lines = [...pods.map(podLine), summaryLine(pods, 0.1, 'a')];
  return lines.map((line, index) => `2026-01-12T08:00:${String(second).padStart(2, '0')}.${index + 1}Z ${line}`).join('');
}

describe('the log of a node', () => {
  it('is read from where it ended, and a line of the same second that comes again is none', () => {
    const log = nodeLog();
    const [first, second] = [round(1, audited('old'), audited('web')), round(2, audited('web'))];
    expect(log.piece(first + second).map((pods) => pods.map(({ pod }) => pod))).toEqual([['web']]);
    expect(log.since()).toBe('2026-01-12T08:00:02.2Z');
    expect(log.piece(second)).toEqual([]);
    expect(log.piece(second + round(3, audited('api')))).toHaveLength(1);
  });

  it('has no round whose beginning is cut off, nor one that is not at its end', () => {
    const log = nodeLog();
    const whole = round(1, audited('web'), audited('api'));
    expect(log.piece(whole.slice(whole.indexOf('\n') + 1))).toEqual([]);
    const next = round(2, audited('web'), audited('api')).split('\n');
    expect(log.piece(`${next[0]}\n`)).toEqual([]);
    expect(log.piece(next.slice(1).join('\n'))).toHaveLength(1);
  });

  it('of whatever else a pod says is passed over', () => {
    const log = nodeLog();
    expect(
      log.piece(`panic\n2026-01-12T08:00:00Z {"apiVersion":\n\u0000\n2026-01-12T08:00:00Z warning: x\n${round(1, audited('web'))}`),
    ).toHaveLength(1);
  });
});

describe.skipIf(!HAS_KUBECTL)('audit --watch', () => {
  const folder = scratchFolder();
  const stop = new AbortController();
  const lines: string[] = [];
  let server: ApiServer;
  let ended: Promise<unknown>;
  const log = (node: string, text: string): void => {
    const key = `istio-init-audit/istio-init-audit-${node} audit`;
    server.logs.set(key, `${server.logs.get(key) ?? ''}${text}`);
  };

  async function next(count: number): Promise<readonly string[]> {
    for (let waited = 0; lines.length < count && waited < 20_000; waited += 50) await pause(50);
    await pause(400);
    return lines.splice(0).map((line) => line.trimEnd().replace(/^\S+ /, ''));
  }

  beforeAll(async () => {
    server = await apiServer([auditPod('a'), auditPod('b')]);
    log('a', round(1, audited('web', BAD, { drift: '1 rule missing' }), audited('api')));
    log('b', round(1, audited('db')));
    const kubeconfig = join(folder.path, folder.write('config', server.kubeconfig));
    const print = async (line: string): Promise<void> => void lines.push(line);
    ended = watchAudits({ access: { kubeconfig }, every: 100, output: 'text', signal: stop.signal, print });
  });
  afterAll(async () => {
    stop.abort();
    await ended;
    await server.close();
    folder.remove();
  });

  it('says what is amiss, and then what changes', async () => {
    expect(await next(1)).toEqual(['new shop/web on a: not as it should be (1 rule missing)']);
    log('a', round(2, audited('web'), audited('api')));
    log('b', round(2, audited('db', 'no rules')));
    expect((await next(2)).toSorted()).toEqual(['new shop/db on b: no rules', 'well shop/web on a: as it should be']);
    expect(await next(0)).toEqual([]);
  });

  it('goes on through bookmarks, a watch that ends, and one that became too old', async () => {
    server.say({ type: 'BOOKMARK', object: { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: '9000' } } });
    server.endWatches();
    for (let waited = 0; server.watching() === 0 && waited < 10_000; waited += 50) await pause(50);
    server.say({
      type: 'ERROR',
      object: { kind: 'Status', apiVersion: 'v1', code: 410, reason: 'Expired', message: 'too old resource version' },
    });
    server.change('ADDED', auditPod('c'));
    log('c', round(3, audited('cart', BAD, { drift: '1 rule extra' })));
    expect(await next(1)).toEqual(['new shop/cart on c: not as it should be (1 rule extra)']);
  });

  it('says nothing twice where an audit pod was started again, and has another name', async () => {
    server.change('DELETED', auditPod('c'));
    const other = auditPod('c');
    server.change('ADDED', { ...other, metadata: { ...other.metadata, name: 'istio-init-audit-c2' } });
    log('c2', round(1, audited('cart', BAD, { drift: '1 rule extra' })));
    expect(await next(0)).toEqual([]);
    log('c2', round(2));
    expect(await next(1)).toEqual(['gone shop/cart on c: not as it should be (1 rule extra)']);
  });

  it('needs the DaemonSet, and goes with nothing that is for one node', async () => {
    const empty = await apiServer([]);
    folder.write('empty', empty.kubeconfig);
    const found = await run(['audit', '--watch', '--kubeconfig', join(folder.path, 'empty')]);
    expectRefused(
      found,
      '--watch no pod of the audit DaemonSet is in istio-init-audit: kubectl apply -f audit-daemonset.yaml (docs/audit.md)',
    );
    empty.faults.push({
      on: /pods/,
      times: 99,
      status: 403,
      reason: 'Forbidden',
      message: 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "istio-init-audit"',
    });
    const forbidden = await run(['audit', '--watch', '--kubeconfig', join(folder.path, 'empty')]);
    expectRefused(forbidden, '--watch 403: jane has no right to list pods in the namespace istio-init-audit');
    await empty.close();
    expectRefused(await run(['audit', '--watch', '--node', 'a']), '--node goes with an audit of a node; with --watch the DaemonSet has it');
    expectRefused(await run(['audit', '--context', 'a']), '--context goes with --watch: an audit asks its own node, and no cluster');
  });
});
