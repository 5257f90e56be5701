/** Dumps of made-up clusters, as `kubectl get pods -A -o json` prints them: as large as one likes, and always the same. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { numbersBy } from '../random.ts';
import type { Asked, Mark } from './injected-pod.ts';
import { MARKS, mark, podOf } from './injected-pod.ts';

/** What owners ask for: no two of these have the same rules at any release that is used. */
export const ASKED: readonly Asked[] = [
  { annotations: {}, changed: {} },
  { annotations: { 'traffic.sidecar.istio.io/excludeOutboundPorts': '3306,6379' }, changed: { '-o': '3306,6379' } },
  { annotations: { 'traffic.sidecar.istio.io/excludeInboundPorts': '9090' }, changed: { '-d': '15090,15021,9090,15020' } },
  {
    annotations: { 'traffic.sidecar.istio.io/includeOutboundIPRanges': '10.96.0.0/12,10.0.0.0/16' },
    changed: { '-i': '10.96.0.0/12,10.0.0.0/16' },
  },
];

/** Releases whose rules differ, whatever is asked for; from the last to 1.28 nothing changes. */
export const RELEASES: readonly string[] = ['1.12.9', '1.17.8', '1.28.0'];

export interface ClusterRequest {
  readonly pods: number;
  readonly asked?: readonly Asked[];
  readonly releases?: readonly string[];
  readonly seed?: number;
  /** Whether each pod stands on one line, as `jq -c` leaves it; kubectl's own output is three times as long. */
  readonly compact?: boolean;
  /** Whether pods have only what rules depend on, where only numbers matter. */
  readonly slim?: boolean;
  /** Texts of further items, each put in front of the pod of that number. */
  readonly others?: ReadonlyMap<number, string>;
}

/** How many pods were written of each kind: by what they ask for, then by release. */
export type Counts = readonly (readonly number[])[];

const CHUNK = 1 << 20;
const NAMESPACES = ['billing', 'catalog', 'checkout', 'ingest', 'orders', 'search', 'shop', 'web'];

/** Writes a dump piece by piece, and tells what is in it. */
export function writeCluster(file: string, request: ClusterRequest): Counts {
  const descriptor = openSync(file, 'w');
  let chunk = '';
  const counts = clusterPieces(request, (piece) => {
    chunk += piece;
    if (chunk.length < CHUNK) return;
    writeSync(descriptor, chunk);
    chunk = '';
  });
  writeSync(descriptor, chunk);
  closeSync(descriptor);
  return counts;
}

/** The same as a text. */
export function clusterText(request: ClusterRequest): { readonly text: string; readonly counts: Counts } {
  const pieces: string[] = [];
  const counts = clusterPieces(request, (piece) => pieces.push(piece));
  return { text: pieces.join(''), counts };
}

function clusterPieces(
  { pods, asked = ASKED, releases = RELEASES, seed = 1, compact = false, slim = false, others = new Map() }: ClusterRequest,
  write: (piece: string) => void,
): Counts {
  const random = numbersBy(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const templates = asked.map((one) => releases.map((release) => templateOf(podOf(one, release, slim), compact)));
  const counts = asked.map(() => releases.map(() => 0));
  write('{\n    "apiVersion": "v1",\n    "items": [\n');
  let written = 0;
  for (let deployment = 0; written < pods; deployment += 1) {
    // Half of all owners ask for nothing, and a quarter have the newest release.
    const what = random() < 0.5 ? 0 : below(asked.length);
    const when = random() < 0.25 ? releases.length - 1 : below(releases.length);
    const own = { NAMESPACE: NAMESPACES[deployment % NAMESPACES.length] ?? '', APP: `app-${deployment}`, HASH: word(below, 10) };
    const replicas = Math.min(1 + below(9), pods - written);
    for (let replica = 0; replica < replicas; replica += 1) {
      const other = others.get(written);
      if (other !== undefined) write(`${other},\n`);
      const values = { ...own, SUFFIX: word(below, 5), ADDRESS: address(written), NODE: `node-${below(200)}`, UID: uid(below) };
      write(filled(templates[what]?.[when] ?? [], values));
      written += 1;
      write(written < pods ? ',\n' : '\n');
    }
    (counts[what] as number[])[when] = (counts[what]?.[when] ?? 0) + replicas;
  }
  write('    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n');
  return counts;
}

/** Texts and marks by turns. */
function templateOf(pod: object, compact: boolean): readonly string[] {
  const text = compact ? JSON.stringify(pod) : JSON.stringify(pod, null, 4).replace(/^/gm, '        ');
  return text.split(new RegExp(`(${MARKS.map(mark).join('|')})`));
}

function filled(template: readonly string[], values: Readonly<Record<Mark, string>>): string {
  let text = '';
  for (const [index, part] of template.entries()) text += index % 2 === 0 ? part : values[part.slice(2, -2) as Mark];
  return text;
}

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

function word(below: (count: number) => number, length: number): string {
  return Array.from({ length }, () => LETTERS[below(LETTERS.length)]).join('');
}

function uid(below: (count: number) => number): string {
  const hex = (length: number): string => Array.from({ length }, () => below(16).toString(16)).join('');
  return [8, 4, 4, 4, 12].map(hex).join('-');
}

function address(index: number): string {
  return `10.${128 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
}
