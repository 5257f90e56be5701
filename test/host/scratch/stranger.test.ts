import { expect, it } from 'vitest';
import { runStranger } from '../../../src/host/scratch/stranger.ts';

const run = (...argv: [string, ...string[]]): ReturnType<typeof runStranger> => runStranger({ argv, deadline: 5000, keep: 100 });

it('what became of a command is plain data, and it has nothing to read', async () => {
  expect(await run('sh', '-c', 'cat; echo "$LC_ALL"; echo no >&2; exit 3')).toEqual({
    argv: ['sh', '-c', 'cat; echo "$LC_ALL"; echo no >&2; exit 3'],
    exitCode: 3,
    signal: null,
    stdout: 'C\n',
    stderr: 'no\n',
    timedOut: false,
    notFound: false,
  });
  expect(await run('sh', '-c', 'kill -TERM $$')).toMatchObject({ exitCode: null, signal: 'SIGTERM', stderr: '', timedOut: false });
});

it('a command that can not be started says why', async () => {
  expect(await run('no-such-program')).toMatchObject({ exitCode: null, notFound: true, stderr: expect.stringContaining('ENOENT') });
  expect(await run('true', 'x'.repeat(200_000))).toMatchObject({
    exitCode: null,
    notFound: false,
    stderr: expect.stringContaining('E2BIG'),
  });
});

it('a command that hangs is killed at its deadline, also where it heeds no signal', async () => {
  const begin = performance.now();
  const ran = await runStranger({ argv: ['sh', '-c', "trap '' TERM; echo said; while :; do sleep 1; done"], deadline: 300, keep: 100 });
  expect(ran).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: true, stdout: 'said\n', stderr: '' });
  expect(performance.now() - begin).toBeLessThan(4000);
});

it('a command that is cancelled is killed, also where it heeds no signal, and is no command that hung', async () => {
  const stop = new AbortController();
  const begin = performance.now();
  const text = "trap '' TERM INT; echo said; while :; do sleep 1; done";
  const running = runStranger({ argv: ['sh', '-c', text], deadline: 20_000, keep: 100, signal: stop.signal });
  setTimeout(() => stop.abort(), 500);
  expect(await running).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: false, notFound: false, stdout: 'said\n' });
  expect(performance.now() - begin).toBeLessThan(5000);
});

it('of what it prints the end is kept, in whole characters', async () => {
  const { stdout, stderr } = await run('sh', '-c', 'seq 99999; for i in $(seq 500); do printf ä >&2; done');
  expect([stdout.length, stdout.endsWith('\n99998\n99999\n')]).toEqual([100, true]);
  expect(stderr).toBe('ä'.repeat(100));
});

it('a command whose child keeps its pipes open is finished when it ends', async () => {
  const begin = performance.now();
  expect(await runStranger({ argv: ['sh', '-c', 'sleep 6 & exit 7'], deadline: 20_000, keep: 100 })).toMatchObject({ exitCode: 7 });
  expect(performance.now() - begin).toBeLessThan(5000);
});
