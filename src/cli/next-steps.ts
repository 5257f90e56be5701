/** What to ask after the answer of a command, as commands word for word: one table. `check` has its own, which depend on what it found. */

import { quoteForShell } from '../netfilter/words.ts';
import type { NextCommand } from './check/next-command.ts';
import { programWords } from './program-name.ts';

/** A call that was answered. */
interface Answered {
  /** The words behind the command. */
  readonly words: readonly string[];
  readonly exitCode: number;
}

const STEPS: Readonly<Record<string, (answered: Answered) => readonly NextCommand[]>> = {
  diff: ({ words, exitCode }) => {
    const [left, right] = operandsIn(words);
    const [from, to] = words.filter((word) => /^@\d/.test(word));
    return [
      ...(exitCode === 1 && isByPackets(words) ? [{ why: 'which rules differ', command: again('diff', withoutBy(words), []) }] : []),
      ...(exitCode === 1 && left !== undefined && right !== undefined && !words.includes('--')
        ? [{ why: 'where one connection goes, before and now', command: call('why', left, right, 'ADDRESS:PORT') }]
        : []),
      ...(from === undefined || to === undefined || from === to || words.includes('--')
        ? []
        : [{ why: 'what changed between these releases, and for whom', command: call('changes', `${from.slice(1)}..${to.slice(1)}`) }]),
    ];
  },
  changes: ({ words }) => {
    const [range] = words.filter((word) => /^v?\d[\w.-]*\.\.v?\d/.test(word));
    const [from, to] = range?.split('..') ?? [];
    return from === undefined || to === undefined
      ? []
      : [{ why: 'what that changes for packets', command: call('diff', `@${from}`, `@${to}`, '--by', 'packets') }];
  },
  identify: ({ words }) => [
    ...ofSource(words, 'whether these rules are well', (source) => ['check', source]),
    ...ofSource(words, 'why each rule is there', (source) => ['explain', source]),
  ],
  explain: ({ words }) => ofSource(words, 'where a connection goes, and because of what', (source) => ['why', source, 'ADDRESS:PORT']),
  escapes: ({ words, exitCode }) =>
    exitCode === 0
      ? []
      : [
          ...(words.includes('--allow')
            ? []
            : ofSource(words, 'an error for what nobody answers for, FILE naming the rest', (source) => [
                'escapes',
                source,
                '--allow',
                'FILE',
              ])),
          ...ofSource(words, 'where a connection goes, and because of what', (source) => ['why', source, 'ADDRESS:PORT']),
        ],
  trace: ({ words }) =>
    words.includes('--all-rules')
      ? []
      : [{ why: 'each rule that was asked, and why it did not match', command: again('trace', words, ['--all-rules']) }],
};

/** What to ask after a command that ended so; empty for one whose answer is all there is. */
export function nextSteps(command: string, answered: Answered): readonly NextCommand[] {
  return answered.exitCode > 1 ? [] : (STEPS[command]?.(answered) ?? []);
}

/** The words in front of all options. */
function operandsIn(words: readonly string[]): readonly string[] {
  const end = words.findIndex((word) => word.startsWith('-'));
  return words.slice(0, end < 0 ? undefined : end);
}

function isByPackets(words: readonly string[]): boolean {
  return withoutBy(words).length < words.length;
}

function withoutBy(words: readonly string[]): readonly string[] {
  return words.filter((word, index) => !/^--by(?:=|$)/.test(word) && words[index - 1] !== '--by');
}

/** Of a source that can be read again; of a pipe none. */
function ofSource(words: readonly string[], why: string, then: (source: string) => readonly string[]): readonly NextCommand[] {
  const [first, second] = words;
  const source = first === '-f' || first === '--filename' ? second : first;
  return source === undefined || source.startsWith('-') ? [] : [{ why, command: call(...then(source)) }];
}

/** The same words once more, and others with them. */
function again(command: string, words: readonly string[], more: readonly string[]): string {
  const at = words.indexOf('--');
  return at < 0 ? call(command, ...words, ...more) : call(command, ...words.slice(0, at), ...more, ...words.slice(at));
}

function call(...words: readonly string[]): string {
  return [...programWords(), ...words.map(quoteForShell)].join(' ');
}

const LABEL = 10;

/** As lines below an answer. */
export function nextText(steps: readonly NextCommand[]): string {
  return steps
    .flatMap(({ why, command }, index) => [`${(index === 0 ? 'next' : '').padEnd(LABEL)}${why}:`, `${' '.repeat(LABEL + 2)}${command}`])
    .map((line) => `${line}\n`)
    .join('');
}
