import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import type { Held } from '../../../src/host/namespace/lock.ts';
import { takeLock } from '../../../src/host/namespace/lock.ts';
import type { Namespace } from '../../../src/host/namespace/namespace.ts';
import { openNamespace } from '../../../src/host/namespace/namespace.ts';
import { programs } from '../../../src/host/run.ts';

const here: Namespace = openNamespace({ kind: 'here' }, programs());

async function held(limit = 20_000): Promise<Held> {
  const lock = await takeLock(here, limit);
  if (typeof lock === 'string') throw new Error(lock);
  return lock;
}

it('a lock that is held is waited for, for as long as allowed', async () => {
  const first = await held();
  expect(await takeLock(here, 100)).toBe('busy');
  setTimeout(first.release, 100);
  (await held()).release();
});

it('many that wait get the lock one after the other', async () => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    const lock = await held();
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside -= 1;
    lock.release();
  };
  await Promise.all(Array.from({ length: 12 }, work));
  expect(most).toBe(1);
});

it('a signal ends the waiting', async () => {
  const first = await held();
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  expect(await takeLock(here, 20_000, stop.signal)).toBe('interrupted');
  expect(await takeLock(here, 20_000, stop.signal)).toBe('interrupted');
  first.release();
});

it('the lock of a process that is killed is free at once', async () => {
  const name = 'istio-init: one run at a time in a network namespace '.padEnd(107, '.');
  const script = `require('node:net').createServer().listen({ path: '\\0' + process.argv[1] }, () => console.log('held'))`;
  const annotatedObject = spawn(process.execPath, ['-e', script, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => annotatedObject.stdout.once('data', resolve));
  expect(await takeLock(here, 100)).toBe('busy');
  const waiting = held();
  annotatedObject.kill('SIGKILL');
  (await waiting).release();
});
