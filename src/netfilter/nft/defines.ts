/** Variables of scripts that `nft -f` reads: `define ports = { 80, 443 }`, and `$ports` where it is used. */

const DEFINE = /^\s*(?:re)?define\s+(\w+)\s*=\s*(.*)$/;

/** The text with the values in the places of their names, line by line as it was. What nobody defines stays as it is. */
export function withDefines(text: string): string {
  if (!/^\s*(?:re)?define\s/m.test(text)) return text;
  const values = new Map<string, string>();
  const done: string[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const [, name, first = ''] = DEFINE.exec(lines[at] ?? '') ?? [];
    if (name === undefined) {
      done.push(filled(lines[at] ?? '', values));
      continue;
    }
    let value = bare(first);
    done.push('');
    // A list goes on until its brace is closed, and any value behind a backslash.
    while (at + 1 < lines.length && (value.endsWith('\\') || count(value, '{') > count(value, '}'))) {
      at += 1;
      value = `${value.replace(/\\$/, '')} ${bare(lines[at] ?? '')}`;
      done.push('');
    }
    values.set(name, filled(value.trim(), values));
  }
  return done.join('\n');
}

function bare(line: string): string {
  return line
    .replace(/\r$/, '')
    .replace(/\s*#(?=(?:[^"]*"[^"]*")*[^"]*$).*$/, '')
    .trimEnd();
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** Within a list, a list's elements are that list's own. */
function filled(line: string, values: ReadonlyMap<string, string>): string {
  return line.replace(/"[^"]*"|\$(\w+)/g, (whole, name: string | undefined, at: number) => {
    const value = name === undefined ? undefined : values.get(name);
    if (value === undefined) return whole;
    return /[{,]\s*$/.test(line.slice(0, at)) ? value.replace(/^\{(.*)\}$/s, '$1').trim() : value;
  });
}
