import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readAhead } from '../../../src/host/manifests/ahead.ts';
import { knownAt } from '../../../src/host/manifests/known-pods.ts';
import { ManifestText } from '../../../src/host/manifests/text.ts';
import type { ManifestItem } from '../../../src/istio/kubernetes/manifest/item.ts';
import type { Workload } from '../../../src/istio/kubernetes/manifest/workload.ts';
import { placedWorkload } from '../../../src/istio/kubernetes/manifest/workload.ts';
import { PlainPod } from '../../../src/istio/kubernetes/plain-pod.ts';
import { clusterText } from '../../cluster/large.ts';
import { played } from '../../trials.ts';

const folder = mkdtempSync(join(tmpdir(), 'ahead-'));
const script = join(folder, 'find-pods.cjs');
const entry = fileURLToPath(new URL('../../../src/host/manifests/find-pods-thread.ts', import.meta.url));
beforeAll(() => build({ entryPoints: [entry], outfile: script, bundle: true, platform: 'node', format: 'cjs', logLevel: 'silent' }));
afterAll(() => rmSync(folder, { recursive: true }));

const CHUNK = 1000;

async function* chunksOf(bytes: Buffer, failsAt = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK) {
    if (at >= failsAt) throw new Error('gone');
    yield bytes.subarray(at, at + CHUNK);
  }
}

function ahead(piece: number, from = 3000, program = script): NonNullable<Parameters<typeof readAhead>[1]> {
  return { from, piece, threads: 2, script: program };
}

/** All that may be asked of an item: what tells it from others, and what reading it with places gives. */
function shown(item: ManifestItem): unknown {
  if (item.kind !== 'workload') return item;
  const { workload } = item;
  const { namespace, name, owner, source, pod } = workload;
  const images = pod.containers.map(({ image }) => image?.value);
  const told = [false, true].map((secured) => PlainPod.textOf(workload, secured));
  return { namespace, name, owner, source, told, labels: PlainPod.labelsOf(workload), images, placed: placedWorkload(workload).pod };
}

async function itemsOf(chunks: AsyncIterable<Buffer>): Promise<readonly unknown[]> {
  return (await readOf(chunks, false)).map(shown);
}

async function readOf(chunks: AsyncIterable<Buffer>, folds: boolean): Promise<readonly ManifestItem[]> {
  const reader = new ManifestText('m', folds);
  const items: ManifestItem[] = [];
  for await (const chunk of chunks) items.push(...reader.push(chunk));
  return [...items, ...reader.end()];
}

/** What all pods of a kin have in common. */
function common(workload: Workload): unknown {
  const { namespace, owner } = workload;
  const labels = [...(PlainPod.labelsOf(workload) ?? [])];
  return { namespace, owner, labels, told: [false, true].map((secured) => PlainPod.textOf(workload, secured)) };
}

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'a',
    namespace: 'shop',
    labels: { app: 'ä', 'sidecar.istio.io/inject': 'true' },
    annotations: { 'a.istio.io/b': '\u{1f600}' },
  },
  spec: { containers: [{ name: 'app', image: 'x:1', securityContext: { runAsUser: 7 }, ports: [{ containerPort: 80 }] }] },
};
const OTHERS = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'istio-injection': 'enabled' } } },
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { template: { spec: { containers: [{ name: 'c' }] } } } },
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } },
  { ...POD, metadata: { name: 'typed', labels: { wrong: 1 } } },
  { ...POD, metadata: { name: 'owned', labels: { a: 'b' }, ownerReferences: [{ kind: 'ReplicaSet', name: 'r-1', controller: true }] } },
  { metadata: { name: 'of no kind' } },
  'a text',
];
const many = Array.from({ length: 60 }, (_, index) =>
  index % 7 === 6 ? OTHERS[Math.floor(index / 7) % OTHERS.length] : { ...POD, metadata: { ...POD.metadata, name: `p${index}` } },
);
const list = JSON.stringify({ apiVersion: 'v1', items: many, kind: 'List' }, null, 4);
const middle = list.indexOf('"p31"');
const lines = `${many.map((one) => JSON.stringify(one)).join('\n')}\n`;
const put = (text: string, at: number): string => `${list.slice(0, at)}${text}${list.slice(at)}`;

const TEXTS: Readonly<Record<string, string | Buffer>> = {
  'a List as kubectl prints it': list,
  'a List with the ends of lines of Windows': list.replaceAll('\n', '\r\n'),
  'a List behind a byte order mark': `\ufeff${list}`,
  'a List that is cut within a pod': list.slice(0, middle),
  'a List that is cut behind a pod': list.slice(0, list.lastIndexOf('\n        },')),
  'a List with a comma too many': put(',,', list.indexOf('\n        {', middle)),
  'a List with a bracket too many': put('}', list.indexOf('\n        {', middle)),
  'a List with a key twice': put('"x", "name": ', middle),
  'a List with a number that the runtime would change': list.replaceAll('"containerPort": 80', '"containerPort": 80.0'),
  'a List with a key that objects inherit': list.replaceAll('"app":', '"__proto__":'),
  'a List with half of a pair': list.replaceAll('\u{1f600}', '\\ud83d'),
  'a List with bytes that are no UTF-8': Buffer.concat([
    Buffer.from(list.slice(0, middle + 1)),
    Buffer.from([0xff]),
    Buffer.from(list.slice(middle + 1)),
  ]),
  'a List with a byte that is 0': put('\0', middle),
  'a List with a mark between documents within a pod': put('\n---\n', middle - 20),
  'a List with marks between documents at the ends of pods': list.replaceAll('\n        },\n', '\n        },\n---\n'),
  'two Lists behind one another': `${list}\n${list}`,
  'two Lists with a mark between them': `${list}\n---\n${list}\n...\n---\n${list}`,
  'a List without lines': JSON.stringify({ kind: 'List', items: many }),
  'a List without a kind of its items': JSON.stringify(
    { kind: 'PodList', apiVersion: 'v1', items: many.map((one) => ({ ...(one as object), kind: undefined })) },
    null,
    4,
  ),
  'a list of objects': JSON.stringify(many, null, 2),
  'objects on lines': lines,
  'objects on lines with one that is broken': lines.replace('"p31"', '"p31'),
  'documents of JSON': many.map((one) => `---\n${JSON.stringify(one, null, 2)}\n`).join(''),
  'a List that says the same within strings': list.replaceAll('x:1', '},\\n        {\\"kind\\": \\"Pod\\"'),
  'a document of YAML': `kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n${'  - name: c\n'.repeat(1000)}`,
};

/** Each text in pieces of some length. */
const PIECES = played([1500, 6000, 20_000].flatMap((piece) => Object.entries(TEXTS).map(([what, text]) => ({ what, text, piece }))));

it.each(PIECES)('$what gives what one thread gives, in pieces of $piece bytes', async ({ text, piece }) => {
  const bytes = Buffer.from(text);
  const expected = await itemsOf(chunksOf(bytes));
  expect(await itemsOf(readAhead(chunksOf(bytes), ahead(piece)))).toEqual(expected);
  expect(await itemsOf(readAhead(chunksOf(bytes), ahead(piece, 0)))).toEqual(expected);
});

it.each(PIECES)('$what holds in rows what it holds one by one, in pieces of $piece bytes', async ({ text, piece }) => {
  const bytes = Buffer.from(text);
  const folded = await readOf(readAhead(chunksOf(bytes), ahead(piece, 0)), true);
  const each = folded.flatMap((item): readonly ManifestItem[] =>
    item.kind === 'row' ? item.all().map((workload) => ({ kind: 'workload', workload })) : [item],
  );
  expect(each.map(shown)).toEqual(await itemsOf(chunksOf(bytes)));
  for (const item of folded) {
    if (item.kind !== 'row') continue;
    const alike = new Map<string, Workload[]>();
    for (const one of item.all()) {
      const key = JSON.stringify(common(one));
      alike.set(key, [...(alike.get(key) ?? []), one]);
    }
    expect(item.kin.map(({ workload, count }) => [workload.name, count])).toEqual(
      [...alike.values()].map((all) => [all[0]?.name, all.length]),
    );
  }
});

it('pods that differ in what a container asks for are no kin', async () => {
  const pod = (name: string, runAsUser: number): object => ({
    ...POD,
    metadata: { ...POD.metadata, name },
    spec: { containers: [{ name: 'app', image: 'x:1', securityContext: { privileged: runAsUser === 0, runAsUser: 7 } }] },
  });
  const items = Array.from({ length: 30 }, (_, index) => pod(`p${index}`, index % 2));
  const bytes = Buffer.from(JSON.stringify({ kind: 'List', items }, null, 4));
  const rows = (await readOf(readAhead(chunksOf(bytes), ahead(6000, 0)), true)).filter((item) => item.kind === 'row');
  expect(rows.length).toBeGreaterThan(1);
  for (const { kin } of rows) expect(kin.map(({ workload }) => Number(workload.name.slice(1)) % 2).toSorted()).toEqual([0, 1]);
});

it('of a dump of a cluster, pieces begin with pods that are known', async () => {
  const bytes = Buffer.from(clusterText({ pods: 100 }).text);
  const pieces: Buffer[] = [];
  for await (const piece of readAhead(chunksOf(bytes), ahead(100_000))) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  const known = pieces.filter((piece) => knownAt(piece, piece.indexOf('{')) !== undefined);
  expect(known.length).toBeGreaterThan(pieces.filter(({ length }) => length > CHUNK).length - 3);
  expect(known.length).toBeGreaterThan(5);
  expect(await itemsOf(readAhead(chunksOf(bytes), ahead(100_000)))).toEqual(await itemsOf(chunksOf(bytes)));
});

it.each([
  ['fails at its start', 'throw new Error("gone")'],
  ['fails at the first piece', "require('node:worker_threads').parentPort.on('message', () => { throw new Error('gone'); })"],
  ['ends', 'process.exit()'],
])('where a thread %s, the reader reads alone', async (_, program) => {
  const other = join(folder, 'other.cjs');
  writeFileSync(other, program);
  const bytes = Buffer.from(list);
  expect(await itemsOf(readAhead(chunksOf(bytes), ahead(1500, 3000, other)))).toEqual(await itemsOf(chunksOf(bytes)));
});

it('what came before a stream broke is read before that is said', async () => {
  const bytes = Buffer.from(list);
  const came: Buffer[] = [];
  const reading = async (): Promise<void> => {
    for await (const piece of readAhead(chunksOf(bytes, 20_000), ahead(6000))) came.push(piece);
  };
  await expect(reading()).rejects.toThrow('gone');
  expect(Buffer.concat(came).equals(bytes.subarray(0, 20_000))).toBe(true);
});

it('who stops in the middle leaves no thread behind', async () => {
  const threads = (): number => process.getActiveResourcesInfo().filter((what) => what === 'MessagePort' || what === 'Worker').length;
  const before = threads();
  for await (const piece of readAhead(chunksOf(Buffer.from(list)), ahead(1500))) if (piece.length > CHUNK) break;
  expect(threads()).toBe(before);
});
