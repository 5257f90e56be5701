import type { Family } from '../family.ts';
import type { Word } from '../words.ts';
import { plainWords, splitWords } from '../words.ts';
import { operationOf } from './edit-line.ts';

/** What a line says of the rules that follow it. */
export interface Announcement {
  readonly kind: 'announces';
  readonly family: Family;
  /** Null without `-t`. */
  readonly table: string | null;
  /** Of `iptables-save`: its output begins with `*nat`, where input of iptables-restore may have `* nat`. */
  readonly saves?: true;
}

/** A command that changes a table: `words` begin with the operation (`-A`). */
export interface EditCommand {
  readonly kind: 'edits';
  readonly family: Family;
  readonly table: string;
  readonly words: readonly Word[];
}

/** A command that would be one of these, but can't be understood. */
export interface UnreadableCommand {
  readonly kind: 'unreadable';
  readonly reason: string;
}

export type CommandLine = Announcement | EditCommand | UnreadableCommand;

// Far enough for `kubectl exec ... -- nsenter ... iptables`; a bound for the patterns below.
const FURTHEST = 400;

const PROGRAM = /(?:^|[\s/`'"(])(ip6?tables)(?:-(?:legacy|nft))?(-save|-restore)?(?=[\s`'")]|$)/;

// What may stand before a command that is really run: a prompt, `+` (set -x), a log's "Running command:", a wrapper's `--`.
// `# ` alone is no prompt: in a script it takes the command away.
const RUN =
  /^(?:[^#$%>]+[#$%>] |\$ |\++ |.*\b(?:[Rr]unning|[Ee]xecuting)(?: command)?[^:]*: |.* -- )?(?:sudo |exec |env |[^\s=]+=\S* |ip netns exec \S+ )*(?:nsenter .* )?(?:\S*\/)?$/;

/** Reads a line that names iptables as a program; null where nothing comes of it. Several commands of one line come one by one. */
export function readCommandLine(line: string): readonly CommandLine[] | null {
  const start = line.slice(0, FURTHEST);
  const found = PROGRAM.exec(start);
  if (found === null) return rulesFile(start);
  const at = found.index + found[0].indexOf('ip');
  const run = RUN.test(start.slice(0, at).trimStart());
  const rest = line.slice(at);
  // Prose may hold a quotation mark that is never closed.
  const words = splitWords(rest) ?? plainWords(rest).map((text) => ({ text, raw: text }));
  const commands = splitCommands(words).flatMap((command) => readCommand(command, run) ?? []);
  return commands.length === 0 ? null : commands;
}

// istio-iptables up to 1.22: "Writing following contents to rules file: /tmp/ip6tables-rules-1617.txt".
function rulesFile(line: string): readonly Announcement[] | null {
  const [, program] = /\/(ip6?tables)-rules-\d/.exec(line) ?? [];
  return program === undefined ? null : [{ kind: 'announces', family: program === 'ip6tables' ? 'ip6' : 'ip', table: null }];
}

const SEPARATORS: readonly string[] = [';', '&&', '||', '|', '&'];

/** `a; b && c` as the words of each, without redirections. */
function splitCommands(words: readonly Word[]): readonly (readonly Word[])[] {
  const commands: Word[][] = [[]];
  for (const word of words) {
    const ends = word.raw.length > 1 && word.raw.endsWith(';');
    if (SEPARATORS.includes(word.raw)) commands.push([]);
    else if (!/^\d?[<>]/.test(word.raw)) commands.at(-1)?.push(ends ? { text: word.text.slice(0, -1), raw: word.raw.slice(0, -1) } : word);
    if (ends) commands.push([]);
  }
  return commands;
}

function readCommand(words: readonly Word[], run: boolean): CommandLine | null {
  const [, program, tool] = PROGRAM.exec(words.find((word) => PROGRAM.test(word.text))?.text ?? '') ?? [];
  if (program === undefined) return null;
  const family = program === 'ip6tables' ? 'ip6' : 'ip';
  const { table, rest } = takeOptions(words.slice(words.findIndex((word) => PROGRAM.test(word.text)) + 1));
  const named = table === null || /^[A-Za-z][A-Za-z0-9_-]{0,30}$/.test(table);
  if (tool === '-save') return { kind: 'announces', family, table: named ? table : null, saves: true };
  if (tool === '-restore') return { kind: 'announces', family, table: null };
  const operation = rest.findIndex((word) => operationOf(cleaned(word)) !== undefined);
  const kind = operationOf(cleaned(rest[operation]));
  if (kind === 'list' || kind === 'list-rules') return { kind: 'announces', family, table: named ? table : null };
  // What is only written about is not run; what the rule matches may stand before the operation as well as behind it.
  if (!run || kind === undefined) return null;
  if (!named) return { kind: 'unreadable', reason: `${table} can't be the name of a table` };
  return { kind: 'edits', family, table: table ?? 'filter', words: [...rest.slice(operation), ...rest.slice(0, operation)] };
}

/** A word without the punctuation of prose: `iptables -t nat -L` in backquotes. */
function cleaned(word: Word | undefined): string {
  return (word?.raw ?? '').replace(/[`'".,:)]+$/, '');
}

// Whose value is any text, one that looks like an option included.
const FREE_TEXT: readonly string[] = ['--comment', '--log-prefix', '--nflog-prefix'];

/** `-t TABLE`, and the options that only say how iptables works (`-w 30`). */
function takeOptions(words: readonly Word[]): { readonly table: string | null; readonly rest: readonly Word[] } {
  const rest: Word[] = [];
  let table: string | null = null;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    const next = cleaned(words[at + 1]);
    if (word === undefined) continue;
    const [, joined] = /^(?:--table=|-t)(\w+)/.exec(word.raw) ?? [];
    if (FREE_TEXT.includes(rest.at(-1)?.text ?? '')) rest.push(word);
    else if (joined !== undefined) table = joined;
    else if (word.raw === '-t' || word.raw === '--table') {
      table = next;
      at += 1;
    } else if (word.raw === '-w' || word.raw === '--wait' || word.raw === '-W' || word.raw === '--wait-interval') {
      if (/^\d+$/.test(next)) at += 1;
    } else if (!/^(?:--wait(?:-interval)?=\d+|-w\d+|--verbose|--numeric|--exact|--line-numbers|-v|-n|-x|-vv)$/.test(word.raw))
      rest.push(word);
  }
  return { table, rest };
}
