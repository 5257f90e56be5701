/** What loggers put before a line: times, levels, JSON, the prefixes of container runtimes and of kubectl. */

import { startsAsRules } from './line-starts.ts';

/** A line without what a logger put before it. */
export interface LoggedText {
  /** One line, or the lines of one message. */
  readonly text: string;
  /** The runtime has cut the line here; the next one goes on with it. */
  readonly partial: boolean;
}

// Docker's JSON around istio's JSON, or CRI's prefix around it, and kubectl's time before both.
const DEEPEST = 4;

const PREFIXES: readonly RegExp[] = [
  // kubectl logs --prefix
  /^\[pod\/[^\]\s]{1,300}\] /,
  // ISO 8601; istio puts a tab behind it, kubectl logs --timestamps a space
  /^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?[ \t]+/,
  // istio: the level and, between tabs, a scope
  /^(?:debug|info|warn|warning|error|fatal|none)(?:\t(?:[\w-]{1,40}\t)?| {2,})/i,
  // klog: I0402 10:11:12.345678 1 run.go:333]
  /^[IWEF]\d{4} [\d:.]{8,15} +\d{1,10} [\w./-]{1,100}:\d{1,6}\] /,
];

/** Takes off all layers that are recognised, the outermost first. */
export function withoutLogger(line: string): LoggedText {
  let text = line;
  let partial = false;
  for (let layer = 0; layer < DEEPEST; layer += 1) {
    const inner = oneLayer(text);
    if (inner === null) break;
    text = inner.text;
    partial ||= inner.partial;
  }
  return { text, partial };
}

function oneLayer(text: string): LoggedText | null {
  if (/^[{[]\s*[{"[]/.test(text)) return jsonMessage(text);
  const [prefix, tag] = /^\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d) std(?:out|err) ([FP]) /.exec(text) ?? [];
  if (prefix !== undefined) return { text: text.slice(prefix.length), partial: tag === 'P' };
  for (const pattern of PREFIXES) {
    const found = pattern.exec(text);
    if (found !== null) return { text: text.slice(found[0].length), partial: false };
  }
  return null;
}

/** Where the loggers that are known have the message; the rest is looked through. */
const FIELDS: readonly string[] = ['msg', 'message', 'textPayload', 'line', 'MESSAGE', '@message', 'body', 'stdout'];

function jsonMessage(text: string): LoggedText | null {
  if (!/[}\]]\s*,?$/.test(text)) return null;
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/,\s*$/, ''));
  } catch {
    return null;
  }
  const { log, ...record } = Object(value) as Record<string, unknown>;
  // Docker's json-file driver ends each line with its line feed, and cuts long ones without.
  if (typeof log === 'string') return { text: log.replace(/\r?\n$/, ''), partial: !log.endsWith('\n') };
  const found =
    FIELDS.map((name) => record[name]).find((field) => typeof field === 'string') ??
    rulesWithin(value, MOST_NESTED) ??
    longestWithin(value, MOST_NESTED);
  return found === undefined || found === null ? null : { text: found as string, partial: false };
}

// `{"result": {"results": [{"stdout_lines": [...]}]}}`
const MOST_NESTED = 6;

/** A message is longer than the labels beside it, and has more than one word. */
function longestWithin(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return /[\s=]/.test(value) ? value : null;
  if (value === null || typeof value !== 'object' || depth === 0) return null;
  const texts = Object.values(value).flatMap((part) => longestWithin(part, depth - 1) ?? []);
  return texts.length === 0 ? null : texts.reduce((longest, text) => (text.length > longest.length ? text : longest));
}

/** The texts in a document that hold lines of iptables, one behind the other: of several, none is more than the others. */
function rulesWithin(value: unknown, depth: number): string | null {
  const texts = [...new Set(textsOfRules(value, depth))];
  return texts.length === 0 ? null : texts.join('\n');
}

/** A list of lines is one text. */
function textsOfRules(value: unknown, depth: number): readonly string[] {
  if (typeof value === 'string') return value.split('\n', 200).some(startsAsRules) ? [value] : [];
  if (value === null || typeof value !== 'object' || depth === 0) return [];
  const parts: readonly unknown[] = Object.values(value);
  const lines = Array.isArray(value) && parts.length > 1 && parts.every((part) => typeof part === 'string');
  return lines ? textsOfRules(parts.join('\n'), depth) : parts.flatMap((part) => textsOfRules(part, depth - 1));
}
