/** `lint` of one workload among others: FILE#NAME, and --workload. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const PORTS = 'traffic.sidecar.istio.io/excludeOutboundPorts';
const deployment = (name: string, ports: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: shop}\nspec:\n  template:\n    metadata:\n      annotations: {${PORTS}: "${ports}"}\n    spec: {containers: [{name: app, image: a}]}\n`;
const TEXT = [deployment('orders', '1,1'), deployment('cart', '2,2'), 'kind: Deployment\nmetadata: [\n'].join('---\n');
folder.write('all.yaml', TEXT);
folder.write('other.yaml', deployment('cart', '3,3'));

const lint = (...words: readonly string[]) => run(['lint', ...words, '--fail-on', 'note'], { cwd: folder.path });
const namesIn = (stdout: string): readonly string[] =>
  (JSON.parse(stdout) as { results: { names: string[] }[] }).results.flatMap(({ names }) => names);

describe.concurrent('lint', () => {
  it.each([
    [['all.yaml#cart'], ['Deployment shop/cart']],
    [['all.yaml', '--workload', 'deploy/cart'], ['Deployment shop/cart']],
    [['-f', 'all.yaml', '--workload', 'shop/orders'], ['Deployment shop/orders']],
    [
      ['all.yaml#orders', 'other.yaml'],
      ['Deployment shop/orders', 'Deployment shop/cart'],
    ],
    [
      ['all.yaml#orders', 'other.yaml#cart'],
      ['Deployment shop/orders', 'Deployment shop/cart'],
    ],
    [['all.yaml', 'other.yaml', '--workload', 'ord'], ['Deployment shop/orders']],
  ])('%j is of those that are named, and nothing beside them', async (words, names) => {
    const { stdout, exitCode } = await lint(...words, '-o', 'json');
    expect([namesIn(stdout), exitCode]).toEqual([names, 1]);
  });

  it('names what there is where nobody is called so', async () => {
    expect(await lint('all.yaml#nobody')).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^istio-init: lint: --workload "nobody" is not in all.yaml, which holds 2 workloads \(Deployment\/shop\/orders, /,
      ),
    });
    expect((await lint('all.yaml#orders', '--workload', 'cart')).stderr).toBe(
      'istio-init: lint: --workload: the source names "orders" already\n',
    );
  });

  it('mends that one alone, as the command it names says', async () => {
    folder.write('mended.yaml', TEXT);
    const { stdout } = await lint('mended.yaml#cart');
    expect(stdout).toContain("istio-init lint 'mended.yaml#cart' --fix");
    await lint('mended.yaml#cart', '--fix');
    expect(readFileSync(join(folder.path, 'mended.yaml'), 'utf8')).toBe(TEXT.replace('2,2', '2'));
  });
});
