/**
 * What people write behind a rule: `# why`, `// why`, `<--- this one`, `(1)`, a remark in another script. iptables takes
 * none of it, and its own programs print a text of which they can't be sure in quotation marks, so that it is cut off
 * where no rule can hold it; what is left is read, or not, as it stands.
 */

// Whose value is any text, written without quotation marks as well.
const FREE_TEXT = /^--(?:comment|log-prefix|nflog-prefix|ulog-prefix|string|hex-string|match-set|name|ifname|cgroup|path)$/;

// A name in any script may be the value of an option: an interface, a chain, a set.
const OPTION = /^--?[a-zA-Z][\w-]*$/;

const MARK = /^(?:#|\/\/|\/\*|[<;>(]|=+>|-+>|-{1,3}$|[\u0080-\uffff])/;
const FOREIGN = /^[\u0080-\uffff]/;

// `15006# remark`, `ISTIO_REDIRECT（remark）`: no name or number goes on like this.
const GLUED = /[#;(<\uff08\uff1b\u3002\uff0c\u3010\u2190\u2192\u21d0\u2b05]/;

// A word with its quotations; an apostrophe that is never closed is a character.
const WORD = /(?:[^\s"'\\]|"(?:[^"\\]|\\[\s\S])*"|'[^']*'|\\[\s\S]?|')+/g;

// What no remark is without, on its way past the words before it; nearly no line of a save has any.
const ANY = /[#;(<>\\\u0080-\uffff]|\/[/*]|\s-{1,3}(?:\s|$)/;

const RULE = /^(?:-[AIR]|--append|--insert|--replace)$/;
const DECLARATION = /^(?:-[NPFXD]|:.*)$/;
const JUMP = /^(?:-[jg]|--jump|--goto)$/;

/**
 * The line without the remark behind its rule; the line itself where it has none. Only what is complete has a remark: a
 * rule with its target, a chain with its policy. So no option of a rule is ever cut off with one. A name that the text
 * declares is no remark either: iptables takes a chain ISTIO_REDIRECT#1, which is not ISTIO_REDIRECT.
 */
export function withoutRemark(line: string, declared: ReadonlySet<string>): string {
  if (!mayHaveRemark(line)) return line;
  const pattern = new RegExp(WORD);
  let [first, before, last] = ['', '', ''];
  let words = 0;
  let target = -1;
  for (let found = pattern.exec(line); found !== null; found = pattern.exec(line)) {
    const [word] = found;
    const complete = DECLARATION.test(first) ? words > 1 : RULE.test(first) && target >= 0 && words >= target;
    const option = last === '!' ? before : last;
    if (complete && !FREE_TEXT.test(option)) {
      const glued = /["']/.test(word) || declared.has(word) ? -1 : word.search(GLUED);
      const kept = glued > 0 ? word.slice(0, glued).replace(/\\$/, '') : word;
      // Of `-<` a dash would be left, which is as little of the rule.
      const marks = [word, kept].some((text) => MARK.test(text.replaceAll('\\', '')));
      if (words > target && marks && !(FOREIGN.test(word) && OPTION.test(option))) return line.slice(0, found.index).trimEnd();
      if (glued > 0) return line.slice(0, found.index) + kept;
    }
    if (JUMP.test(word) && target === -1) target = words + 1;
    [first, before, last] = [words === 0 ? word : first, last, word];
    words += 1;
  }
  return line;
}

/** Whether what a line says can depend on what its text declares. */
export function mayHaveRemark(line: string): boolean {
  return ANY.test(line);
}

/** The same of a row of a listing, whose comments stand in `/* *\/`. */
export function withoutRowRemark(row: string): string {
  if (!/#|\/\/|<-|[\u0080-\uffff]/.test(row)) return row;
  // connlimit shows `#conn src/32 > 5`.
  const found = /\s(?:#(?!conn )|\/\/|<-|←|[\u3000-\ufffd])/.exec(row.replace(/\/\* .*? \*\//g, (comment) => ' '.repeat(comment.length)));
  return found === null || /match-set\s+$|"[^"]*$/.test(row.slice(0, found.index + 1)) ? row : row.slice(0, found.index).trimEnd();
}
