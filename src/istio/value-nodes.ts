/** Values that the runtime's own JSON parser made, as the tree that readers look into. Where they stand is found out when somebody asks. */

import type { Origin } from './origin.ts';
import type { YamlEntry, YamlNode } from './yaml.ts';

/** A mapping as the runtime parsed it. */
export type Values = Readonly<Record<string, unknown>>;

/** A node that has no position of its own: it asks the tree that was read with positions, which is made at the first question. */
export abstract class ValueNode {
  private readonly ownParent: ValueNode | (() => YamlNode);
  /** The key, or the index, under which it stands in its parent. */
  private readonly ownStep: string | number;

  constructor(parent: ValueNode | (() => YamlNode), step: string | number) {
    this.ownParent = parent;
    this.ownStep = step;
  }

  get line(): number {
    return this.placed().line;
  }

  get column(): number {
    return this.placed().column;
  }

  /** The same node in the tree with positions. */
  placed(): YamlNode {
    if (!(this.ownParent instanceof ValueNode)) return this.ownParent();
    const parent = this.ownParent.placed();
    const found =
      parent.kind === 'sequence'
        ? parent.items[Number(this.ownStep)]
        : parent.kind === 'mapping'
          ? this.childOf(parent.entries.find(({ key }) => key.kind === 'scalar' && key.text === this.ownStep))
          : undefined;
    return found ?? parent;
  }

  protected childOf(entry: YamlEntry | undefined): YamlNode | undefined {
    return entry?.value;
  }
}

/** The place of such a node; an origin like any other. */
export class ValuePlace {
  readonly kind = 'file';
  readonly file: string;
  readonly key?: string;
  private readonly ownNode: ValueNode;

  constructor(node: ValueNode, file: string, key?: string) {
    this.file = file;
    if (key !== undefined) this.key = key;
    this.ownNode = node;
  }

  get line(): number {
    return this.ownNode.line;
  }

  get column(): number {
    return this.ownNode.column;
  }

  toJSON(): Origin {
    const { kind, file, line, column, key } = this;
    return { kind, file, line, column, ...(key === undefined ? {} : { key }) };
  }
}

class ScalarValue extends ValueNode {
  readonly kind = 'scalar';
  readonly text: string;
  readonly plain: boolean;

  constructor(text: string, plain: boolean, parent: ValueNode | (() => YamlNode), step: string | number) {
    super(parent, step);
    this.text = text;
    this.plain = plain;
  }
}

class KeyValue extends ScalarValue {
  protected override childOf(entry: YamlEntry | undefined): YamlNode | undefined {
    return entry?.key;
  }
}

export class SequenceValue extends ValueNode {
  readonly kind = 'sequence';
  /** As they were parsed. */
  readonly values: readonly unknown[];
  private ownItems: readonly YamlNode[] | undefined;

  constructor(values: readonly unknown[], parent: ValueNode | (() => YamlNode), step: string | number) {
    super(parent, step);
    this.values = values;
  }

  get items(): readonly YamlNode[] {
    this.ownItems ??= this.values.map((value, index) => nodeOf(value, this, index));
    return this.ownItems;
  }
}

/** No key of it stands twice. */
export class MappingValue extends ValueNode {
  readonly kind = 'mapping';
  /** As they were parsed. */
  readonly values: Readonly<Record<string, unknown>>;
  private ownEntries: readonly YamlEntry[] | undefined;

  constructor(values: Readonly<Record<string, unknown>>, parent: ValueNode | (() => YamlNode), step: string | number) {
    super(parent, step);
    this.values = values;
  }

  get entries(): readonly YamlEntry[] {
    this.ownEntries ??= Object.keys(this.values).map((key) => new EntryValue(key, this.values[key], this));
    return this.ownEntries;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.values, name);
  }

  get(name: string): YamlEntry | undefined {
    return this.has(name) ? new EntryValue(name, this.values[name], this) : undefined;
  }

  *[Symbol.iterator](): Generator<readonly [string, YamlEntry]> {
    for (const name of Object.keys(this.values)) yield [name, new EntryValue(name, this.values[name], this)];
  }
}

/** Most entries are asked for neither their key's node nor their value's. */
class EntryValue implements YamlEntry {
  private readonly ownName: string;
  private readonly ownOf: unknown;
  private readonly ownMapping: MappingValue;
  private ownKey: YamlNode | undefined;
  private ownValue: YamlNode | undefined;

  constructor(name: string, of: unknown, mapping: MappingValue) {
    this.ownName = name;
    this.ownOf = of;
    this.ownMapping = mapping;
  }

  get key(): YamlNode {
    this.ownKey ??= new KeyValue(this.ownName, false, this.ownMapping, this.ownName);
    return this.ownKey;
  }

  get value(): YamlNode {
    this.ownValue ??= nodeOf(this.ownOf, this.ownMapping, this.ownName);
    return this.ownValue;
  }
}

/** The tree of an object that was parsed; `placed` reads its text again, with positions. */
export function treeOfValue(value: object, placed: () => YamlNode): YamlNode {
  let known: YamlNode | undefined;
  return nodeOf(
    value,
    () => {
      known ??= placed();
      return known;
    },
    '',
  );
}

function nodeOf(value: unknown, parent: ValueNode | (() => YamlNode), step: string | number): YamlNode {
  if (typeof value === 'string') return new ScalarValue(value, false, parent, step);
  if (Array.isArray(value)) return new SequenceValue(value, parent, step);
  if (typeof value === 'object' && value !== null) return new MappingValue(value as Readonly<Record<string, unknown>>, parent, step);
  return new ScalarValue(String(value), true, parent, step);
}

/**
 * How many keys an object has, and all within it: as many as its text has, unless one stands there twice. NaN where the
 * values do not say all of the text: a number of which digits are lost, or names like `0`, which come first whatever their place.
 */
export function keysIn(value: unknown): number {
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' ? item !== null : typeof item === 'number') keys += keysIn(item);
    return keys;
  }
  if (typeof value === 'object') {
    for (const key in value) {
      const inner = (value as Readonly<Record<string, unknown>>)[key];
      if (keys === 0 && isIndex(key)) return Number.NaN;
      keys += 1;
      if (typeof inner === 'object' ? inner !== null : typeof inner === 'number') keys += keysIn(inner);
    }
    return keys;
  }
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? 0 : Number.NaN;
}

function isIndex(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 48 && first <= 57;
}
