/**
 * Sets as decision diagrams: a node asks for one field and has a child for each run of its values. Nodes are kept once,
 * so that equal sets are the same number, and the cost of an operation follows the nodes, not the boxes they stand for.
 */

/** A set: the number of its node. */
export type SetId = number;

export const NONE: SetId = 0;
export const ALL: SetId = 1;

/** A product of sets of values, one for each field; undefined where every value is in it. */
export type Box = readonly (readonly boolean[] | undefined)[];

interface Node {
  /** The field that it asks for. Fields are asked in their order. */
  readonly field: number;
  /** The last value of each run, in order; the last one is the field's last value. */
  readonly lasts: readonly number[];
  readonly children: readonly SetId[];
}

type Operation = 'and' | 'or' | 'minus';

// Behind every field. No infinity: V8 would keep the field of every node as a floating-point number then.
const BEHIND_ALL = 0x3fffffff;
const LEAF: Node = { field: BEHIND_ALL, lasts: [], children: [] };

/** Thrown where sets become too large to be worth the wait. */
export class TooLarge extends RangeError {}

/** More nodes take some hundred megabytes, and seconds. */
const MOST_NODES = 400_000;

export class Diagrams {
  /** How many values each field has: 0 to one less. Fields may be added at the end. */
  readonly #sizes: number[];
  readonly #most: number;
  readonly #nodes: Node[] = [LEAF, LEAF];
  /** Nodes by a number made of what they hold. */
  readonly #known = new Map<number, SetId[]>();
  readonly #done: Readonly<Record<Operation, Map<number, SetId>>> = { and: new Map(), or: new Map(), minus: new Map() };

  /** At most `most` nodes are made; then operations throw `TooLarge`. */
  constructor(sizes: readonly number[], most: number = MOST_NODES) {
    this.#sizes = [...sizes];
    this.#most = most;
  }

  /** Adds a field below all others, and says which it is. */
  addField(size: number): number {
    return this.#sizes.push(size) - 1;
  }

  /** All whose field has one of the values. */
  where(field: number, values: readonly boolean[]): SetId {
    const [lasts, children]: [number[], SetId[]] = [[], []];
    for (const [value, is] of values.entries()) addRun(lasts, children, value, is ? ALL : NONE);
    return this.#node(field, lasts, children);
  }

  and(one: SetId, other: SetId): SetId {
    return this.#apply('and', one, other);
  }

  or(one: SetId, other: SetId): SetId {
    return this.#apply('or', one, other);
  }

  minus(from: SetId, other: SetId): SetId {
    return this.#apply('minus', from, other);
  }

  union(sets: Iterable<SetId>): SetId {
    let all = NONE;
    for (const set of sets) all = this.or(all, set);
    return all;
  }

  /** The box as a set. */
  ofBox(box: Box): SetId {
    let set = ALL;
    for (const [field, values] of [...box.entries()].reverse()) if (values !== undefined) set = this.and(set, this.where(field, values));
    return set;
  }

  /** The values that a field has in the set. */
  valuesOf(set: SetId, field: number): readonly boolean[] {
    const found = new Array<boolean>(this.#sizes[field] ?? 0).fill(false);
    const seen = new Set<SetId>([NONE]);
    const visit = (id: SetId): void => {
      if (seen.has(id)) return;
      seen.add(id);
      const node = this.#at(id);
      if (node.field > field) found.fill(true);
      else if (node.field < field) node.children.forEach(visit);
      else for (const [index, first, last] of runs(node)) if (node.children[index] !== NONE) found.fill(true, first, last + 1);
    };
    visit(set);
    return found;
  }

  /** What the set says of the fields before `field`: the others may have any value that goes with them. */
  forget(set: SetId, field: number): SetId {
    const done = new Map<SetId, SetId>();
    const visit = (id: SetId): SetId => {
      const node = this.#at(id);
      if (id === NONE || node.field >= field) return id === NONE ? NONE : ALL;
      const before = done.get(id);
      if (before !== undefined) return before;
      const [lasts, children]: [number[], SetId[]] = [[], []];
      for (const [index, child] of node.children.entries()) addRun(lasts, children, node.lasts[index] ?? 0, visit(child));
      const after = this.#node(node.field, lasts, children);
      done.set(id, after);
      return after;
    };
    return visit(set);
  }

  /** The fields that the set depends on. */
  support(set: SetId): readonly number[] {
    const fields = new Set<number>();
    const seen = new Set<SetId>([NONE, ALL]);
    const visit = (id: SetId): void => {
      if (seen.has(id)) return;
      seen.add(id);
      const { field, children } = this.#at(id);
      fields.add(field);
      children.forEach(visit);
    };
    visit(set);
    return [...fields].sort((a, b) => a - b);
  }

  /** Whether a point of all fields is in the set. */
  has(set: SetId, point: readonly number[]): boolean {
    let id = set;
    while (id > ALL) {
      const { field, lasts, children } = this.#at(id);
      const value = point[field] ?? 0;
      id = children[lasts.findIndex((last) => last >= value)] ?? NONE;
    }
    return id === ALL;
  }

  /** The box of the set that weighs most, by the weight of each value. Undefined for the empty set. */
  heaviest(set: SetId, weights: readonly (readonly number[])[]): Box | undefined {
    if (set === NONE) return undefined;
    const best = new Map<SetId, { readonly weight: number; readonly child: SetId }>();
    const weigh = (id: SetId): number => {
      if (id <= ALL) return id;
      const before = best.get(id);
      if (before !== undefined) return before.weight;
      const node = this.#at(id);
      const totals = new Map<SetId, number>();
      for (const [index, first, last] of runs(node)) {
        const child = node.children[index] ?? NONE;
        let own = 0;
        for (let value = first; value <= last; value += 1) own += weights[node.field]?.[value] ?? 0;
        totals.set(child, (totals.get(child) ?? 0) + own);
      }
      let found = { weight: -1, child: NONE };
      for (const [child, own] of totals) {
        const weight = child === NONE ? -1 : own * weigh(child);
        if (weight > found.weight) found = { weight, child };
      }
      best.set(id, found);
      return found.weight;
    };
    weigh(set);
    const box = new Array<readonly boolean[] | undefined>(this.#sizes.length).fill(undefined);
    for (let id = set; id !== ALL; ) {
      const node = this.#at(id);
      const next = best.get(id)?.child ?? NONE;
      const values = new Array<boolean>(this.#sizes[node.field] ?? 0).fill(false);
      for (const [index, first, last] of runs(node)) if (node.children[index] === next) values.fill(true, first, last + 1);
      box[node.field] = values;
      id = next;
    }
    return box;
  }

  /** The weight of all points of the set: the sum of the products of their values' weights. */
  weigh(set: SetId, weights: readonly (readonly number[])[]): number {
    const totals = weights.map((own) => own.reduce((sum, weight) => sum + weight, 0));
    const skipped = (from: number, to: number): number => totals.slice(from, to).reduce((product, total) => product * total, 1);
    const done = new Map<SetId, number>([[NONE, 0]]);
    const visit = (id: SetId): number => {
      const before = done.get(id);
      if (before !== undefined) return before;
      const node = this.#at(id);
      let sum = 0;
      for (const [index, first, last] of runs(node)) {
        const child = node.children[index] ?? NONE;
        const own = weights[node.field]?.slice(first, last + 1).reduce((total, weight) => total + weight, 0) ?? 0;
        sum += own * visit(child) * skipped(node.field + 1, this.#at(child).field);
      }
      done.set(id, sum);
      return sum;
    };
    done.set(ALL, 1);
    return visit(set) * skipped(0, this.#at(set).field);
  }

  #at(id: SetId): Node {
    return this.#nodes[id] ?? LEAF;
  }

  /** The one node that asks this, of runs that are merged; none where every value has the same child. */
  #node(field: number, lasts: readonly number[], children: readonly SetId[]): SetId {
    if (children.length === 1) return children[0] ?? NONE;
    const hash = hashOf(field, lasts, children);
    const candidates = this.#known.get(hash);
    const known = candidates?.find((id) => isNode(this.#at(id), field, lasts, children));
    if (known !== undefined) return known;
    if (this.#nodes.length >= this.#most) throw new TooLarge('more sets of packets than can be distinguished here');
    const id = this.#nodes.push({ field, lasts, children }) - 1;
    if (candidates === undefined) this.#known.set(hash, [id]);
    else candidates.push(id);
    return id;
  }

  #apply(operation: Operation, one: SetId, other: SetId): SetId {
    const short = shortcut(operation, one, other);
    if (short !== undefined) return short;
    const done = this.#done[operation];
    // Far fewer than 2^26 nodes fit into memory.
    const key = one * 0x4000000 + other;
    const before = done.get(key);
    if (before !== undefined) return before;
    // No pair is taken apart here: until this is compiled, each costs an iterator.
    const a = this.#at(one);
    const b = this.#at(other);
    const field = Math.min(a.field, b.field);
    const testsA = a.field === field;
    const testsB = b.field === field;
    const lasts: number[] = [];
    const children: SetId[] = [];
    const end = (this.#sizes[field] ?? 0) - 1;
    for (let i = 0, j = 0, last = -1; last < end; ) {
      const lastA = testsA ? (a.lasts[i] ?? end) : end;
      const lastB = testsB ? (b.lasts[j] ?? end) : end;
      last = Math.min(lastA, lastB);
      addRun(
        lasts,
        children,
        last,
        this.#apply(operation, testsA ? (a.children[i] ?? NONE) : one, testsB ? (b.children[j] ?? NONE) : other),
      );
      if (lastA === last) i += 1;
      if (lastB === last) j += 1;
    }
    const result = this.#node(field, lasts, children);
    done.set(key, result);
    return result;
  }
}

function shortcut(operation: Operation, one: SetId, other: SetId): SetId | undefined {
  switch (operation) {
    case 'and':
      if (one === NONE || other === NONE) return NONE;
      if (one === ALL || one === other) return other;
      return other === ALL ? one : undefined;
    case 'or':
      if (one === ALL || other === ALL) return ALL;
      if (one === NONE || one === other) return other;
      return other === NONE ? one : undefined;
    case 'minus':
      if (one === NONE || other === ALL || one === other) return NONE;
      return other === NONE ? one : undefined;
    default:
      operation satisfies never;
      return undefined;
  }
}

/** Adds a run of values, to the run before it where the child is the same. */
function addRun(lasts: number[], children: SetId[], last: number, child: SetId): void {
  const end = children.length - 1;
  if (end >= 0 && children[end] === child) lasts[end] = last;
  else {
    lasts.push(last);
    children.push(child);
  }
}

function hashOf(field: number, lasts: readonly number[], children: readonly SetId[]): number {
  let hash = field;
  for (const number of lasts) hash = (Math.imul(hash, 31) + number) | 0;
  for (const number of children) hash = (Math.imul(hash, 31) + number) | 0;
  return hash;
}

function isNode(node: Node, field: number, lasts: readonly number[], children: readonly SetId[]): boolean {
  return node.field === field && isSame(node.lasts, lasts) && isSame(node.children, children);
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((number, index) => number === other[index]);
}

/** The runs of a node: index, first and last value. */
function* runs({ lasts }: Node): Generator<readonly [number, number, number]> {
  let first = 0;
  for (const [index, last] of lasts.entries()) {
    yield [index, first, last];
    first = last + 1;
  }
}
