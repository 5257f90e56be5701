/** The pods that stand one behind another at the start of a piece of JSON: found without knowing what stands before it. */

import type { PodValues } from '../../istio/kubernetes/plain-pod.ts';
import { plainPodOf } from '../../istio/kubernetes/plain-pod.ts';
import { securedText } from '../../istio/kubernetes/plain-text.ts';
import { spanAt } from './json-span.ts';
import { isBlank } from './json-tokens.ts';
import { valuesIn } from './json-value.ts';
import type { FoundPod, FoundPods, FoundRow, Kin } from './known-pods.ts';

const COMMA = 44;
const BRACE = 123;
const BRACE_END = 125;

/** Of each object only what its own bytes tell, so that it is the same wherever it stands; what is no plain pod is left out. */
export function findPods(bytes: Buffer): FoundPods {
  const families = new Families();
  const pods: FoundPod[] = [];
  for (let at = 0; ; ) {
    while (isBlank(bytes[at]) || bytes[at] === COMMA) at++;
    const span = bytes[at] === BRACE ? spanAt(bytes, at) : undefined;
    if (span === undefined || span === null) break;
    const made = valuesIn(bytes.subarray(at, span.end), span);
    const plain = made === undefined ? undefined : plainPodOf(made.values);
    if (made !== undefined && plain !== undefined)
      pods.push([at, span.end - at, span.lines, made.tail, families.numberOf(plain, securedText(made.values)), plain.name]);
    at = span.end;
  }
  return { texts: families.texts, kin: families.kin, pods, rows: rowsIn(bytes, pods), isWithoutMarks: isWithoutMarks(bytes) };
}

/** Marks begin lines; a piece that begins or ends within one may have half of one there. */
function isWithoutMarks(bytes: Buffer): boolean {
  return bytes[0] === COMMA && bytes[bytes.length - 1] === BRACE_END && !bytes.includes('\n---') && !bytes.includes('\n...');
}

/** Of a List as it is printed, the pods that follow one another in one column. */
function rowsIn(bytes: Buffer, pods: readonly FoundPod[]): readonly FoundRow[] {
  const rows: FoundRow[] = [];
  for (let first = 0, count = 1; first < pods.length; first += count, count = 1) {
    const between = betweenAt(bytes, pods, first);
    if (between === undefined) continue;
    while (betweenAt(bytes, pods, first + count) === between) count += 1;
    count += 1;
    rows.push({ first, count, between: between.split('\n').length - 1, column: between.length - between.lastIndexOf('\n') });
  }
  return rows;
}

/** What stands between a pod and the next, if it is a comma and blanks with an end of a line. */
function betweenAt(bytes: Buffer, pods: readonly FoundPod[], index: number): string | undefined {
  const [[at, length] = [], [next] = []] = [pods[index], pods[index + 1]];
  if (at === undefined || length === undefined || next === undefined) return undefined;
  const text = bytes.toString('latin1', at + length, Math.min(next, at + length + MOST_BETWEEN));
  return /^\s*,\s*\n\s*$/.test(text) && text.length === next - at - length ? text : undefined;
}

const MOST_BETWEEN = 200;

class Families {
  readonly #texts = new Map<string, number>();
  readonly #kin = new Map<string, { readonly kin: Kin; readonly number: number }>();

  get texts(): readonly string[] {
    return [...this.#texts.keys()];
  }

  get kin(): readonly Kin[] {
    return [...this.#kin.values()].map(({ kin }) => kin);
  }

  /** Pods with one number have everything in common that is asked of them, but for their names. */
  numberOf({ text: own, namespace, owner, labels }: PodValues, secured: string): number {
    const text = this.#texts.get(own) ?? this.#texts.size;
    this.#texts.set(own, text);
    const key = JSON.stringify([text, namespace, owner, labels, secured]);
    const known = this.#kin.get(key);
    if (known !== undefined) return known.number;
    const number = this.#kin.size;
    this.#kin.set(key, { kin: { text, namespace, owner, labels }, number });
    return number;
  }
}
