import { cpSync, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASKED, writeCluster } from '../../clusters/cluster.ts';
import { ROOT, scratchFolder } from '../program.ts';

/** Of a file a dozen pieces, and of a stream more than what one thread reads alone. */
const PODS = 2500;
const STREAMED = 14_000;

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

describe.skipIf(availableParallelism() < 2)('a dump that two threads read ahead', () => {
  const folder = scratchFolder();
  const alone = join(folder.path, 'alone');
  const file = join(folder.path, 'cluster.json');
  const streamed = join(folder.path, 'streamed.json');

  beforeAll(() => {
    const misspelt = { annotations: { 'traffic.sidecar.istio.io/excludeOutboundPort': '1' }, changed: {} };
    const asked = [...ASKED, misspelt];
    writeCluster(file, { pods: PODS, asked, others: OTHERS });
    writeCluster(streamed, { pods: STREAMED, asked, others: OTHERS });
    // The same program, without that of the threads beside it.
    mkdirSync(join(alone, 'dist'), { recursive: true });
    for (const name of ['bin', 'dist/cli.cjs', 'dist/cli.cache'])
      cpSync(join(ROOT, name), join(alone, name), { recursive: true, preserveTimestamps: true });
  }, 60_000);
  afterAll(() => folder.remove());

  it.each([
    ['lint', ['lint', '-o', 'json']],
    [
      'lint with a baseline of nothing and a suppression by name',
      ['lint', '--suppress', 'unknown-annotation=Deployment app-1*', '-o', 'json'],
    ],
    ['diff', ['diff', '@own', '@1.28', '-o', 'json']],
    ['escapes', ['escapes', '-o', 'json']],
    ['preview', ['preview', '-o', 'json']],
  ])(
    'has for %s the answer of one thread, to the byte',
    async (_, words) => {
      const answer = async (root: string): Promise<object> => {
        const { exitCode, stdout, stderr } = await execa(process.execPath, [join(root, 'bin/istio-init'), ...words, '-f', file], {
          reject: false,
          maxBuffer: 1 << 28,
        });
        return { exitCode, stdout, stderr };
      };
      const [one, two] = [await answer(alone), await answer(ROOT)];
      expect(two).toEqual(one);
      expect(JSON.stringify(one).length).toBeGreaterThan(500);
    },
    60_000,
  );

  it('is the same from standard input', async () => {
    const piped = async (root: string): Promise<string> =>
      (
        await execa('sh', ['-c', 'cat "$0" | "$1" "$2" lint -o json -', streamed, process.execPath, join(root, 'bin/istio-init')], {
          reject: false,
        })
      ).stdout;
    expect(await piped(ROOT)).toBe(await piped(alone));
  }, 60_000);
});
