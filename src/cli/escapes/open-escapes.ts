/** Which escapes are open, while pods come and go: an owner has one as long as one of its pods has it. */

export interface OpenEscape {
  readonly direction: string;
  readonly family: string;
  readonly words: string;
  readonly why: string;
}

export interface OwnedEscape extends OpenEscape {
  /** `Deployment shop/web`. */
  readonly owner: string;
}

export interface EscapeChange extends OwnedEscape {
  readonly what: 'new' | 'gone';
}

export interface OpenEscapes {
  /** What changes with all that a pod has now; a pod without any is forgotten. */
  readonly change: (pod: string, has: readonly OwnedEscape[]) => readonly EscapeChange[];
  /** How many pods are kept. */
  readonly size: () => number;
}

export function openEscapesOf(): OpenEscapes {
  const counted = new Map<string, { readonly one: OwnedEscape; pods: number }>();
  // Of a pod the keys alone, which are those of its owner's other pods.
  const byPod = new Map<string, readonly string[]>();
  const change: OpenEscapes['change'] = (pod, has) => {
    const before = byPod.get(pod) ?? [];
    const now = new Map(has.map((one) => [keyOf(one), one]));
    const changes: EscapeChange[] = [];
    for (const [key, one] of now) {
      if (before.includes(key)) continue;
      const count = counted.get(key) ?? { one, pods: 0 };
      count.pods += 1;
      counted.set(key, count);
      if (count.pods === 1) changes.push({ what: 'new', ...one });
    }
    for (const key of before) {
      const count = counted.get(key);
      if (now.has(key) || count === undefined) continue;
      count.pods -= 1;
      if (count.pods > 0) continue;
      counted.delete(key);
      changes.push({ what: 'gone', ...count.one });
    }
    if (now.size === 0) byPod.delete(pod);
    else byPod.set(pod, [...now.keys()]);
    return changes;
  };
  return { change, size: () => byPod.size };
}

function keyOf({ owner, direction, family, words }: OwnedEscape): string {
  return [owner, direction, family, words].join('\n');
}
