/** Mends of a manifest's text that change nothing of what it does, and so are safe to write without asking. */

/** What is to be written in place of what stands at a place. */
export interface TextEdit {
  /** Whether the key or the value of the entry is replaced. */
  readonly what: 'key' | 'value';
  readonly from: string;
  readonly to: string;
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
  return { what: 'value', from: text, to: kept.join(',') };
}
