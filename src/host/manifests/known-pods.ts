/** Pods that another thread told by their values, by the bytes they stand in. */

import type { PodValues } from '../../istio/kubernetes/plain-pod.ts';
import type { KnownPod } from './json-value.ts';

/** What a thread answers for a piece: of pods that are alike, once what they have in common. */
export interface FoundPods {
  readonly texts: readonly string[];
  readonly kin: readonly Kin[];
  readonly pods: readonly FoundPod[];
  readonly rows: readonly FoundRow[];
  /** Whether none of its lines may begin with a mark between documents. */
  readonly isWithoutMarks: boolean;
}

/** Pods of one owner. `text` is the number of theirs. */
export interface Kin extends Pick<PodValues, 'namespace' | 'owner' | 'labels'> {
  readonly text: number;
}

/** Where it begins and how long it is, its lines, the units of the last of them, the number of its kin, and its name. */
export type FoundPod = readonly [at: number, length: number, lines: number, tail: number, kin: number, name: string];

/** Pods with nothing but the same bytes between them, which are a comma and a line's end. */
export interface FoundRow {
  /** The number of its first pod. */
  readonly first: number;
  readonly count: number;
  /** Newlines between one and the next. */
  readonly between: number;
  /** The column in which each of them begins. */
  readonly column: number;
}

/** A row of pods that begins there. */
export interface KnownRow {
  /** Behind the last of them. */
  readonly end: number;
  readonly lines: number;
  /** UTF-16 units of its last line. */
  readonly tail: number;
  readonly column: number;
  /** In their order: where each begins, and how many lines below the first. */
  readonly pods: readonly { readonly at: number; readonly below: number; readonly known: KnownPod; readonly kin: number }[];
}

const COMMA = 44;

interface Found extends FoundPods {
  /** Where the last row that was taken ends. */
  taken?: number;
  readonly byOffset: ReadonlyMap<number, FoundPod>;
  readonly rowsByOffset: ReadonlyMap<number, FoundRow>;
}

// Whoever reads the piece comes to the same bytes; a copy of them is read as if nobody had looked.
const found = new WeakMap<ArrayBufferLike, Found>();

/** Keeps what was found in a piece for as long as the piece is there; nobody writes into it any more. */
export function keepFound(piece: Buffer, pods: FoundPods): void {
  const startOf = (pod: FoundPod | undefined): number => piece.byteOffset + (pod?.[0] ?? 0);
  found.set(piece.buffer, {
    ...pods,
    byOffset: new Map(pods.pods.map((pod) => [startOf(pod), pod])),
    rowsByOffset: new Map(pods.rows.map((row) => [startOf(pods.pods[row.first]), row])),
  });
}

/** Before other bytes come into the same memory. */
export function forgetFound(piece: Buffer): void {
  found.delete(piece.buffer);
}

/** Whether it is a whole piece that was looked at, and has no mark. */
export function isWithoutMarks(piece: Buffer): boolean {
  return found.get(piece.buffer)?.isWithoutMarks === true;
}

/** Whether a piece was taken as one row, to its end, with nothing before it but what stands between pods. */
export function isCompletePod(piece: Buffer): boolean {
  const { taken, pods, rows } = found.get(piece.buffer) ?? {};
  const [only, another] = rows ?? [];
  return only?.count === pods?.length && another === undefined && taken === piece.byteOffset + piece.length && piece[0] === COMMA;
}

/** The pod that begins there, if it is known. */
export function knownAt(bytes: Buffer, at: number): KnownPod | undefined {
  const known = found.get(bytes.buffer);
  const pod = known?.byOffset.get(bytes.byteOffset + at);
  if (known === undefined || pod === undefined) return undefined;
  const [, length] = pod;
  // Cut by a mark between documents, it is another text.
  return at + length > bytes.length ? undefined : knownPod(known, pod, at);
}

/** The row of pods that begins there, if one is known, and is there as a whole. */
export function knownRowAt(bytes: Buffer, at: number): KnownRow | undefined {
  const known = found.get(bytes.buffer);
  const row = known?.rowsByOffset.get(bytes.byteOffset + at);
  if (known === undefined || row === undefined) return undefined;
  const { first, count, between, column } = row;
  const members = known.pods.slice(first, first + count);
  const [start = 0] = members[0] ?? [];
  const pods: { readonly at: number; readonly below: number; readonly known: KnownPod; readonly kin: number }[] = [];
  let below = 0;
  for (const pod of members) {
    const [begins, , lines, , kin] = pod;
    const here = at + begins - start;
    pods.push({ at: here, below, known: knownPod(known, pod, here), kin });
    below += lines + between;
  }
  const last = pods.at(-1);
  if (last === undefined || last.known.end > bytes.length) return undefined;
  known.taken = bytes.byteOffset + last.known.end;
  return { end: last.known.end, lines: below - between, tail: last.known.tail, column, pods };
}

function knownPod({ kin: all, texts }: Found, [, length, lines, tail, kin, name]: FoundPod, at: number): KnownPod {
  const { text, namespace, owner, labels } = all[kin] as Kin;
  return { end: at + length, lines, tail, values: { text: texts[text] as string, namespace, name, owner, labels } };
}
