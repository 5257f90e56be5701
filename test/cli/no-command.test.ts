import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { PROGRAM, piped, run } from './program.ts';

const LISTING = 'golden/captures/2021-01-default.list.txt';

describe('without a command', () => {
  it('a file is checked', async () => {
    const [named, checked] = await Promise.all([run([LISTING]), run(['check', LISTING])]);
    expect(named).toEqual(checked);
    expect(named.stdout).toContain('rules     Istio 1.');
  });

  it('a pipe is checked, with check and without it', async () => {
    const [bare, check, dash] = await Promise.all([
      piped(LISTING, []),
      piped(LISTING, ['check']),
      piped(LISTING, ['-'], { program: PROGRAM }),
    ]);
    expect(bare).toEqual(check);
    expect(dash).toEqual(check);
    expect(bare.stdout).toContain('rules     Istio 1.');
  });

  it('an empty pipe holds nothing, so that a default pod is previewed', async () => {
    const [empty, closed] = await Promise.all([piped('/dev/null', ['preview']), run(['preview'])]);
    expect(empty).toEqual(closed);
  });

  it('an input that another program left open, and never writes to, is not waited for', async () => {
    const { stdout } = await execa(PROGRAM, ['preview'], { stdin: 'pipe', timeout: 20_000, stripFinalNewline: false });
    expect(stdout).toBe((await run(['preview'])).stdout);
  });

  it('a part of a pipe is named as that of a file is', async () => {
    const file = 'docs/examples/bookinfo.yaml';
    for (const [words, same] of [
      [['-#reviews-v3'], ['check', '-', '--workload', 'reviews-v3']],
      [
        ['why', '-#reviews-v3', '10.0.0.5:80'],
        ['why', '-', '10.0.0.5:80', '--workload', 'reviews-v3'],
      ],
      [
        ['lint', '-#reviews-v3'],
        ['lint', '--workload', 'reviews-v3'],
      ],
      [
        ['escapes', '-#reviews-v3'],
        ['escapes', '-', '--workload', 'reviews-v3'],
      ],
    ] as const) {
      const [part, chosen] = await Promise.all([piped(file, words), piped(file, same)]);
      expect(part.exitCode).toBe(chosen.exitCode);
      expect(part.stdout).not.toBe('');
      expect(part.stdout.split('next ')[0]?.replace(/^more.*$/m, '')).toBe(chosen.stdout.split('next ')[0]?.replace(/^more.*$/m, ''));
    }
  });

  it('a pipe is compared with a release that is named alone, and is no hindrance to what would change one', async () => {
    const [alone, named] = await Promise.all([piped(LISTING, ['diff', '@1.28']), piped(LISTING, ['diff', '-', '@1.28'])]);
    expect(alone).toEqual(named);
    expect(alone.stdout).toContain('--- standard input');
    for (const words of [
      ['diff', '@1.28', '--set', 'outbound.excludePorts=3306'],
      ['diff', '@1.28', '@1.20'],
    ])
      expect(await piped(LISTING, words)).toEqual(await run(words));
  });

  it('rules on standard input are no manifest to lint, which says who looks at them', async () => {
    for (const words of [['lint'], ['lint', '-'], ['lint', '-f', '-']])
      expect(await piped(LISTING, words)).toMatchObject({
        exitCode: 2,
        stderr: 'istio-init: lint: standard input holds rules, no manifest: ... | istio-init check - looks at them\n',
      });
  });

  it('check -f FILE looks at FILE', async () => {
    const [by, named] = await Promise.all([run(['check', '-f', LISTING]), run(['check', LISTING])]);
    expect(by).toEqual(named);
  });

  it('a word that is nothing is taken for a misspelt command, and one that looks like a path for a file', async () => {
    expect((await run(['prewiev'])).stderr).toContain('(did you mean preview?)');
    expect((await run(['ticket.txt'])).stderr).toBe(
      'istio-init: "ticket.txt" is not there, and no command is called so; istio-init --help names them\n',
    );
  });

  it('and without anything the help is shown, as kubectl does', async () => {
    const [bare, help] = await Promise.all([run([]), run(['--help'])]);
    expect(bare).toEqual({ ...help, exitCode: 0, stderr: '' });
    expect(bare.stdout).toContain('istio-init SOURCE  checks anything');
  });

  it('several files are checked, one screen each; what can not be read is named, and the others have their answer', async () => {
    const other = 'golden/captures/2024-10-default.list.txt';
    const [one, both, broken, json] = await Promise.all([
      run([LISTING]),
      run([LISTING, other]),
      run([LISTING, 'nowhere.txt']),
      run([LISTING, other, '-o', 'json']),
    ]);
    expect(both.stdout).toContain(`==> ${LISTING}\n${one.stdout}\n==> ${other}\n`);
    expect(broken).toMatchObject({
      exitCode: 2,
      stdout: `==> ${LISTING}\n${one.stdout}`,
      stderr: 'istio-init: check: nowhere.txt does not exist\n',
    });
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'Checks', checks: [{ source: LISTING }, { source: other }] });
    const withPipe = await piped(LISTING, ['check', other, '-']);
    expect(withPipe.stdout.match(/^==> .*$/gm)).toEqual([`==> ${other}`, '==> -']);
  });

  it('several manifests are one source: equal workloads are one', async () => {
    const { stdout } = await run(['docs/examples/bookinfo.yaml', 'docs/examples/injected-1.28.yaml']);
    expect(stdout).toMatch(/^\d+ workloads: Deployment /);
  });
});

it('a pod whose validation found no rules is no pod in order: its status tells', async () => {
  const pod = 'golden/cases/r2-07-validation-failed-job/pod.json';
  const [check, trace] = await Promise.all([
    run(['check', pod]),
    run(['trace', pod, '--from', 'app', '--to', '10.20.0.9:443', '--expect', 'envoy-outbound']),
  ]);
  expect(check).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('THE RUN FAILED: the validation found no rules in the pod') });
  expect(trace).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('unknown: these rules were not applied') });
});
