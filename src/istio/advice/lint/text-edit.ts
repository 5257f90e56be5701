/** Mends of a manifest's text: safe ones change nothing of what runs, and are written without asking. */

/** What is to be written in place of what stands at a place. */
export interface TextEdit {
  /** Whether the key or the value of the entry is replaced. */
  readonly what: 'key' | 'value';
  readonly from: string;
  readonly to: string;
  /** Whether pods do something else after it: what was meant, as far as anybody can tell. */
  readonly isUnsafe?: true;
}

/** A list without some of its items; nothing where that changes nothing, or would leave no item. */
export function withoutItems(
  text: string | undefined,
  isIdle: (item: string, index: number, items: readonly string[]) => boolean,
): TextEdit | undefined {
  if (text === undefined) return undefined;
  const items = text.split(',');
  const kept = items.filter((item, index) => !isIdle(item.trim(), index, items));
  if (kept.length === 0 || kept.length === items.length) return undefined;
  // A blank beside a comma goes with the item behind it.
  return { what: 'value', from: text, to: kept.join(',').trim() };
}

const ITEM = /^(?:\*|\d{1,5}|\d+(?:\.\d+){3}(?:\/\d+)?|[\da-f]*:[\da-f:.]*(?:\/\d+)?)$/i;
const MODES = ['REDIRECT', 'TPROXY', 'NONE'];

/**
 * The form in which a value is taken that is refused as it stands: a list with commas and nothing else between its items, a mode in
 * capitals. No pod starts with what is refused, so that nothing that runs is changed. Nothing where the items are at fault as well.
 */
export function inForm(text: string | undefined): TextEdit | undefined {
  if (text === undefined) return undefined;
  const items = text
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .split(/[\s;,]+/)
    .filter((item) => item !== '');
  const isList = items.length > 0 && items.every((item) => ITEM.test(item) && !(Number(item) > 65_535));
  const to = isList ? items.join(',') : MODES.find((mode) => mode === text.trim().toUpperCase());
  return to === undefined || to === text ? undefined : { what: 'value', from: text, to };
}

/** Quotes around a number or a truth value, where Kubernetes takes only texts. */
export function inQuotes(text: string): TextEdit | undefined {
  return /^(?:0|[1-9]\d*|true|false)$/.test(text) ? { what: 'value', from: text, to: `"${text}"` } : undefined;
}
