import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { programs } from '../../src/host/run.ts';

it('a program gets its input and its result is plain data', async () => {
  const { run } = programs();
  const ran = await run({ argv: ['sh', '-c', 'cat; echo no >&2; exit 3'], stdin: 'text', deadline: 5000 });
  expect(ran).toEqual({
    argv: ['sh', '-c', 'cat; echo no >&2; exit 3'],
    exitCode: 3,
    signal: null,
    stdout: 'text',
    stderr: 'no\n',
    timedOut: false,
    notFound: false,
  });
});

it('a program that does not exist is not found, and counts as no process', async () => {
  const { run, started } = programs();
  expect(await run({ argv: ['no-such-program'], deadline: 5000 })).toMatchObject({ notFound: true, exitCode: null, timedOut: false });
  expect(started()).toBe(0);
});

it('a program that exits before it has read a megabyte ends with its own exit code', async () => {
  const { run, started } = programs();
  const ran = await run({ argv: ['sh', '-c', 'exec 0<&-; echo done'], stdin: 'x'.repeat(1 << 20), deadline: 5000 });
  expect(ran).toMatchObject({ exitCode: 0, stdout: 'done\n' });
  expect(started()).toBe(1);
});

it('a program that prints more than 64 MB is killed, and says so; one of which only the end is kept may print what it likes', async () => {
  const { run } = programs();
  expect(await run({ argv: ['yes'], deadline: 60_000 })).toMatchObject({
    exitCode: null,
    stdout: '',
    stderr: 'printed more than 64 MB, which is the most that is read',
    timedOut: false,
  });
  const kept = await run({ argv: ['sh', '-c', 'yes | head -c 70000000; echo end'], deadline: 60_000, keep: 4 });
  expect(kept).toMatchObject({ exitCode: 0, stdout: 'end\n' });
});

it('a deadline kills a program and what it started', async () => {
  const { run } = programs();
  const begin = performance.now();
  const ran = await run({ argv: ['sh', '-c', 'sleep 60 & echo $!; sleep 60'], deadline: 200 });
  expect(ran).toMatchObject({ timedOut: true, signal: 'SIGKILL', exitCode: null });
  expect(performance.now() - begin).toBeLessThan(5000);
  const child = Number(ran.stdout);
  await expect.poll(() => alive(child)).toBe(false);
});

/** Whether a process still runs; one that nobody has buried yet does not. */
function alive(pid: number): boolean {
  try {
    return !/ Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

it('a program whose child keeps its pipes open is finished when it ends', async () => {
  const { run } = programs();
  const begin = performance.now();
  expect(await run({ argv: ['sh', '-c', 'setsid sleep 5 & exit 7'], deadline: 20_000 })).toMatchObject({ exitCode: 7 });
  expect(performance.now() - begin).toBeLessThan(4000);
});

it('the messages of programs are in English, and the environment is passed on', async () => {
  const { run } = programs();
  const ran = await run({ argv: ['sh', '-c', 'echo $LC_ALL $OTHER $HOME'], deadline: 5000, env: { OTHER: 'other' } });
  expect(ran.stdout).toBe(`C other ${process.env['HOME'] ?? ''}\n`);
});
