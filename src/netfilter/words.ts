/** Words of a rule line, as iptables-restore splits them: white space separates, double quotes hold together. */

export interface Word {
  readonly text: string;
  /** As it stood in the line, quotes and backslashes included. */
  readonly raw: string;
}

/** The words of a line; null where a quote is not closed. */
export function splitWords(line: string): readonly Word[] | null {
  const words: Word[] = [];
  const pattern = /"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']+/gy;
  let rest = line.trimStart();
  while (rest !== '') {
    let raw = '';
    pattern.lastIndex = 0;
    for (let part = pattern.exec(rest); part !== null; part = pattern.exec(rest)) raw += part[0];
    if (raw === '' || /^["']/.test(rest.slice(raw.length))) return null;
    words.push({ text: unquote(raw), raw });
    rest = rest.slice(raw.length).trimStart();
  }
  return words;
}

function unquote(raw: string): string {
  return raw.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double?: string, single?: string) => (double ?? single ?? '').replace(/\\(.)/g, '$1'));
}
