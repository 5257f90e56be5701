import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Asked } from '../../cluster/injected-pod.ts';
import { ASKED, writeCluster } from '../../cluster/large.ts';
import { played } from '../../trials.ts';
import { ROOT, scratchFolder } from '../program.ts';

/** So many that one thread does not read them alone, of a stream and of a file: of that there must be more, which the notes of kubectl make up for. */
const STREAMED = 5000;
const OF_FILE = 4000;
const NOTES = {
  annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ notes: 'x'.repeat(40_000) }) },
  changed: {},
};

const item = (value: object): string => JSON.stringify(value, null, 4).replace(/^/gm, '        ');
const meta = (name: string, more: object = {}): object => ({ name, namespace: 'shop', ...more });
const OTHERS = new Map([
  [
    40,
    item({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } } }),
  ],
  [
    800,
    item({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta('late'),
      spec: { template: { metadata: { annotations: { 'sidecar.istio.io/injec': 'x' } }, spec: { containers: [{ name: 'c' }] } } },
    }),
  ],
  [1600, item({ apiVersion: 'v1', kind: 'Service', metadata: meta('s') })],
  [
    1601,
    item({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: meta('odd', { annotations: { 'traffic.sidecar.istio.io/excludeOutboundPorts': 80 } }),
    }),
  ],
  [2200, item({ apiVersion: 'networking.istio.io/v1', kind: 'ProxyConfig', metadata: { name: 'p', namespace: 'istio-system' }, spec: {} })],
]);

const merged = (one: Asked, more: Asked): Asked => ({ ...one, annotations: { ...one.annotations, ...more.annotations } });

describe.skipIf(availableParallelism() < 2)('a dump that two threads read ahead', () => {
  const folder = scratchFolder();
  const alone = join(folder.path, 'alone');
  const marked = join(folder.path, 'marked');
  const mark = join(folder.path, 'mark');
  const file = join(folder.path, 'cluster.json');
  const streamed = join(folder.path, 'streamed.json');

  beforeAll(() => {
    const misspelt = { annotations: { 'traffic.sidecar.istio.io/excludeOutboundPort': '1' }, changed: {} };
    const asked = [...ASKED, misspelt];
    writeCluster(file, { pods: OF_FILE, asked: asked.map((one) => merged(one, NOTES)), others: OTHERS });
    writeCluster(streamed, { pods: STREAMED, asked, others: OTHERS });
    // The same program, without that of the threads beside it, and with one that ends at once, so that all is read alone in the end.
    for (const folder of [alone, marked]) {
      mkdirSync(join(folder, 'dist'), { recursive: true });
      for (const name of ['bin', 'dist/cli.cjs', 'dist/cli.cache'])
        cpSync(join(ROOT, name), join(folder, name), { recursive: true, preserveTimestamps: true });
    }
    writeFileSync(
      join(marked, 'dist/find-pods.cjs'),
      `require('node:fs').appendFileSync(${JSON.stringify(mark)}, 'started '); process.exit();`,
    );
  }, 60_000);
  afterAll(() => folder.remove());

  const start = (root: string, words: readonly string[], input: { readonly inputFile?: string } = {}) =>
    execa(process.execPath, [join(root, 'bin/istio-init'), ...words], { ...input, reject: false, maxBuffer: 1 << 28 });

  async function answer(...asked: Parameters<typeof start>): Promise<object> {
    const { exitCode, stdout, stderr } = await start(...asked);
    return { exitCode, stdout, stderr };
  }

  it.each(
    played([
      [
        'lint with a baseline of nothing and a suppression by name',
        ['lint', '--suppress', 'unknown-annotation=Deployment app-1*', '-o', 'json', '-'],
      ],
      ['diff', ['diff', '@own', '@1.28', '-o', 'json', '-f', '-']],
      ['escapes', ['escapes', '-o', 'json', '-f', '-']],
      ['preview', ['preview', '-o', 'json', '-f', '-']],
      ['lint of a file', ['lint', '-o', 'json', '-f', file]],
    ]),
  )(
    'has for %s the answer of one thread, to the byte',
    async (_, words) => {
      const [one, two] = [await answer(alone, words, { inputFile: streamed }), await answer(ROOT, words, { inputFile: streamed })];
      expect(two).toEqual(one);
      expect(JSON.stringify(one).length).toBeGreaterThan(500);
    },
    60_000,
  );

  it.each([
    ['a file', ['lint', '-f', file], {}],
    ['a stream', ['lint', '-'], { inputFile: streamed }],
  ])(
    'is so long that other threads are started for it: %s',
    async (_, words, input) => {
      writeFileSync(mark, '');
      const running = start(marked, words, input);
      // What it answers in the end is not the matter here.
      await expect.poll(() => readFileSync(mark, 'utf8'), { timeout: 50_000, interval: 20 }).toContain('started');
      running.kill();
      await running;
    },
    60_000,
  );
});
