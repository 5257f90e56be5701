import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { answersIn, NO_ENTRY, scriptOf } from '../../../../src/host/cluster/live/script.ts';
import type { Command } from '../../../../src/host/run.ts';

const MARK = 'mark-0123456789abcdef';

/** What a real shell answers to the script. */
function asked(commands: readonly Command[], entry = NO_ENTRY): { stdout: string; stderr: string } {
  const { stdout, stderr } = spawnSync('sh', { input: scriptOf(commands, MARK, entry), encoding: 'utf8' });
  return { stdout, stderr };
}

const command = (...argv: readonly [string, ...string[]]): Command => ({ argv, deadline: 0 });

describe('commands for a shell in a container', () => {
  it('come back one by one, word for word, with what each said and how it ended', () => {
    const commands: readonly Command[] = [
      command('printf', '%s|', "it's", '$(id)', 'a b', '', '*', '\\', '"'),
      { ...command('cat'), stdin: "line 1\n'line' 2" },
      command('sh', '-c', 'echo no >&2; exit 3'),
      { ...command('sh', '-c', 'echo $XTABLES_LOCKFILE $LC_ALL'), env: { XTABLES_LOCKFILE: '/dev/null' } },
      command('no-such-program-here'),
    ];
    const answers = answersIn(commands, MARK, asked(commands));
    expect(answers.map(({ exitCode, stdout, notFound }) => [exitCode, stdout, notFound])).toEqual([
      [0, 'it\'s|$(id)|a b||*|\\|"|', false],
      [0, "line 1\n'line' 2", false],
      [3, '', false],
      [0, '/dev/null C\n', false],
      [null, '', true],
    ]);
    expect(answers[2]?.stderr).toContain('no');
  });

  it('count only where all of it came, on both outputs', () => {
    const commands = [command('echo', 'one'), command('echo', 'two')];
    const whole = asked(commands);
    expect(answersIn(commands, MARK, whole)).toHaveLength(2);
    for (let length = 0; length < whole.stdout.length; length += 1)
      expect(() => answersIn(commands, MARK, { ...whole, stdout: whole.stdout.slice(0, length) })).toThrow('cut off');
    expect(() => answersIn(commands, MARK, { ...whole, stderr: '' })).toThrow('cut off');
  });

  it.each([
    ['a comment that looks like the end of an answer', 'x\nmark-ffffffffffffffff 0\n*nat\n'],
    ['lines of another mark', '\nmark-0123456789abcdee 0\n'],
    ['more marks than there are commands', `\n${MARK} 0\n`],
    ['bytes that are no text', '\u0000\u001b[2J\ufffd'],
  ])('are not taken apart wrongly by %s', (_, said) => {
    const commands = [command('printf', '%s', said)];
    const stdout = `${said}\n${MARK} 0\n`;
    const read = (): string | undefined => answersIn(commands, MARK, { stdout, stderr: `\n${MARK}\n` })[0]?.stdout;
    if (said.includes(MARK)) expect(read).toThrow('cut off');
    else expect(read()).toBe(said);
  });

  it('are begun where the entry says, and by its words', () => {
    const commands = [command('echo', 'x')];
    const [answer] = answersIn(commands, MARK, asked(commands, { lines: 'here=/', prefix: ['env', 'A=b'] }));
    expect(answer).toMatchObject({ argv: ['echo', 'x'], stdout: 'x\n' });
    expect(execFileSync('sh', { input: scriptOf(commands, MARK, { lines: 'exit 0', prefix: [] }), encoding: 'utf8' })).toBe('');
  });
});
