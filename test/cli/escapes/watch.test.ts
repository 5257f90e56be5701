import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEscapesOf } from '../../../src/cli/escapes/open-escapes.ts';
import { watchEscapes } from '../../../src/cli/escapes/watch.ts';
import type { PlanOptions } from '../../../src/sources/plan-input/input.ts';
import type { ApiServer } from '../../cluster/api-server.ts';
import { apiServer } from '../../cluster/api-server.ts';
import { HAS_KUBECTL } from '../../cluster/kubectl.ts';
import { controlPlane, injectedPod, namespace, webhooks } from '../../cluster/recorded.ts';
import { scratchFolder } from '../program.ts';

describe('escapes that are open', () => {
  const one = { owner: 'Deployment shop/web', direction: 'inbound', family: 'IPv4', words: 'port 7000', why: '' };

  it('are those of an owner as long as one of its pods has them, and of no pod that has none anything is kept', () => {
    const open = openEscapesOf();
    const told = [
      open.change('a', [one]),
      open.change('b', [one]),
      open.change('a', []),
      open.change('a', []),
      open.change('b', [{ ...one, words: 'port 80' }]),
      open.change('b', []),
    ].map((changes) => changes.map(({ what, words }) => `${what} ${words}`));
    expect(told).toEqual([['new port 7000'], [], [], [], ['new port 80', 'gone port 7000'], ['gone port 80']]);
    expect(open.size()).toBe(0);
  });
});

describe.skipIf(!HAS_KUBECTL)('escapes --watch', () => {
  const folder = scratchFolder();
  const stop = new AbortController();
  const lines: string[] = [];
  let server: ApiServer;
  let ended: Promise<unknown>;

  /** The lines from now on, without their times, once there are so many. */
  async function next(count: number): Promise<readonly string[]> {
    for (let waited = 0; lines.length < count && waited < 20_000; waited += 50) await pause(50);
    await pause(150);
    return lines.splice(0).map((line) => line.trimEnd().replace(/^\S+ /, ''));
  }

  async function until(holds: () => boolean): Promise<void> {
    for (let waited = 0; !holds() && waited < 20_000; waited += 50) await pause(50);
  }

  beforeAll(async () => {
    server = await apiServer([
      namespace('shop', { 'istio-injection': 'enabled' }),
      ...controlPlane('', '1.28.0'),
      webhooks(''),
      injectedPod({ app: 'web', number: 1 }),
      injectedPod({ app: 'web', number: 2 }),
    ]);
    const kubeconfig = join(folder.path, folder.write('config', server.kubeconfig));
    const given: PlanOptions = { cluster: { kubeconfig }, sets: [], env: [], addresses: [], nameservers: [] };
    const print = async (line: string): Promise<void> => void lines.push(line);
    ended = watchEscapes({ source: 'ns/shop', given, output: 'text', signal: stop.signal, print });
  });
  afterAll(async () => {
    stop.abort();
    await ended;
    await server.close();
    folder.remove();
  });

  const OUTBOUND =
    'Deployment shop/web: outbound IPv4: TCP to any port but 443 of any address but 10.96.0.0/12 from the pod (no rule captures it)';
  const INBOUND = /^new Deployment shop\/api: inbound IPv4: TCP to port 7000 from outside/;

  it('says what is open, once for each owner', async () => {
    expect(await next(1)).toEqual([`new ${OUTBOUND}`]);
  });

  it('says in a line what comes, and nothing of a pod that is as others are', async () => {
    await until(() => server.watching() > 0);
    server.change('ADDED', injectedPod({ app: 'web', number: 3 }));
    server.change('ADDED', injectedPod({ app: 'api', excludePorts: '7000' }));
    expect(await next(2)).toEqual([expect.stringMatching(INBOUND), expect.stringMatching(/^new Deployment shop\/api: outbound/)]);
  });

  it('lists anew where the watch became too old (410), and tells what went meanwhile', async () => {
    server.endWatches();
    server.faults.push({ on: /watch=1/, times: 1, status: 410, reason: 'Expired', message: 'too old resource version: 1 (9)' });
    server.change('DELETED', injectedPod({ app: 'api' }));
    expect((await next(2)).map((line) => line.replace(/:.*/, ''))).toEqual(['gone Deployment shop/api', 'gone Deployment shop/api']);
    await until(() => server.watching() > 0);
    server.say({ type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old resource version' } });
    await until(() => server.requests.filter((line) => /pods\?limit/.test(line)).length === 3);
    expect(server.requests.filter((line) => /pods\?limit/.test(line))).toHaveLength(3);
    expect(await next(0)).toEqual([]);
  });

  it('goes on behind the last word where a watch ends', async () => {
    await until(() => server.watching() > 0);
    server.say({ type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: '2000' } } });
    server.endWatches();
    await until(() => server.requests.some((line) => line.includes('resourceVersion=2000')));
    expect(server.requests.at(-1)).toContain('resourceVersion=2000');
    await until(() => server.watching() > 0);
    server.change('DELETED', injectedPod({ app: 'web', number: 1 }));
    server.change('DELETED', injectedPod({ app: 'web', number: 2 }));
    server.change('DELETED', injectedPod({ app: 'web', number: 3 }));
    expect(await next(1)).toEqual([`gone ${OUTBOUND}`]);
  });
});
