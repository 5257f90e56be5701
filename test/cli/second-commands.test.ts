/**
 * Each command that an answer names, of all golden cases and of what these name in turn, is pasted: of this program it is run, of others
 * it is one of those that kernel/printed-commands and kernel/advice run. Commands of one shape are run once.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GOLDEN_TEXTS, terminalOf } from '../golden-texts.ts';
import { commandsIn, printedCommands } from '../printed.ts';
import { PLAYS_ALL } from '../trials.ts';
import type { Run } from './program.ts';
import { ROOT, run, scratchFolder } from './program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

function filesIn(place: string): readonly string[] {
  return readdirSync(join(ROOT, place), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('README'))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length));
}

const every = <T>(all: readonly T[], count: number): readonly T[] => (PLAYS_ALL ? all : all.filter((_, index) => index % count === 0));

/** Texts of rules and of logs, pages, manifests, damaged states: with names that a shell reads otherwise. */
const FILES: readonly string[] = [
  ...filesIn('golden/captures'),
  ...filesIn('docs/examples'),
  ...every(filesIn('golden/cases'), 3),
  ...every(readdirSync(join(ROOT, 'golden/manifests')), 12)
    .filter((name) => !name.includes('.'))
    .map((name) => `golden/manifests/${name}`),
  ...every(GOLDEN_TEXTS, 700).map((text, index) => join(folder.path, folder.write(`it's ${index}\t$(x) *.txt`, terminalOf(text)))),
  ...every(GOLDEN_TEXTS, 900).map((text, index) =>
    join(folder.path, folder.write(`cut ${index}.txt`, terminalOf(text).split('\n').toSpliced(-9, 4, '-A OUTPUT -m').join('\n'))),
  ),
];

const ASKED: readonly ((file: string) => readonly string[])[] = [
  (file) => [file],
  (file) => ['check', file],
  (file) => ['check', file, '--release', '1.20', '--set', 'outbound.excludePorts=3306'],
  (file) => ['identify', file],
  (file) => ['explain', file],
  (file) => ['why', file, '10.0.0.5:3306'],
  (file) => ['trace', file, '10.0.0.5:3306'],
  (file) => ['escapes', file],
  (file) => ['lint', file],
  (file) => ['diff', file, '@1.28'],
  (file) => ['diff', '--by', 'packets', file, '@1.28'],
  (file) => ['preview', file, '-o', 'commands'],
  (file) => ['check', file, '-o', 'markdown'],
];

const BESIDE: readonly (readonly string[])[] = [
  ['diff', '@1.12', '@1.28'],
  ['changes', '1.12..1.28'],
  ['why', '@1.20', '10.0.0.5:80'],
  ['escapes', '--set', 'outbound.excludePorts=3306'],
  ['check', '-f', 'docs/examples/sidecar.yaml'],
  ['check', 'golden/nothing-there'],
  ['identify', '--', '-k'],
  ['lint'],
  ['trace', 'x'],
];

interface Named {
  readonly text: string;
  readonly words: readonly string[];
  readonly by: string;
  /** What the answer that names it ended with. */
  readonly exitCode: number | undefined;
}

/** Our own commands in an answer: lines of their own, behind a colon, in quotation marks, behind a pipe. */
function ownIn({ stdout, stderr }: Run): readonly string[] {
  const text = `${stdout}\n${stderr}`.replace(/ \\\n\s+/g, ' ').replace(/`(?=\n|$)/g, '');
  const lines = text.split('\n').flatMap((line) => /(?:^\s*(?:sudo )?|^more +|\| )(istio-init [a-z]+(?: .*)?)$/.exec(line)?.[1] ?? []);
  // Within a sentence they end where it goes on.
  const within = text
    .split('\n')
    .flatMap(
      (line) =>
        /: (istio-init [a-z]+(?: .*)?)$/
          .exec(line)?.[1]
          ?.replace(/(?: (?:looks?|shows?|names|with|then|compares|says|reads|in|and) |; |, ).*$/, '') ?? [],
    );
  const quoted = [...text.matchAll(/["`](istio-init [a-z][^"`\n]*)["`]/g)].map(([, command = '']) => command);
  return [...lines, ...within, ...quoted].filter(
    (command) =>
      /^istio-init (?:--?\w|[a-z]+(?: |$))/.test(command) &&
      !/^istio-init [a-z]+: |istio-init (?:ended|rights|env|args|of|made|waits|still)\b/.test(command),
  );
}

/** With something in the places that are left for whoever asks. */
const filled = (command: string): string =>
  command
    .replace('ADDRESS:PORT', '10.0.0.5:3306')
    .replace(/ pod\.yaml(?= |$)/, ` ${join(ROOT, 'docs/examples/one-deployment.yaml')}`)
    .replace('--values FILE', `--values ${join(ROOT, 'docs/examples/values-istio-init.yaml')}`)
    .replace('--allow FILE', `--allow ${join(folder.path, 'allow.yaml')}`)
    .replace('--env-file FILE', `--env-file ${join(ROOT, 'golden/cases/r2-08-vm-cluster-env/cluster.env')}`)
    .replace(/--release RELEASE\b/, '--release 1.20')
    .replace(/-- ARGUMENTS$/, '-- -p 15001')
    .replace(/ --$/, ' -- -p 15001')
    // Nothing that stands here is written to.
    .replace(/ --fix$/, ' --fix --dry-run');

/** The same but for names and numbers is one shape. */
function shapeOf(words: readonly string[]): string {
  return words
    .map((word) =>
      word.startsWith('-') || /^[a-z]+$/.test(word)
        ? word
        : word.startsWith('@')
          ? '@'
          : /[/.]/.test(word)
            ? `FILE${/[^\w./-]/.test(word) ? '!' : ''}`
            : 'WORD',
    )
    .join(' ');
}

/** A shell reads them, all at once. */
async function wordsOf(commands: readonly string[]): Promise<readonly (readonly string[])[]> {
  const script = `for one; do eval "printf '%s\\0' $one" 2>&1; printf '\\1\\0'; done`;
  const { stdout } = await execa('bash', ['-c', script, 'bash', ...commands.map(filled)], { cwd: folder.path });
  return stdout
    .split('\u0001\0')
    .slice(0, -1)
    .map((words) => words.split('\0').slice(0, -1));
}

const seen = new Set<string>();
const answers: { readonly args: readonly string[]; readonly run: Run }[] = [];
const others = new Map<string, string>();

async function ask(args: readonly string[]): Promise<Run> {
  const found = await run(args, { cwd: ROOT });
  answers.push({ args, run: found });
  const lines = args[0] === 'preview' ? [] : `${found.stdout}\n${found.stderr}`.split('\n');
  // Of a log those stand there that the run has called.
  const called = lines.filter((line) => !/^(?:failed|command|rule) +/.test(line));
  for (const command of called.flatMap(commandsIn)) others.set(command, args.join(' '));
  return found;
}

/** What answers name that no answer has named before, in a shape that is new. */
async function newIn(given: readonly { readonly args: readonly string[]; readonly run: Run }[]): Promise<readonly Named[]> {
  const texts = given.flatMap(({ args, run: found }) =>
    ownIn(found).map((text) => ({ text, by: args.join(' '), exitCode: found.exitCode })),
  );
  const distinct = [...new Map(texts.map((one) => [one.text, one])).values()];
  const words = await wordsOf(distinct.map(({ text }) => text));
  expect(words).toHaveLength(distinct.length);
  return distinct.flatMap((one, index) => {
    const of = words[index] ?? [];
    const shape = shapeOf(of);
    if (seen.has(shape)) return [];
    seen.add(shape);
    return [{ ...one, words: of }];
  });
}

// What is to be run where a pod, a node or a cluster is, and what changes one, has tests of its own in the kernel.
const ELSEWHERE = /\b(?:pid:PID|PID|--pid N|--here|--live|cluster|pod\/|ns\/|deploy\/|live)\b/;
const ONLY_READS = ['identify', 'check', 'explain', 'why', 'trace', 'escapes', 'lint', 'diff', 'preview', 'changes', 'help'];

describe('what answers name', () => {
  const named: Named[] = [];

  beforeAll(async () => {
    folder.write('allow.yaml', 'apiVersion: istio-init/v1\nkind: EscapeAllowances\nallow: []\n');
    for (const [index, file] of FILES.entries()) {
      const asked = PLAYS_ALL ? ASKED : ASKED.filter((_, at) => at < 2 || (at + index) % 5 === 0);
      for (const args of asked) await ask(args(file));
    }
    for (const args of BESIDE) await ask(args);
  }, 120_000);

  it('is run, and what that names as well, to the third generation', async () => {
    let given: readonly (typeof answers)[number][] = answers.slice();
    for (let generation = 1; generation <= 3; generation += 1) {
      const before = answers.length;
      const commands = (await newIn(given)).filter(({ text, words }) => !ELSEWHERE.test(text) && ONLY_READS.includes(words[1] ?? ''));
      for (const command of commands) {
        const [, ...args] = command.words;
        const [file = '-'] = args.filter((word) => word === '-');
        const found =
          file === '-' && args.includes('-')
            ? await run(args, { cwd: ROOT, input: terminalOf(GOLDEN_TEXTS[0] as never) })
            : await ask(args);
        named.push(command);
        expect
          .soft([0, 1, ...(command.exitCode === 2 ? [2] : [])], `${command.text}\n  named by ${command.by}\n${found.stderr}`)
          .toContain(found.exitCode);
        expect.soft(found.stdout, `${command.text}\n  named by ${command.by}\n${found.stderr}`).not.toBe('');
      }
      given = answers.slice(before);
    }
    expect(named.length).toBeGreaterThan(30);
  }, 120_000);

  it('of other programs is what a text of the sources says, which other tests run', () => {
    const known = printedCommands(join(ROOT, 'src')).map(({ command }) => command);
    const patterns = known.map((command) => new RegExp(`^${command.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll('{}', '.+')}`));
    expect([...others].filter(([command]) => !patterns.some((pattern) => pattern.test(command)))).toEqual([]);
  });
});
