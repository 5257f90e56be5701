import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { progressFor } from '../../../src/cli/terminal/progress.ts';

function terminal(environment: Readonly<Record<string, string>> = {}, isTTY = true) {
  const written: string[] = [];
  const listeners = new EventEmitter();
  const exits: number[] = [];
  let now = 5000;
  const bar = progressFor({ isTTY, write: (text) => written.push(text) }, environment, () => now, {
    on: (signal, listener) => listeners.on(signal, listener),
    off: (signal, listener) => listeners.off(signal, listener),
    exit: (code) => exits.push(code),
  });
  const after = (milliseconds: number, ...progress: Parameters<typeof bar.update>): void => {
    now += milliseconds;
    bar.update(...progress);
  };
  return { written, bar, after, listeners, exits };
}

const CLEAR = '\r\u001b[K';

describe('the progress bar', () => {
  it('shows how far the work is, and how fast it goes', () => {
    const { written, after } = terminal();
    after(2000, { read: 500, total: 2000 }, 3000);
    expect(written).toEqual([`${CLEAR}[######                  ]  25 %  3,000 workloads, 1,500 per second`]);
  });

  it('shows how much was read of what is large', () => {
    const { written, after } = terminal();
    after(2000, { read: 70_400_000, total: 162_000_000 }, 3000);
    expect(written).toEqual([`${CLEAR}[##########              ]  43 %  70 of 162 MB, 3,000 workloads, 1,500 per second`]);
    after(100, { read: 70_400_000 }, 3000);
    expect(written[1]).toContain('70 MB, 3,000 workloads, ');
  });

  it('shows no part of what has no known end', () => {
    const { written, after } = terminal();
    after(2000, { read: 500 }, 1);
    expect(written).toEqual([`${CLEAR}1 workload, 1 per second`]);
  });

  it('says nothing in the first second, and then something ten times a second', () => {
    const { written, after } = terminal();
    after(999, { read: 1, total: 2 }, 1);
    expect(written).toEqual([]);
    after(1, { read: 1, total: 2 }, 1);
    after(99, { read: 1, total: 2 }, 1);
    expect(written).toHaveLength(1);
    after(1, { read: 1, total: 2 }, 1);
    expect(written).toHaveLength(2);
  });

  it('never has more than all', () => {
    const { written, after } = terminal();
    after(1000, { read: 9, total: 3 }, 1);
    expect(written[0]).toContain('[########################] 100 %');
  });

  it('is taken away at the end, if it was there', () => {
    const { written, bar, after } = terminal();
    bar.clear();
    expect(written).toEqual([]);
    after(1000, { read: 1 }, 1);
    bar.clear();
    bar.clear();
    expect(written.slice(1)).toEqual([CLEAR]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('leaves nothing on the line when %s ends the program', (signal, code) => {
    const { written, after, listeners, exits } = terminal();
    after(2000, { read: 500, total: 2000 }, 3000);
    listeners.emit(signal, signal);
    expect([written.at(-1), exits, listeners.eventNames()]).toEqual([CLEAR, [code], []]);
  });

  it('hears signals only while it is there: before and after they do what they always do', () => {
    const { bar, after, listeners } = terminal();
    after(999, { read: 1 }, 1);
    expect(listeners.eventNames()).toEqual([]);
    after(1, { read: 1 }, 1);
    after(100, { read: 1 }, 1);
    expect(listeners.listenerCount('SIGINT')).toBe(1);
    bar.clear();
    expect(listeners.eventNames()).toEqual([]);
  });

  it.each([
    ['no terminal', {}, false],
    ['a terminal that can not take it away', { TERM: 'dumb' }, true],
  ] as const)('is not on %s', (_, environment, isTTY) => {
    const { written, bar, after } = terminal(environment, isTTY);
    after(5000, { read: 1, total: 2 }, 1);
    bar.clear();
    expect(written).toEqual([]);
  });
});
