/** Writes a mend into the text of a manifest, where exactly the expected word stands; all else stays as it is. */

/** What is to be written in place of what stands at a place, counted from 1. */
export interface PlacedEdit {
  readonly line: number;
  readonly column: number;
  readonly what: 'key' | 'value';
  readonly from: string;
  readonly to: string;
}

/** The part of the text that an edit replaces, as offsets; undefined where something else stands there. */
export function spanOf(text: string, { line, column, what, from }: PlacedEdit): readonly [number, number] | undefined {
  const start = lineStart(text, line);
  if (start === undefined) return undefined;
  const at = start + column - 1;
  return what === 'value' ? valueSpan(text, at, from) : keySpan(text, start, at, from);
}

/** The text with the edits in it, the last of them first; those that do not fit, or overlap, are left for another round. */
export function editedText(text: string, edits: readonly PlacedEdit[]): { readonly text: string; readonly written: number } {
  const placed = edits.flatMap((edit) => {
    const span = spanOf(text, edit);
    return span === undefined ? [] : [{ span, to: edit.to }];
  });
  let edited = text;
  let before = Number.POSITIVE_INFINITY;
  let written = 0;
  for (const { span, to } of placed.sort((a, b) => b.span[0] - a.span[0])) {
    if (span[1] > before) continue;
    edited = `${edited.slice(0, span[0])}${to}${edited.slice(span[1])}`;
    before = span[0];
    written += 1;
  }
  return { text: edited, written };
}

function lineStart(text: string, line: number): number | undefined {
  let start = 0;
  for (let passed = 1; passed < line; passed += 1) {
    const end = text.indexOf('\n', start);
    if (end < 0) return undefined;
    start = end + 1;
  }
  return start;
}

const ANCHORED = /&[^\s,[\]{}]+\s+(?:!\S*\s+)?$/;

/** The word itself, in quotes or without, and nothing more of the value behind it. */
function valueSpan(text: string, at: number, from: string): readonly [number, number] | undefined {
  // What has an anchor may stand elsewhere as well, where it means something else.
  if (ANCHORED.test(text.slice(text.lastIndexOf('\n', at - 1) + 1, at))) return undefined;
  const quote = ['"', "'"].find((one) => text[at] === one);
  const begin = quote === undefined ? at : at + 1;
  const end = begin + from.length;
  if (text.slice(begin, end) !== from) return undefined;
  const behind = text.slice(end, end + 2);
  return (quote === undefined ? /^(?:$|[\r\n]| [#\r\n]| $|,[ \r\n"]|[}\]])/ : new RegExp(`^${quote}`)).test(behind)
    ? [begin, end]
    : undefined;
}

/** The key is what stands last before its value, in the same line. */
function keySpan(text: string, start: number, at: number, from: string): readonly [number, number] | undefined {
  const before = text.slice(start, at);
  const found = before.lastIndexOf(from);
  if (found < 0 || !/^["']?\s*:\s*$/.test(before.slice(found + from.length)) || /[\w./-]$/.test(before.slice(0, found))) return undefined;
  return [start + found, start + found + from.length];
}
