/** What a new user tries first, and finds to be so: points that no other test of a command holds. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { withoutCodes } from '../../src/cli/terminal/columns.ts';
import { played } from '../trials.ts';
import { expectRefused, ROOT, run, SHELL_PROGRAM, scratchFolder } from './program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

/** What a command shows on a terminal of so many columns, with the codes of colours. */
function onTerminal(columns: number, words: string, env: Readonly<Record<string, string>> = {}): string {
  const { stdout } = spawnSync('script', ['-qec', `stty cols ${columns} rows 40; '${SHELL_PROGRAM}' ${words}`, '/dev/null'], {
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
      onTerminal(80, words, { CLICOLOR: '0' }),
      onTerminal(80, words, { TERM: 'dumb' }),
      onTerminal(80, words, { CLICOLOR_FORCE: '1', NO_COLOR: '1' }),
    ])
      expect(without).not.toContain(COLOUR);
    expect(onTerminal(80, `${words} | cat`, { CLICOLOR_FORCE: '1' })).toContain(COLOUR);
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

  it('the first screen of anything fits from 60 to 200 columns', () => {
    const given = [
      'golden/captures/2021-01-default.list.txt',
      'docs/examples/bookinfo.yaml',
      'docs/examples',
      'why docs/examples/bookinfo.yaml 10.0.0.5:3306',
      'lint --explain pod-security',
      'lint --explain IST0107',
      'diff docs/examples/bookinfo.yaml --release 1.20',
      'escapes docs/examples golden/captures/2021-01-default.list.txt',
      'check golden/captures/2021-01-default.list.txt --to 10.0.0.5:80',
    ];
    // Half of them, each at every other width.
    const screens = [60, 80, 120, 200].flatMap((columns) => given.map((words) => [columns, words] as const));
    for (const [columns, words] of played(screens, 3)) {
      const lines = withoutCodes(onTerminal(columns, words)).split('\n');
      expect(lines.filter((line) => line.length > columns && line.replace(/ \\$/, '').trim().includes(' '))).toEqual([]);
    }
  });
});

it.each(['golden/captures/2021-01-default.list.txt', 'golden/captures/damaged-default.save.txt'])(
  'rules given to lint are no broken YAML, and who looks at them is said: %s',
  async (file) => {
    expectRefused(await run(['lint', file]), `${file} holds rules, no manifest: istio-init check ${file} looks at them`);
  },
);

describe.concurrent('help', () => {
  it.each([
    ['why', 'why SOURCE... [FROM ->] HOST:PORT [OPTION...]'],
    ['check', 'check [SOURCE...] [OPTION...]'],
    ['lint', 'lint [FILE...] [OPTION...]'],
    ['conform', 'conform [PROGRAM...] [OPTION...]'],
    ['diff', 'diff [LEFT] [RIGHT] [OPTION...]'],
  ])('of %s names its operands as they are typed', async (command, usage) => {
    const { stdout } = await run([command, '--help']);
    expect(stdout.split('\n')[0]).toBe(`istio-init ${usage}`);
    expect(stdout).not.toMatch(/\bWORDS\b|[a-z]\.\.\]/);
  });
});

const LISTING = 'golden/captures/2021-01-default.list.txt';
const BOOKINFO = 'docs/examples/bookinfo.yaml';

describe.concurrent('an answer is followed by what to ask next', () => {
  it.each([
    ['diff @1.20 @1.28', 'istio-init why @1.20 @1.28 ADDRESS:PORT'],
    ['diff @1.20 @1.28', 'istio-init changes 1.20..1.28'],
    ['diff @1.12 @1.28 --by packets', 'istio-init diff @1.12 @1.28'],
    ['changes 1.20..1.28', 'istio-init diff @1.20 @1.28 --by packets'],
    [`identify ${LISTING}`, `istio-init check ${LISTING}`],
    [`explain ${LISTING}`, `istio-init why ${LISTING} ADDRESS:PORT`],
    [`lint ${BOOKINFO}`, 'istio-init lint --explain inbound-excludes-idle'],
    [`escapes ${BOOKINFO}`, `istio-init escapes ${BOOKINFO} --allow FILE`],
    ['trace @1.28 10.0.0.5:80', 'istio-init trace @1.28 10.0.0.5:80 --all-rules'],
    [BOOKINFO, `istio-init check '${BOOKINFO}#Deployment/default/reviews-v3'`],
    [LISTING, `istio-init identify ${LISTING}`],
    ['why @1.28 10.0.0.5:80', 'more      istio-init why @1.28 10.0.0.5:80 --verbose'],
  ])('%s', async (words, next) => {
    const { stdout } = await run(words.split(' '));
    expect(stdout.split('\n').map((line) => line.trim())).toContain(next);
    // Data has nothing behind it.
    if (words.startsWith('why') || words === BOOKINFO) return;
    const { stdout: json } = await run([...words.split(' '), '-o', 'json']);
    expect(() => JSON.parse(json) as object).not.toThrow();
  });

  it('of a pipe, which is read once, begins with what fills it', async () => {
    const { stdout, stderr } = await run(['check', '-'], { input: readFileSync('golden/captures/2021-01-default.list.txt', 'utf8') });
    expect(stdout + stderr).toContain(' ... | istio-init identify -\n');
  });

  it('what it names is a command that works', async () => {
    for (const words of ['why @1.20 @1.28 10.0.0.5:3306', 'changes 1.20..1.28', `why ${LISTING} 10.0.0.5:3306`])
      expect(await run(words.split(' '))).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe.concurrent('a wrong word', () => {
  it('that is nearly a file that is there names it', async () => {
    folder.write('ticket.txt', 'a\n');
    const { stderr, exitCode } = await run(['ticket.tx'], { cwd: folder.path });
    expect([stderr, exitCode]).toEqual([
      'istio-init: "ticket.tx" is not there, and no command is called so (did you mean ticket.txt?); istio-init --help names them\n',
      2,
    ]);
  });

  it('on standard input is told what is read', async () => {
    expect(await run(['-'], { input: 'hello\n' })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(
        /^istio-init: check: standard input:1:1 There are no iptables rules in this text; what is read: a save, /,
      ),
    });
  });
});

describe.concurrent('a target that nobody is said to send to', () => {
  it('is from the app, and a port of the pod from outside, as an option as well', async () => {
    for (const [to, from] of [
      ['10.0.0.5:80', 'app'],
      ['pod:8080', 'outside'],
      ['mysql.db:3306', 'app'],
      [':9090', 'outside'],
      ['localhost:80', 'app'],
    ] as const)
      for (const command of ['check', 'trace']) {
        const [short, long] = await Promise.all([
          run([command, LISTING, '--to', to, '-o', 'json']),
          run([command, LISTING, '--to', to, '--from', from, '-o', 'json']),
        ]);
        expect(short.stdout).toBe(long.stdout);
        expect([0, 1]).toContain(short.exitCode);
      }
  });

  it.each([
    ['8080', '"8080" is no place to go to (did you mean pod:8080?)'],
    ['mysql', '"mysql" is without a port'],
    ['orders.shop.svc', '"orders.shop.svc" is without a port'],
    ['10.0.0.5', '"10.0.0.5" is without a port'],
    ['2001:db8::1', '"2001:db8::1" is without a port'],
    [LISTING, `"${LISTING}" is a SOURCE, and no HOST:PORT follows`],
  ])('%s is told what it lacks', async (word, said) => {
    expect((await run(['why', BOOKINFO, word])).stderr).toBe(
      `istio-init: why: ${said}; the last word is HOST:PORT, as in istio-init why pod.yaml 10.20.30.40:3306\n`,
    );
  });
});

describe.concurrent('a connection that has two answers, or none by a rule', () => {
  it.each([
    ['why @1.28 uid:0 to 10.0.0.5:80', 'to know   the sender as uid:N,gid:N'],
    ['why @1.28 uid:0,gid:0 to 10.0.0.5:80', 'because   Everything else is captured.'],
    ['why @1.28 --set outbound.includeRanges=10.0.0.0/8 8.8.8.8:53', 'because   no rule captures it'],
  ])('%s says what is true of it', async (words, line) => {
    const { stdout } = await run(words.split(' '));
    expect(stdout.split('\n')).toContain(line);
    expect(stdout.match(/^(?:because|to know) /gm)).toHaveLength(1);
  });
});

describe.concurrent('words that only another command takes so', () => {
  it.each([
    [
      ['trace', BOOKINFO, 'ratings-v1', 'to', '10.0.0.5:80'],
      /"to" is one too many: .*; who sends is --from \(app, outside, uid:1000\), and of a workload --workload$/m,
    ],
    [['trace', BOOKINFO, 'outside', '->', 'pod:80'], /who sends is --from/],
    [['why', BOOKINFO, 'ratings-v1', '-'], /^istio-init: why: "-" is no place to go to; .*quote the arrow/],
    [['lint', '--explain', 'port-twise'], /^istio-init: lint: --explain "port-twise" is no code \(did you mean port-twice\?\)$/m],
    [['lint', '--explain', 'IST0131'], /"IST0131" is not one of IST\d{4}(?:, IST\d{4})*$/m],
    [['lint', '--explain', 'zzzzzzzz'], /"zzzzzzzz" is not one of misplaced-annotation, /],
  ])('%j are told', async (words, said) => {
    expect(await run(words)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(said) });
  });
});

describe.concurrent('what is known from other programs', () => {
  it.each([
    ['install', 'apply'],
    ['uninstall', 'clean'],
    ['validate', 'check'],
    ['render', 'preview'],
    ['describe', 'explain'],
  ])('the command %s is told as %s', async (word, meant) => {
    const { exitCode, stderr } = await run([word]);
    expect([exitCode, stderr]).toEqual([
      2,
      `istio-init: "${word}" is not a command (did you mean ${meant}?); istio-init --help names them\n`,
    ]);
  });

  it('a value that is glued to its letter is one, as of kubectl', async () => {
    expect(await run(['explain', '@1.28', '-ojson'])).toEqual(await run(['explain', '@1.28', '-o', 'json']));
    const [glued, apart] = await Promise.all([run(['lint', `-f${BOOKINFO}`, '-ojson']), run(['lint', '-f', BOOKINFO, '-o', 'json'])]);
    expect(glued).toEqual(apart);
    // Behind -- they are arguments of istio-iptables.
    expect(await run(['preview', '@1.20', '--', '-p15001'])).toEqual(await run(['preview', '@1.20', '--', '-p', '15001']));
  });

  it('the order of a SOURCE and a target tells nothing, where only one can be each', async () => {
    for (const command of ['why', 'trace']) {
      const [one, other] = await Promise.all([run([command, LISTING, '10.0.0.5:80']), run([command, '10.0.0.5:80', LISTING])]);
      expect(other.exitCode).toBe(0);
      expect(other.stdout.split('\n').slice(0, 3)).toEqual(one.stdout.split('\n').slice(0, 3));
    }
  });
});

it('the cause of a run that failed stands once, in the first line', async () => {
  const { stdout, stderr } = await run(['-'], {
    input:
      "2021-06-01T12:26:05Z info Running command: iptables-restore --noflush /tmp/rules.txt\niptables-restore v1.6.1: iptables-restore: unable to initialize table 'nat'\n",
  });
  const [first = '', ...rest] = stdout.split('\n');
  expect(first).toMatch(/THE RUN FAILED: iptables could not open the table/);
  expect(`${stderr}${rest.join('\n')}`).not.toContain('iptables could not open the table');
});

it('and in every other command that tells of it', async () => {
  const log =
    "2021-06-01T12:26:05Z info Running command: iptables-restore --noflush /tmp/rules.txt\n* nat\n-N ISTIO_OUTPUT\n-A OUTPUT -p tcp -j ISTIO_OUTPUT\nCOMMIT\n2021-06-01T12:26:05Z error iptables-restore v1.6.1: iptables-restore: unable to initialize table 'nat'\n";
  for (const words of ['why - 10.0.0.5:80', 'trace - 10.0.0.5:80', 'escapes -', 'check -']) {
    const { stdout, stderr } = await run(words.split(' '), { input: log });
    expect([words, `${stdout}${stderr}`.split('iptables could not open the table')]).toEqual([
      words,
      [expect.anything(), expect.anything()],
    ]);
  }
});

it('a piece of a release that says the same twice says it once', async () => {
  const { stdout } = await run(['changes', '1.20..1.22']);
  expect(stdout.match(/--iptables-version is no longer a flag/g)).toHaveLength(1);
});
