import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { handleStop } from '../../../src/host/scratch/stopped.ts';

const MODULE = fileURLToPath(new URL('../../../src/host/scratch/stopped.ts', import.meta.url));

it('a signal aborts the wait; others that listen decide what comes of it', () => {
  const heard: string[] = [];
  const other = (name: string): number => heard.push(name);
  process.on('SIGHUP', other);
  const { signal, goOn } = handleStop();
  process.emit('SIGHUP', 'SIGHUP');
  expect([signal.aborted, heard]).toEqual([true, ['SIGHUP']]);
  const before = process.listenerCount('SIGHUP');
  goOn();
  expect(process.listenerCount('SIGHUP')).toBe(before - 1);
  process.off('SIGHUP', other);
  expect(heard).toEqual(['SIGHUP']);
});

it('nothing came, nothing comes of it', () => {
  const before = process.listenerCount('SIGTERM');
  const { signal, goOn } = handleStop();
  goOn();
  goOn();
  expect([signal.aborted, process.listenerCount('SIGTERM')]).toEqual([false, before]);
});

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'after %s what is to be ended is ended first, and then the program, by that signal',
  async (name) => {
    const { build } = await import('esbuild');
    const { outputFiles } = await build({
      entryPoints: [MODULE],
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'node',
      globalName: 'own',
    });
    const text = `${outputFiles[0]?.text ?? ''}
    const stopping = module.exports.handleStop();
    const open = setInterval(() => {}, 1000);
    stopping.signal.addEventListener('abort', () => { clearInterval(open); setTimeout(() => { console.log('ended'); stopping.goOn(); }, 100); });
    console.log('waits');`;
    const child = spawn(process.execPath, ['-e', text], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      said += piece;
      if (piece.includes('waits')) child.kill(name);
    });
    expect(await new Promise((resolve) => child.on('close', (_, signal) => resolve(signal)))).toBe(name);
    expect(said).toBe('waits\nended\n');
  },
);
