/** What a reader has to say about a text: plain data, worded in one table. */

export type ReadSeverity = 'error' | 'warning' | 'info';

interface ReadProblemForm {
  readonly severity: ReadSeverity;
  /** A sentence with `{argument}` in it. */
  readonly text: string;
}

export const READ_PROBLEMS = {
  'no-rules-found': {
    severity: 'error',
    text: 'There are no iptables rules in this text; what is read: a save, a listing, a log, a manifest, or a page with one of them.',
  },
  'empty-text': { severity: 'warning', text: 'The text is empty.' },
  'unreadable-line': { severity: 'warning', text: '"{text}" can\'t be read as a rule: {reason}.' },
  'line-too-long': { severity: 'warning', text: 'The line has {length} characters; lines above {limit} are not read.' },
  'too-many-problems': { severity: 'warning', text: '{count} more problems of this text are not listed.' },
  'too-many-edits': { severity: 'warning', text: '"{text}" is not applied: the text inserts and deletes too often.' },
  'too-many-lines': { severity: 'error', text: 'There are more than {limit} lines with rules here; what follows is not read.' },
  'not-permitted': {
    severity: 'warning',
    text: '"{text}": iptables was not allowed to look. Run it as root, or with the capability NET_ADMIN in that network namespace.',
  },
  'program-missing': {
    severity: 'warning',
    text: '"{text}": there is no iptables where this was run. Run it from the node, as "nsenter -t PID -n iptables-save", or in a debug container.',
  },
  'lock-held': { severity: 'warning', text: '"{text}": another program was changing rules. Run it again with -w.' },
  'table-missing': {
    severity: 'warning',
    text: '"{text}": this iptables could not open its table. Load its kernel module, or use the other backend (iptables-nft, iptables-legacy).',
  },
  'nothing-run': { severity: 'warning', text: '"{text}": iptables was not run; this has to work first.' },
  'incompatible-table': { severity: 'warning', text: "iptables can't show the table {table}, because it holds rules that only nft knows." },
  'legacy-tables-present': { severity: 'warning', text: 'There are rules in the legacy tables as well, which only {program} shows.' },
  'wrong-table': {
    severity: 'warning',
    text: 'This is the table filter, and nothing of Istio\'s is in it: Istio\'s rules are in nat, mangle and raw, as "{program} -t nat -L -n -v" shows them.',
  },
  'table-assumed': { severity: 'info', text: 'The text does not name the table of these rules; {table} is assumed: {reason}.' },
  'interfaces-not-shown': {
    severity: 'info',
    text: 'This listing does not show the interfaces that its rules match; "iptables -L -v" does.',
  },
} as const satisfies Record<string, ReadProblemForm>;

export type ReadCode = keyof typeof READ_PROBLEMS;

export interface ReadProblem {
  readonly code: ReadCode;
  readonly severity: ReadSeverity;
  /** 1-based line of the text. */
  readonly line: number;
  readonly args: Readonly<Record<string, string>>;
  /** Where the text came from, if the caller said so. */
  readonly file?: string;
}

/** The problem as a sentence. */
export function readProblemText({ code, args }: ReadProblem): string {
  return READ_PROBLEMS[code].text.replaceAll(/\{(\w+)\}/g, (_, name: string) => args[name] ?? '');
}

// A damaged text of 100 MB would otherwise have more problems than memory holds.
const MOST_PROBLEMS = 1000;
const LONGEST_QUOTE = 200;

/** Gathers problems; those above a thousand are only counted. */
export interface ReadProblems {
  readonly add: (code: ReadCode, line: number, args?: Readonly<Record<string, string>>) => void;
  /** All of them, by line. */
  readonly list: () => readonly ReadProblem[];
}

export function collectProblems(file: string | undefined): ReadProblems {
  const found: ReadProblem[] = [];
  let dropped = 0;
  const add: ReadProblems['add'] = (code, line, args = {}) => {
    const { severity } = READ_PROBLEMS[code];
    // An error, of which there is one of a kind, says that the rest can't be trusted.
    if (found.length >= MOST_PROBLEMS && severity !== 'error') dropped += 1;
    else found.push({ code, severity, line, args: shortened(args), ...(file !== undefined && { file }) });
  };
  const list = (): readonly ReadProblem[] => {
    const last: ReadProblem[] =
      dropped === 0
        ? []
        : [{ code: 'too-many-problems', severity: 'warning', line: found.at(-1)?.line ?? 1, args: { count: `${dropped}` } }];
    return [...found, ...last].sort((a, b) => a.line - b.line);
  };
  return { add, list };
}

function shortened(args: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const cut = (text: string): string => (text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}...`);
  return Object.fromEntries(Object.entries(args).map(([name, text]) => [name, cut(text)]));
}
