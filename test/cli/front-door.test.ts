/** What a new user tries first, and finds to be so: points that no other test of a command holds. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { withoutCodes } from '../../src/cli/terminal/columns.ts';
import { expectRefused, PROGRAM, ROOT, run, scratchFolder } from './program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

/** What a command shows on a terminal of so many columns, with the codes of colours. */
function onTerminal(columns: number, words: string, env: Readonly<Record<string, string>> = {}): string {
  const { stdout } = spawnSync('script', ['-qec', `stty cols ${columns} rows 40; '${PROGRAM}' ${words}`, '/dev/null'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, TERM: 'xterm', NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return stdout.replaceAll('\r\n', '\n');
}

describe.concurrent('a diagnostic', () => {
  it('is explained without the repository at hand, and a misspelt one is told', async () => {
    const [page, wrong] = await Promise.all([run(['lint', '--explain', 'port-twice']), run(['lint', '--explain', 'port-twise'])]);
    expect(page).toMatchObject({ exitCode: 0, stderr: '' });
    for (const line of readFileSync(`${ROOT}docs/lint/port-twice.md`, 'utf8')
      .split('\n')
      .filter((one) => /^[A-Z]/.test(one)))
      expect(page.stdout.replace(/\s+/g, ' ')).toContain(line.replace(/[`*]/g, '').slice(0, 40).trim());
    expect(wrong).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^istio-init: lint: --explain "port-twise" .*port-twice/),
    });
  });
});

describe.concurrent('options', () => {
  it('text and table are one form, whichever of them a command has', async () => {
    for (const words of [
      ['preview', '-f', 'docs/examples/bookinfo.yaml'],
      ['explain', '@1.28'],
      ['check', '@1.28'],
    ]) {
      const [text, table] = await Promise.all([run([...words, '-o', 'text']), run([...words, '-o', 'table'])]);
      expect(table).toEqual(text);
      expect(text.stdout).not.toBe('');
    }
  });

  it('help and the version have every name that people try', async () => {
    const [help, long, short, version, v, word] = await Promise.all(
      [['help'], ['--help'], ['-h'], ['--version'], ['-v'], ['version']].map((words) => run(words)),
    );
    expect([long, short]).toEqual([help, help]);
    expect([v, word]).toEqual([version, version]);
    expect(help?.stdout).toMatch(/^Look$[^]*^Compare$[^]*^Check$[^]*^Change$/m);
    expect(help?.stdout.split('\n').length).toBeLessThan(60);
  });
});

describe('colour', () => {
  const COLOUR = '\u001b[3';
  it('is where it is seen, or where it is asked for', async () => {
    const words = 'diff @1.12 @1.28 --by packets';
    expect(onTerminal(80, words)).toContain(COLOUR);
    for (const without of [
      onTerminal(80, `${words} --no-color`),
      onTerminal(80, words, { NO_COLOR: '1' }),
      onTerminal(80, `${words} --color never`),
    ])
      expect(without).not.toContain(COLOUR);
    const [pipe, always] = await Promise.all([run(words.split(' ')), run([...words.split(' '), '--color=always'])]);
    expect(pipe.stdout).not.toContain('\u001b');
    expect(always.stdout).toContain(COLOUR);
  });
});

describe('on a terminal', () => {
  it('an audit is a table, and lines of JSON for a pipe', () => {
    // Where the processes of the node can't be seen, the cause is told, and neither is printed.
    const shown = onTerminal(100, 'audit');
    expect(shown).toMatch(/^\d+ pods? of \d+ workloads?|istio-init: audit: /m);
    expect(shown).not.toContain('"kind"');
  });

  it('the first screen of anything fits at 80 and at 120 columns', () => {
    const given = [
      'golden/captures/2021-01-default.list.txt',
      'docs/examples/bookinfo.yaml',
      'docs/examples',
      'why docs/examples/bookinfo.yaml 10.0.0.5:3306',
    ];
    for (const columns of [80, 120])
      for (const words of given) {
        const lines = withoutCodes(onTerminal(columns, words)).split('\n');
        expect(lines.filter((line) => line.length > columns && line.trim().includes(' '))).toEqual([]);
      }
  });
});

it.each(['golden/captures/2021-01-default.list.txt', 'golden/captures/damaged-default.save.txt'])(
  'rules given to lint are no broken YAML, and who looks at them is said: %s',
  async (file) => {
    expectRefused(await run(['lint', file]), `${file} holds rules, no manifest: istio-init check ${file} looks at them`);
  },
);
