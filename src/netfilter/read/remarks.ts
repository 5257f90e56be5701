/**
 * What people write behind a rule: `# why`, `// why`, `<--- this one`, `(1)`, a remark in another script. iptables takes
 * none of it, and its own programs print a text of which they can't be sure in quotation marks, so that it is cut off
 * where no rule can hold it; what is left is read, or not, as it stands.
 */

// Whose value is any text, written without quotation marks as well.
const FREE_TEXT = /(?:^|\s)--(?:comment|log-prefix|nflog-prefix|ulog-prefix|string|hex-string|match-set|name|ifname|cgroup|path)\s+(?:!\s+)?$/;

// A name in any script may be the value of an option: an interface, a chain, a set.
const OPTION = /(?:^|\s)--?[a-zA-Z][\w-]*\s+(?:!\s+)?$/;

// A rule has its target by then; what has none has all of its words. No option of a rule is ever cut off with a remark.
const COMPLETE = /^(?:-[AIR]|--append|--insert|--replace)\s.*\s(?:-[jg]|--jump|--goto)\s+\S+\s|^-[NPFXD]\s+\S+\s|^:\s?\S+\s+\S+\s/;
const TARGET = /^(?:-[AIR]|--append|--insert|--replace)\s.*\s(?:-[jg]|--jump|--goto)\s+$/;

const MARK = /^(?:#|\/\/|\/\*|[<;>(]|=+>|-+>|-{1,3}(?=\s|$)|[^\x00-\x7f])/;

// `15006# remark`, `ISTIO_REDIRECT（remark）`: no name or number goes on like this.
const GLUED = /[#;(<\uff08\uff1b\u3002\uff0c\u3010\u2190\u2192\u21d0\u2b05]/;

/** The line without the remark behind its rule; the line itself where it has none. */
export function withoutRemark(line: string): string {
  if (!/[#/<>;(=\u0080-\uffff]|\s-{1,3}(?:\s|$)/.test(line)) return line;
  let at = 0;
  while (at < line.length) {
    const start = at + (/^\s*/.exec(line.slice(at))?.[0].length ?? 0);
    const word = wordAt(line, start);
    if (word === '') return line;
    const before = line.slice(0, start);
    const complete = COMPLETE.test(before) && !FREE_TEXT.test(before);
    if (complete && MARK.test(word) && !(isForeign(word) && OPTION.test(before))) return before.trimEnd();
    const glued = /["'\\]/.test(word) ? -1 : word.search(GLUED);
    if (glued > 0 && (complete || TARGET.test(before))) return line.slice(0, start + glued);
    at = start + word.length;
  }
  return line;
}

function isForeign(word: string): boolean {
  return /^[^\x00-\x7f]/.test(word);
}

/** A word with its quotations; an apostrophe that is never closed is a character. */
function wordAt(line: string, start: number): string {
  const pattern = /(?:[^\s"'\\]|"(?:[^"\\]|\\[\s\S])*"|'[^']*'|\\[\s\S]?|')+/y;
  pattern.lastIndex = start;
  return pattern.exec(line)?.[0] ?? '';
}

/** The same of a row of a listing, whose comments stand in `/* *\/`. */
export function withoutRowRemark(row: string): string {
  if (!/#|\/\/|<-|[\u0080-\uffff]/.test(row)) return row;
  // connlimit shows `#conn src/32 > 5`.
  const found = /\s(?:#(?!conn )|\/\/|<-|←|[\u3000-\ufffd])/.exec(row.replace(/\/\* .*? \*\//g, (comment) => ' '.repeat(comment.length)));
  return found === null || /match-set\s+$|"[^"]*$/.test(row.slice(0, found.index + 1)) ? row : row.slice(0, found.index).trimEnd();
}
