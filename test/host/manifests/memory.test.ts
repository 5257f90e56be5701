import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { manifestItems } from '../../../src/host/manifests.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const PODS = 10_000;

/** Bytes of the heap that are in use when so many of 10,000 pods were read. */
async function heapAt(
  first: string,
  pod: (index: number) => string,
  last: string,
): Promise<{ readonly early: number; readonly late: number }> {
  async function* stdin(): AsyncGenerator<Buffer> {
    yield Buffer.from(first);
    for (let index = 0; index < PODS; index += 50) yield Buffer.from(Array.from({ length: 50 }, (_, more) => pod(index + more)).join(''));
    yield Buffer.from(last);
  }
  let count = 0;
  let early = 0;
  let late = 0;
  for await (const item of manifestItems(['-'], { stdin })) {
    if (item.kind !== 'workload') throw new Error(`${item.kind} after ${count} pods`);
    count++;
    // What is read as a whole to look for context is 16 MB; it lies outside the heap, and is passed by then.
    if (count === PODS / 2) early = heap();
    if (count === PODS - 1) late = heap();
  }
  expect(count).toBe(PODS);
  return { early, late };
}

const annotations = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`example.org/${index}`, 'x'.repeat(200)]));
const container = { name: 'app', image: 'example.org/app:1', ports: [{ containerPort: 8080 }] };
const pod = (index: number): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `p${index}`, namespace: `n${index % 100}`, annotations },
  spec: { containers: [container, container] },
});

// Each pod takes some 10 kB when it is kept: 5,000 of them are 50 MB.
const BOUND = 8_000_000;

it('the memory that a List of 10,000 pods in JSON takes does not grow with it', async () => {
  const { early, late } = await heapAt(
    '{"items": [\n',
    (index) => `${index === 0 ? '' : ','}${JSON.stringify(pod(index))}\n`,
    '], "kind": "List"}',
  );
  expect(late - early).toBeLessThan(BOUND);
});

it('nor does that of a List in YAML', async () => {
  const lines = Object.entries(annotations).map(([name, value]) => `      ${name}: ${value}\n`);
  const text = (index: number): string => `- kind: Pod\n  metadata:\n    name: p${index}\n    annotations:\n${lines.join('')}`;
  const { early, late } = await heapAt('apiVersion: v1\nitems:\n', text, 'kind: List\n');
  expect(late - early).toBeLessThan(BOUND);
});
