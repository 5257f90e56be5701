import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import type { Held } from '../../../src/host/namespace/lock.ts';
import { takeLock } from '../../../src/host/namespace/lock.ts';
import { holderOfPeer, holderText, inodeOf } from '../../../src/host/namespace/lock-holder.ts';
import type { Namespace } from '../../../src/host/namespace/namespace.ts';
import { openNamespace } from '../../../src/host/namespace/namespace.ts';
import { programs } from '../../../src/host/run.ts';

const here: Namespace = openNamespace({ kind: 'here' }, programs());

/** Another user's hold on it counts for nothing. */
const asRoot = it.skipIf(process.geteuid?.() !== 0);

async function held(limit = 20_000): Promise<Held> {
  const lock = await takeLock(here, limit);
  if (typeof lock === 'string' || !('release' in lock)) throw new Error(JSON.stringify(lock));
  return lock;
}

asRoot('a lock that is held is waited for, for as long as allowed', async () => {
  const first = await held();
  expect(await takeLock(here, 100)).toMatchObject({ busy: { pid: process.pid, user: 0, rightful: true } });
  setTimeout(first.release, 100);
  (await held()).release();
});

asRoot('many that wait get the lock one after the other', async () => {
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

asRoot('a signal ends the waiting', async () => {
  const first = await held();
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  expect(await takeLock(here, 20_000, stop.signal)).toBe('interrupted');
  expect(await takeLock(here, 20_000, stop.signal)).toBe('interrupted');
  first.release();
});

asRoot('the lock of a process that is killed is free at once', async () => {
  const name = 'istio-init: one run at a time in a network namespace '.padEnd(107, '.');
  const script = `require('node:net').createServer().listen({ path: '\\0' + process.argv[1] }, () => console.log('held'))`;
  const holder = spawn(process.execPath, ['-e', script, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  expect(await takeLock(here, 100)).toMatchObject({ busy: { pid: holder.pid, program: expect.stringMatching(/^(node|MainThread)$/) } });
  const waiting = held();
  holder.kill('SIGKILL');
  (await waiting).release();
});

it('of sockets with the name of the lock the one that listens is its holder, and another name is none', () => {
  const line = (flags: string, inode: number, name: string): string => `0000: 00000002 00000000 ${flags} 0001 01 ${inode} @${name}\n`;
  const head = 'Num       RefCount Protocol Flags    Type St Inode Path\n';
  expect(inodeOf(`${head}${line('00000000', 1, 'lock')}${line('00010000', 2, 'lock')}`, 'lock')).toBe('2');
  expect(inodeOf(`${head}${line('00000000', 3, 'lock')}`, 'lock')).toBe('3');
  expect(inodeOf(`${head}${line('00010000', 4, 'lock.')}`, 'lock')).toBeUndefined();
});

it('a socket says of its holder what the kernel knows: no other user holds a lock, nor one who binds it without listening', () => {
  expect(holderOfPeer({ pid: 0, user: 0 })).toEqual({ user: 0, rightful: undefined });
  expect(holderOfPeer({ pid: 0, user: 1000 })).toEqual({ user: 1000, rightful: false });
  expect(holderOfPeer('no listener')).toEqual({ rightful: false });
  expect(holderText(holderOfPeer({ pid: 0, user: 1000 }))).toBe('a process that is not seen from here (user 1000)');
  expect(holderText({ pid: 7, program: 'python3', user: 1000, rightful: false })).toBe('process 7 (python3, user 1000)');
});
