/** A whole text that somebody, or some program, has put on one line. */

import { startsAsRules } from './line-starts.ts';

// A kubelet's error quotes a plugin's output, and the journal may quote that once more.
const DEEPEST = 3;

const ESCAPED = /\\n(?:\+ |-[ANP] |\* ?(?:nat|mangle|raw|filter)|:\w|COMMIT|Chain |ip6?tables|[A-Z][A-Z0-9_]{3,40}=|\\n)/;
const RULES = /(?:^|\s)-[ANP] [A-Za-z]/g;
const COMMANDS = /tables\S*\s+(?:-\S+\s+(?:[a-z0-9]+\s+)?)*-[ANPDI] /;
const BREAKS =
  /\s+(?=-[ANP] [A-Za-z][\w-]*(?:\s|$)|\* ?(?:nat|mangle|raw|filter)\s|COMMIT(?:\s|$)|:[A-Za-z][\w-]* (?:ACCEPT|DROP|-) \[|# (?:Generated|Completed) )/;

/**
 * The lines of a line. What begins as a rule stays whole where it holds a quotation: a comment may hold any text, and
 * what stands within one is never a rule.
 */
export function linesWithin(text: string): readonly string[] {
  if (text.length < 40) return [text];
  const begun = startsAsRules(text) || isWithinQuotation(text);
  if (!begun && text.includes('\\n') && ESCAPED.test(text)) return unescaped(text).split('\n').flatMap(linesWithin);
  if (text.includes('"') || (text.match(RULES)?.length ?? 0) < 2 || COMMANDS.test(text)) return [text];
  const lines = text.split(BREAKS);
  return lines.every(isWhole) ? lines : [text];
}

const BEGINS = /^(?:\+{1,3} )?(?:\S*\/)?ip6?tables\S*\s|^\s*\d+[KMGT]?\s+\d+[KMGT]?\s/;

/** Whether what looks like the end of a line stands in a quotation or a comment of a command, or of a listing's row. */
function isWithinQuotation(text: string): boolean {
  if (!BEGINS.test(text)) return false;
  const before = text.slice(0, text.search(ESCAPED) + 1);
  return /["']|\/\* /.test(before);
}

/** A rule has its target, or what stands behind it is no other one. */
function isWhole(line: string): boolean {
  return !line.startsWith('-A') || /\s-[jg] \S/.test(line);
}

function unescaped(text: string): string {
  let lines = text;
  for (let depth = 0; depth < DEEPEST && ESCAPED.test(lines); depth += 1)
    lines = lines.replace(/\\([nrt"\\])/g, (_, escaped: string) =>
      escaped === 'n' ? '\n' : escaped === 't' ? '\t' : escaped === 'r' ? '' : escaped,
    );
  return lines;
}
