/** Plain YAML as the values that JSON would have in its place, many times faster than as a tree with positions. Beside `yaml.ts` the only file that reads YAML. */

import { EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml';
import type { Values } from '../../value-nodes.ts';
import type { Position } from '../../yaml.ts';
import { isBare } from '../go-text.ts';

export interface YamlValues extends Position {
  readonly values: Values;
}

/** Stands for all that has no such value, or not for sure. */
class NotPlain extends Error {}

/**
 * The one mapping of a text, or the one item of its one list. Undefined where only the tree tells what is there: for broken
 * texts, several documents, aliases, tags, merges, keys that stand twice, and words that some readers take for numbers or truths.
 */
export function yamlValues(text: string): YamlValues | undefined {
  try {
    return new Reader(text).root();
  } catch (error) {
    if (error instanceof NotPlain || error instanceof YAMLException) return undefined;
    throw error;
  }
}

type Event = ReturnType<typeof parseEvents>[number];

class Reader {
  readonly #text: string;
  readonly #events: readonly Event[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#events = parseEvents(text, {});
  }

  root(): YamlValues {
    this.#take(EVENT_ID.DOCUMENT);
    let first = this.#take();
    const listed = first.type === EVENT_ID.SEQUENCE;
    if (listed) {
      isPlain(first);
      first = this.#take();
    }
    if (first.type !== EVENT_ID.MAPPING) throw new NotPlain();
    const values = this.#mapping(first);
    if (listed) this.#take(EVENT_ID.POP);
    this.#take(EVENT_ID.POP);
    if (this.#next < this.#events.length) throw new NotPlain();
    return { values, ...this.#position(first.start) };
  }

  #take(type?: Event['type']): Event {
    const event = this.#events[this.#next];
    if (event === undefined || (type !== undefined && event.type !== type)) throw new NotPlain();
    this.#next += 1;
    return event;
  }

  #mapping(event: Event): Values {
    isPlain(event);
    const values: Record<string, unknown> = {};
    for (;;) {
      const key = this.#take();
      if (key.type === EVENT_ID.POP) return values;
      if (key.type !== EVENT_ID.SCALAR) throw new NotPlain();
      isPlain(key);
      const name = getScalarValue(this.#text, key);
      if (isDoubtful(name) || Object.hasOwn(values, name)) throw new NotPlain();
      values[name] = this.#value(this.#take());
    }
  }

  #value(event: Event): unknown {
    switch (event.type) {
      case EVENT_ID.SCALAR: {
        isPlain(event);
        const text = getScalarValue(this.#text, event);
        return event.style === SCALAR_STYLE.PLAIN ? plainValue(text) : text;
      }
      case EVENT_ID.MAPPING:
        return this.#mapping(event);
      case EVENT_ID.SEQUENCE: {
        isPlain(event);
        const items: unknown[] = [];
        for (let item = this.#take(); item.type !== EVENT_ID.POP; item = this.#take()) items.push(this.#value(item));
        return items;
      }
      default:
        throw new NotPlain();
    }
  }

  #position(offset: number): Position {
    const before = this.#text.slice(0, offset);
    return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
  }
}

function isPlain(event: Event): void {
  if (('anchorStart' in event && event.anchorStart >= 0) || ('tagStart' in event && event.tagStart >= 0)) throw new NotPlain();
}

/** Names that an object of the runtime puts in another order, or takes for something else; and a merge. */
function isDoubtful(name: string): boolean {
  return name === '<<' || name === '__proto__' || /^\d/.test(name);
}

const NUMBER = /^(?:0|-?[1-9]\d{0,14})$/;
// Numbers begin so, and the words that some readers take for a truth or for nothing.
const LIKE_NUMBER = /^[-+.\d]/;
const OTHER_WORD = /^(?:True|TRUE|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|Null|NULL|~|)$/;

function plainValue(text: string): unknown {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  if (NUMBER.test(text)) return Number(text);
  const like = LIKE_NUMBER.test(text) ? isBare({ kind: 'scalar', text, plain: true, line: 0, column: 0 }) : OTHER_WORD.test(text);
  if (like) throw new NotPlain();
  return text;
}
