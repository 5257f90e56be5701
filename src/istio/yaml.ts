/** YAML as a tree that knows its positions. The only file that writes YAML; beside `kubernetes/manifest/yaml-values.ts` the only one that reads it. */

import { dump, EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml';

export interface Position {
  /** Both counted from 1. */
  readonly line: number;
  readonly column: number;
}

export type YamlNode =
  | (Position & {
      readonly kind: 'scalar';
      /** The source text, unquoted: `0x50` stays `0x50`. */
      readonly text: string;
      /** Whether it stood without quotes, so that `null` and an empty text mean nothing. */
      readonly plain: boolean;
      /** Of a literal block (`|`), which begins a line below its header: how far its lines are indented. Each is a line of the text. */
      readonly indent?: number;
    })
  | (Position & { readonly kind: 'sequence'; readonly items: readonly YamlNode[] })
  | (Position & { readonly kind: 'mapping'; readonly entries: readonly YamlEntry[] });

export interface YamlEntry {
  readonly key: YamlNode;
  readonly value: YamlNode;
}

/** Why a text is no YAML, and where. */
export interface YamlFault extends Position {
  readonly reason: string;
}

/**
 * The documents of a YAML (or JSON) text. An alias is the very node it names, so that a bomb of
 * aliases stays as small as its text; one that names a node around itself is a fault.
 */
export function readYaml(text: string): readonly YamlNode[] | YamlFault {
  try {
    return buildDocuments(text);
  } catch (error) {
    if (error instanceof YAMLException)
      return { reason: error.reason, line: (error.mark?.line ?? 0) + 1, column: (error.mark?.column ?? 0) + 1 };
    if (error instanceof AliasFault) return { reason: error.message, ...error.position };
    throw error;
  }
}

class AliasFault extends Error {
  readonly position: Position;

  constructor(message: string, position: Position) {
    super(message);
    this.position = position;
  }
}

interface Open {
  readonly node: YamlNode | null;
  readonly children: YamlNode[];
  readonly anchor: string;
}

function buildDocuments(text: string): readonly YamlNode[] {
  const at = positions(text);
  const documents: YamlNode[] = [];
  const anchors = new Map<string, YamlNode>();
  const stack: Open[] = [];
  const add = (node: YamlNode): void => {
    stack.at(-1)?.children.push(node);
  };
  const name = (start: number, end: number): string => (start < 0 ? '' : text.slice(start, end));
  let lastOffset = 0;
  for (const event of parseEvents(text, {})) {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        stack.push({ node: null, children: documents, anchor: '' });
        anchors.clear();
        break;
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE: {
        lastOffset = event.start;
        const node = event.type === EVENT_ID.MAPPING ? mapping(at(event.start)) : sequence(at(event.start));
        add(node.node);
        stack.push({ ...node, anchor: name(event.anchorStart, event.anchorEnd) });
        break;
      }
      case EVENT_ID.SCALAR: {
        if (event.valueStart >= 0) lastOffset = event.valueStart;
        // `!!str 80` is a text, as one in quotes is.
        const plain = event.style === SCALAR_STYLE.PLAIN && !/^!(?:!str)?$/.test(name(event.tagStart, event.tagEnd));
        // A quoted value starts behind its quote; people count from the quote.
        const offset =
          event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED ? lastOffset - 1 : lastOffset;
        const value = event.valueStart < 0 ? '' : getScalarValue(text, event);
        const literal = event.style === SCALAR_STYLE.LITERAL_BLOCK && event.indent >= 0;
        const node: YamlNode = { kind: 'scalar', text: value, plain, ...(literal ? { indent: event.indent } : {}), ...at(offset) };
        add(node);
        const anchor = name(event.anchorStart, event.anchorEnd);
        if (anchor !== '') anchors.set(anchor, node);
        break;
      }
      case EVENT_ID.ALIAS: {
        const alias = name(event.anchorStart, event.anchorEnd);
        const node = anchors.get(alias);
        const around = stack.some(({ anchor }) => anchor === alias);
        if (node === undefined || around)
          throw new AliasFault(around ? `*${alias} refers to itself` : `*${alias} refers to nothing`, at(event.anchorStart - 1));
        add(node);
        break;
      }
      default: {
        const closed = stack.pop();
        if (closed?.node != null && closed.anchor !== '') anchors.set(closed.anchor, closed.node);
      }
    }
  }
  return documents;
}

function sequence(position: Position): { node: YamlNode; children: YamlNode[] } {
  const items: YamlNode[] = [];
  return { node: { kind: 'sequence', items, ...position }, children: items };
}

/** A mapping gathers keys and values by turns; its entries are paired when someone looks. */
function mapping(position: Position): { node: YamlNode; children: YamlNode[] } {
  const parts: YamlNode[] = [];
  let paired: readonly YamlEntry[] | undefined;
  const node: YamlNode = {
    kind: 'mapping',
    ...position,
    get entries(): readonly YamlEntry[] {
      paired ??= Array.from({ length: Math.floor(parts.length / 2) }, (_, index) => ({
        key: parts[2 * index] as YamlNode,
        value: parts[2 * index + 1] as YamlNode,
      }));
      return paired;
    },
  };
  return { node, children: parts };
}

/** Offsets to lines and columns, by the starts of the lines. */
function positions(text: string): (offset: number) => Position {
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

/** Plain data as YAML; texts that could be read as something else are quoted. From `inline` levels down it stands on one line. */
export function writeYaml(value: object, inline = -1): string {
  return dump(value, { lineWidth: -1, noRefs: true, flowLevel: inline });
}
