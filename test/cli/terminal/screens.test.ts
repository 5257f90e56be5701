/** Every screen at every width from 60 to 200, and on a real terminal: no word is broken, and no line runs over. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { changes } from '../../../src/cli/changes/changes.ts';
import { check } from '../../../src/cli/check/check.ts';
import { diff } from '../../../src/cli/diff/diff.ts';
import { escapes } from '../../../src/cli/escapes/escapes.ts';
import { explain } from '../../../src/cli/explain/explain.ts';
import { helpText } from '../../../src/cli/help/help.ts';
import { identifyRules } from '../../../src/cli/identify/identify.ts';
import { lint } from '../../../src/cli/lint/lint.ts';
import { sourceOptions } from '../../../src/cli/options.ts';
import { preview } from '../../../src/cli/preview/preview.ts';
import { TASKS } from '../../../src/cli/program.ts';
import type { Result } from '../../../src/cli/result.ts';
import { paintFor } from '../../../src/cli/terminal/color.ts';
import { widthOf, withoutCodes } from '../../../src/cli/terminal/columns.ts';
import { fitted } from '../../../src/cli/terminal/fit.ts';
import { trace } from '../../../src/cli/trace/trace.ts';
import { formatProblem, ProblemError } from '../../../src/istio/problems.ts';
import { played } from '../../trials.ts';
import { PROGRAM, ROOT, SHELL_PROGRAM, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);
const paint = paintFor(true);
const none = sourceOptions({});
const of = (file: string, more: object = {}) => sourceOptions({ filename: join(ROOT, 'docs/examples', file), ...more });
const BOOKINFO = of('bookinfo.yaml');
const INJECTED = join(ROOT, 'docs/examples/injected-1.28.yaml');
const traced = { given: none, output: 'text', beforeProxy: false, all: true, paint };

/** The screens that many a line of prose makes; each for a width, where it has columns of its own. */
const SCREENS: Readonly<Record<string, (width: number) => Result | Promise<Result>>> = {
  'preview of many workloads': () => preview({ given: BOOKINFO, explain: false }),
  'diff by rules': () => diff({ left: '@1.12', right: '@1.28', given: none, by: 'rules', output: 'text', all: false, paint }),
  'diff by packets': () => diff({ left: '@1.12', right: '@1.28', given: none, by: 'packets', output: 'table', all: false, paint }),
  'diff of many workloads': () => diff({ left: '@1.12', right: '@1.28', given: BOOKINFO, by: 'rules', output: 'text', all: false, paint }),
  'trace of a packet': () => trace({ ...traced, source: '@1.28', words: { from: 'app', to: '10.0.0.5:3306' } }),
  'trace of a request': () => trace({ ...traced, source: '@1.28', words: { request: 'client-to-app' } }),
  'trace of a port': () => trace({ ...traced, source: '@1.28', words: { port: '15020' } }),
  check: () => check({ source: INJECTED, given: none, output: 'text', paint }),
  lint: () => lint({ files: [join(ROOT, 'docs/examples/bookinfo.yaml')], given: none, failOn: 'warning', output: 'text', paint }),
  identify: () => identifyRules({ source: '@1.20', given: none, output: 'text', paint }),
  'identify of many workloads': () => identifyRules({ given: of('bookinfo.yaml', { nameserver: '10.0.0.1' }), output: 'text', paint }),
  escapes: () => escapes({ given: BOOKINFO, output: 'text', today: '2026-01-01', paint }),
  explain: (width) => explain({ source: INJECTED, given: none, output: 'text', paint, width: Math.min(width, 120) }),
  changes: (width) => changes({ range: '1.20..1.28', output: 'text', width: Math.min(width, 120) }),
  'an error': () => preview({ given: sourceOptions({ set: 'inbound.excludePorts=80a' }), explain: false }),
};

async function textOf(work: () => Result | Promise<Result>): Promise<string> {
  try {
    const { output, notes, problems } = await work();
    return [...notes, ...problems.map(formatProblem), output].join('\n');
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problems.map(formatProblem).join('\n');
  }
}

const WIDTHS = played(Array.from({ length: 141 }, (_, index) => 60 + index));
/** All that may run over is a word that has no room in any line, as a path. */
const overIn = (text: string, columns: number): readonly string[] =>
  text.split('\n').filter((line) => widthOf(line) > columns && withoutCodes(line).trim().includes(' '));
const wordsOf = (text: string): string => withoutCodes(text).replace(/\s+/g, '').replaceAll('\\', '');

describe('from 60 to 200 columns', () => {
  it.each(Object.entries(SCREENS))('%s', async (name, screen) => {
    const own = name === 'explain' || name === 'changes';
    const whole = own ? '' : await textOf(() => screen(100));
    for (const columns of WIDTHS) {
      const shown = fitted(own ? await textOf(() => screen(columns)) : whole, columns);
      expect(overIn(shown, columns)).toEqual([]);
      // Lists of cells and tables hold the same words in another order.
      if (!own && !whole.includes('\t')) expect(wordsOf(shown)).toBe(wordsOf(whole));
    }
  });

  it.each([
    'settings',
    undefined,
    ...Object.values(TASKS)
      .flat()
      .map(({ command }) => String(command).replace(/ .*/, '')),
  ])('help %s', (topic) => {
    const wide = wordsOf(helpText(topic, TASKS, 1000));
    for (const columns of WIDTHS) {
      const shown = helpText(topic, TASKS, columns);
      expect(overIn(shown, columns)).toEqual([]);
      expect(wordsOf(shown)).toBe(wide);
    }
  });
});

describe('on a terminal', () => {
  const onTerminal = (columns: number, calls: readonly string[]): string => {
    const program = columns === 80 ? PROGRAM : SHELL_PROGRAM;
    const words = calls.map((call) => `'${program}' ${call}`).join('; ');
    const { stdout } = spawnSync('script', ['-qec', `stty cols ${columns} rows 40; ${words}`, '/dev/null'], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, TERM: 'xterm' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return stdout.replaceAll('\r\n', '\n');
  };

  it.each([60, 80, 120])('of %d columns tables, reports, notes, errors and help fit', (columns) => {
    const shown = onTerminal(columns, [
      'preview -f docs/examples/bookinfo.yaml',
      'diff @1.12 @1.28',
      'explain docs/examples/injected-1.28.yaml',
      'trace --request nothing',
      'previw',
      'help lint',
    ]);
    expect(overIn(shown, columns)).toEqual([]);
    expect(shown).toContain('productpage-v1');
    expect(shown).toContain('\u001b[31m');
    expect(wordsOf(shown)).toContain(wordsOf('"previw" is not a command'));
    expect(wordsOf(shown)).toContain(wordsOf('Find settings that do not do what they seem to.'));
  });

  it('rules and JSON are data, and no line of them is broken', () => {
    const shown = onTerminal(60, ['preview', 'check @1.20 -o json', 'diff @1.12 @1.28 -o patch']);
    expect(shown).toContain(
      '\n-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT\n',
    );
    expect(Math.max(...shown.split('\n').map(({ length }) => length))).toBeGreaterThan(100);
  });
});
