import type { Family } from '../family.ts';
import { TABLES } from '../rule.ts';
import type { Word } from '../words.ts';
import { plainWords } from '../words.ts';
import { Breaks, isCommit } from './breaks.ts';
import type { Announcement, CommandLine } from './command.ts';
import { readCommandLine } from './command.ts';
import { failureIn } from './failures.ts';
import type { Gap } from './gap.ts';
import { MOST_LINES } from './limits.ts';
import type { Line } from './lines.ts';
import type { ReadProblems } from './problems.ts';
import { readColumns } from './row.ts';
import {
  chainHeading,
  incompatibleTable,
  isBlockLine,
  isFence,
  isLooseRule,
  isPrompt,
  isRow,
  legacyProgram,
  listedFamily,
  tableStart,
} from './shapes.ts';

/** What is known of the family of sections that belong together. */
export interface Origin {
  /** What a command, a comment or a log said; null where nothing did. */
  readonly stated: Family | null;
  /** What holds where nothing is stated and no address shows it. */
  readonly assumed: Family;
  /** What the first address shows. */
  listed: Family | null;
}

/** `block`: iptables-save or iptables-restore; `rules`: iptables -S; `listing`: iptables -L; `commands`: single commands. */
export type Form = 'block' | 'rules' | 'listing' | 'commands';

export interface Section {
  readonly form: Form;
  origin: Origin;
  /** Null where the text does not say, as with iptables -S and -L. */
  readonly table: string | null;
  /** 1-based line that it starts in. */
  readonly line: number;
  /** As they stood; of a command, what stands from its operation on. */
  readonly lines: Line[];
  /** Lines of a block that are none of a table. */
  readonly strays: Line[];
  /** Whether its COMMIT was there. */
  committed: boolean;
}

/** Sections, and where the text that they are of breaks off or begins in the middle. */
export interface ReadSections {
  readonly sections: readonly Section[];
  readonly gaps: readonly Gap[];
  /** The families of which a shell's trace shows that all tables were saved, to the end. */
  readonly listed: readonly Family[];
}

/** Cuts a text into sections, in its order. Text around them is skipped; notes of iptables-nft become problems. */
export function readSections(lines: Iterable<Line>, problems: ReadProblems): ReadSections {
  const reader = new SectionReader(problems);
  for (const line of lines) {
    reader.read(line);
    if (reader.kept <= MOST_LINES) continue;
    problems.add('too-many-lines', line.number, { limit: `${MOST_LINES}` });
    break;
  }
  return { sections: reader.sections, gaps: reader.gaps(), listed: reader.looked() };
}

const HOOK_ORDER = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

class SectionReader {
  readonly sections: Section[] = [];
  /** Lines in all sections. */
  kept = 0;
  readonly #problems: ReadProblems;
  #open: Section | null = null;
  /** A block's first line may be an item of a list in prose (`* nat`): only what follows can tell. */
  #tentative = false;
  #origin: Origin = { stated: null, assumed: 'ip', listed: null };
  /** The tables of the blocks of this origin. */
  #seen = new Set<string>();
  /** What was announced and has not been followed by anything yet. */
  #announced: Announcement | null = null;
  /** The chains that the open listing or run of rules has named, and the last of them. */
  #chains = new Set<string>();
  #lastChain = '';
  #policiesDone = false;
  /** An address has shown the family of the open section. */
  #addressed = false;
  /** The command of a shell's trace that another line of it may show again. */
  #traced: string | null = null;
  /** How many more lines the comment of a listing's row may go on. */
  #commentLeft = 0;
  /** A blank line has ended the rows of the listing's last chain. */
  #blankAbove = false;
  readonly #breaks = new Breaks();
  /** The looks that failed: their line, and the family that they were to show. */
  readonly #lost: { readonly line: number; readonly family: Family | undefined }[] = [];

  constructor(problems: ReadProblems) {
    this.#problems = problems;
  }

  read(line: Line): void {
    if (this.#open?.form === 'listing') {
      // A comment of a row goes on over line ends: what stands in it is no heading of another listing.
      const isWithin = this.#commentLeft > 0;
      this.#commentLeft = leavesCommentOpen(line.text, isWithin) ? (isWithin ? this.#commentLeft - 1 : MOST_COMMENT_LINES) : 0;
      if (isWithin) {
        this.#keep(this.#open, line);
        return;
      }
    } else this.#commentLeft = 0;
    const { text, number } = line;
    if (text === '') {
      // A blank line ends the rows of a chain; what can't be read behind it is other text.
      if (this.#open?.form === 'listing') this.#keep(this.#open, line);
      this.#blankAbove = true;
      return;
    }
    if (this.#note(line)) return;
    this.#breaks.see(line, this.sections.length, this.#open !== null);
    if (isFence(text)) {
      this.#close();
      return;
    }
    if (this.#open?.form === 'block' && this.#inBlock(line)) return;
    const table = tableStart(text);
    if (table !== null && (TABLES.includes(table) || !text.includes(' '))) {
      this.#startBlock(table, number, text.includes(' '));
      return;
    }
    const heading = chainHeading(text);
    if (heading !== null) {
      const { chain } = heading;
      if (this.#open?.form !== 'listing' || (chain !== null && !this.#continues(chain))) this.#startUnnamed('listing', number);
      if (chain !== null) this.#name(chain);
      this.#blankAbove = false;
      this.#add(line);
      return;
    }
    if (this.#open?.form === 'listing' && (isRow(text) || readColumns(plainWords(text)) !== null)) {
      this.#add(line);
      return;
    }
    if (isLooseRule(text) || (this.#open?.form === 'rules' && /^-[A-Z] /.test(text))) {
      this.#loose(line);
      return;
    }
    if (this.#failed(line)) return;
    const commands = text.includes('tables') ? readCommandLine(text) : null;
    if (commands !== null) {
      for (const command of commands) this.#command(command, line);
      return;
    }
    if (text.startsWith('#')) return;
    if (isCommit(text) && this.#open?.form === 'rules') this.#open.committed = true;
    if (this.#open?.form === 'listing' && this.#blankAbove) this.#keep(this.#open, line);
    else if (this.#open?.form === 'listing' && !isPrompt(text)) this.#add(line);
    else if (this.#open?.form !== 'commands') this.#close();
  }

  /** Where the text breaks off or begins in the middle, beside what its tables tell. */
  gaps(): readonly Gap[] {
    const gaps = this.#breaks.gaps(
      this.#origin.stated ?? this.#origin.listed ?? this.#origin.assumed,
      this.sections.length,
      this.sections.at(-1)?.lines.at(-1)?.number,
    );
    const lost = this.#lost
      .filter(({ line, family }) => !this.sections.some((section) => section.line > line && isOf(section, family)))
      .map(({ line, family }) => ({ ...(family && { family }), more: true, failedAt: line, reason: `the look in line ${line} failed` }));
    return [...gaps, ...lost, ...this.#unanswered()];
  }

  /** A command that shows a table, and nothing behind it. */
  #unanswered(): readonly Gap[] {
    const { family, table, saves } = this.#announced ?? {};
    // Of a table that is there a listing has some lines always, and a save need not.
    if (family === undefined || !table || saves) return [];
    return [{ family, table, except: [], more: false, reason: 'a command is named that shows this table, and nothing follows it' }];
  }

  looked(): readonly Family[] {
    return [...this.#breaks.looked];
  }

  #note({ text, number }: Line): boolean {
    const table = text.includes('incompatible') ? incompatibleTable(text) : null;
    if (table !== null) this.#problems.add('incompatible-table', number, { table });
    const program = text.includes('-legacy tables') ? legacyProgram(text) : null;
    if (program !== null) this.#problems.add('legacy-tables-present', number, { program });
    return table !== null || program !== null;
  }

  /** Whether a program says here why it shows no rules. */
  #failed({ text, number }: Line): boolean {
    const code = failureIn(text);
    if (code !== null) this.#problems.add(code, number, { text });
    // A table that the kernel has not holds nothing.
    if (code !== null && code !== 'table-missing') this.#lost.push({ line: number, family: familyNamed(text) });
    return code !== null;
  }

  /** Whether the line belongs to the open block. */
  #inBlock(line: Line): boolean {
    const { text } = line;
    if (isCommit(text)) {
      this.#confirm();
      if (this.#open !== null) this.#open.committed = true;
      this.#close();
      return true;
    }
    if (text.startsWith('#')) return !text.startsWith('# Generated by ');
    if (isBlockLine(text) && (!this.#tentative || /^:\S|^-[A-Z] \S|^\[\d+:\d+\]/.test(text))) {
      this.#confirm();
      this.#add(line);
      return true;
    }
    const other = tableStart(text) !== null || chainHeading(text) !== null || (text.includes('tables') && readCommandLine(text) !== null);
    if (this.#tentative || other) {
      this.#close();
      return false;
    }
    if (!this.#failed(line)) this.#open?.strays.push(line);
    return true;
  }

  #confirm(): void {
    if (this.#tentative && this.#open?.table) {
      this.sections.push(this.#open);
      this.#seen.add(this.#open.table);
    }
    this.#tentative = false;
  }

  // A save of both families, one after the other, has each table twice; upstream's golden files do.
  #startBlock(table: string, line: number, spaced: boolean): void {
    this.#close();
    this.#breaks.seeBlock();
    // A dry run lists the programs that it would call, one a line: the input of iptables-restore below is no save's output.
    if (spaced && this.#announced?.saves) this.#origin = { stated: null, assumed: 'ip', listed: null };
    if (this.#seen.has(table)) {
      this.#origin = { stated: null, assumed: 'ip6', listed: null };
      this.#seen = new Set();
    }
    this.#announced = null;
    this.#open = { form: 'block', origin: this.#origin, table, line, lines: [], strays: [], committed: false };
    this.#tentative = true;
  }

  /** Starts a listing or a run of rules, which do not name their table: a command above them may. */
  #startUnnamed(form: 'listing' | 'rules', line: number): void {
    this.#close();
    const origin = this.#announced === null ? { stated: null, assumed: 'ip' as const, listed: null } : this.#origin;
    this.#open = { form, origin, table: this.#announced?.table ?? null, line, lines: [], strays: [], committed: false };
    this.sections.push(this.#open);
    this.#announced = null;
    this.#chains = new Set();
    this.#lastChain = '';
    this.#policiesDone = false;
  }

  #name(chain: string): void {
    this.#chains.add(chain);
    this.#lastChain = chain;
  }

  // Built-in chains come first, each once and in the order of their hooks; iptables 1.3 had nat's OUTPUT behind POSTROUTING.
  #continues(chain: string): boolean {
    if (this.#chains.has(chain)) return false;
    const [rank, last] = [HOOK_ORDER.indexOf(chain), HOOK_ORDER.indexOf(this.#lastChain)];
    return rank === -1 || last === -1 ? rank === -1 : last < rank || (chain === 'OUTPUT' && this.#lastChain === 'POSTROUTING');
  }

  /** A line of iptables -S, which prints first the policies, each chain's once. */
  #loose(line: Line): void {
    const [, policy] = /^(?:-P|:)\s?(\S+) [A-Z]/.exec(line.text) ?? [];
    const begins = policy !== undefined && (this.#chains.has(policy) || this.#policiesDone);
    if (this.#open?.form !== 'rules' || begins) this.#startUnnamed('rules', line.number);
    if (policy === undefined) this.#policiesDone = true;
    else this.#name(policy);
    this.#add(line);
  }

  #command(command: CommandLine, line: Line): void {
    if (command.kind === 'unreadable') {
      this.#problems.add('unreadable-line', line.number, { text: line.text, reason: command.reason });
      return;
    }
    if (command.kind === 'announces') {
      this.#close();
      this.#breaks.seeAnnouncement(
        line,
        this.sections.some(({ form }) => form === 'block' || form === 'rules'),
      );
      this.#announced = command;
      this.#origin = { stated: command.family, assumed: command.family, listed: null };
      this.#seen = new Set();
      return;
    }
    const { family, table, words } = command;
    this.#breaks.seeCommand(line);
    if (this.#isSameCommand(words, line)) return;
    if (this.#open?.form !== 'commands' || this.#open.table !== table || this.#open.origin.stated !== family) {
      this.#close();
      this.#open = {
        form: 'commands',
        origin: { stated: family, assumed: family, listed: null },
        table,
        line: line.number,
        lines: [],
        strays: [],
        committed: false,
      };
      this.sections.push(this.#open);
    }
    this.#keep(this.#open, { text: words.map(({ raw }) => raw).join(' '), number: line.number });
  }

  /** A shell that traces shows a function of the program's name and the program that it calls: one command. */
  #isSameCommand(words: readonly Word[], { text }: Line): boolean {
    const before = this.#traced;
    const same = /^\++ \S*\/ip6?tables/.test(text) && before === words.map(({ raw }) => raw).join(' ');
    this.#traced = /^\++ ip6?tables/.test(text) || same ? words.map(({ raw }) => raw).join(' ') : null;
    return same;
  }

  #keep(section: Section, line: Line): void {
    section.lines.push(line);
    this.kept += 1;
  }

  #add(line: Line): void {
    if (this.#open === null) return;
    this.#keep(this.#open, line);
    if (this.#addressed || this.#open.origin.stated !== null) return;
    const listed = listedFamily(line.text);
    if (listed !== null) this.#showed(this.#open, listed);
  }

  /** The first address of a section tells its family, and that of the sections before it that have none. */
  #showed(section: Section, listed: Family): void {
    this.#addressed = true;
    const before = section.origin.listed;
    if (before === null) section.origin.listed = listed;
    if (before === null || before === listed) return;
    // Here begins the other family's save, with a table that the first family's does not have.
    section.origin = { stated: null, assumed: listed, listed };
    if (section.form !== 'block') return;
    this.#origin = section.origin;
    this.#seen = new Set(section.table === null ? [] : [section.table]);
  }

  #close(): void {
    this.#open = null;
    this.#addressed = false;
    this.#tentative = false;
  }
}

// xt_comment.h: 256 characters.
const MOST_COMMENT_LINES = 256;

/** Whether a comment is open behind a line. */
function leavesCommentOpen(text: string, isWithin: boolean): boolean {
  const [begins, ends] = [text.lastIndexOf('/*'), text.lastIndexOf('*/')];
  return isWithin ? ends === -1 : begins > ends && /^\s*\d|^\S+ +\S+ +(?:--|opt)/.test(text);
}

function familyNamed(text: string): Family | undefined {
  return text.includes('ip6tables') ? 'ip6' : text.includes('iptables') ? 'ip' : undefined;
}

/** Whether it shows what a look at a family did not. */
function isOf({ origin: { stated, listed, assumed } }: Section, family: Family | undefined): boolean {
  return family === undefined || (stated ?? listed ?? assumed) === family;
}
