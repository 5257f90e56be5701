/** Saves as tests compare them: made from the text alone, so that nothing of ours takes part. */

/** The normal form of a save: no comments, no counters, tables in one order, none that is empty. */
export function normalSave(save: string): string {
  const tables = new Map<string, string>();
  for (const [, name = '', body = ''] of save.replace(/^#.*\n/gm, '').matchAll(/^\*(\w+)\n([^]*?)^COMMIT\n/gm)) {
    if (!/^-A|^:\S+ - /m.test(body)) continue;
    tables.set(name, `*${name}\n${body.replace(/ \[\d+:\d+\]$/gm, '')}COMMIT\n`);
  }
  return ['mangle', 'raw', 'filter', 'nat'].map((name) => tables.get(name) ?? '').join('');
}
