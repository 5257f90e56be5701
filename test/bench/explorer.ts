/** The explorer's page in a browser: its size, its first answer, a step of the slider, and what a megabyte does to it. */

import { statSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { copy, PAGE, pasteCopied, startBrowser } from '../explorer/chromium.ts';
import type { Table } from './table.ts';
import { median } from './table.ts';

const OPENINGS = 9;
const STEPS = 120;
const RULE = '-A OUTPUT -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 15001\n';

interface FirstUse {
  /** Milliseconds from the end of loading until the first verdict is painted; below zero where that was before the end. */
  readonly afterLoad: number;
  /** The same from the start of the navigation, which no order of the page's parts moves. */
  readonly afterStart: number;
  /** Milliseconds from the first change that somebody can make to the worker's answer to it. */
  readonly change: number;
}

async function firstUse(page: Page): Promise<FirstUse> {
  await page.addInitScript(`
    const verdict = () => document.querySelector('.bar .verdict')?.textContent ?? '';
    const said = (word) => new Promise((resolve) => {
      new MutationObserver((_, watcher) => {
        if (!verdict().includes(word)) return;
        watcher.disconnect();
        resolve();
      }).observe(document, { subtree: true, childList: true, characterData: true });
    });
    const painted = () => new Promise((resolve) => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(performance.now());
      port2.postMessage(0);
    }));
    globalThis.measured = said('envoy').then(painted).then(async (shown) => {
      if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('load', () => setTimeout(resolve)));
      const load = performance.getEntriesByType('navigation')[0].loadEventEnd;
      const field = document.querySelector('.bar .wide input');
      const start = performance.now();
      const direct = said('direct');
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, '127.0.0.1:80');
      field.dispatchEvent(new Event('input', { bubbles: true }));
      await direct;
      return { afterLoad: shown - load, afterStart: shown, change: performance.now() - start };
    });
  `);
  await page.goto(`file://${PAGE}`);
  return page.evaluate<FirstUse>('measured');
}

/** Milliseconds from each step of the slider to the rules of that release on the page. */
async function slide(page: Page): Promise<readonly number[]> {
  return page.evaluate<number[]>(`(async () => {
    const slider = document.getElementById('release');
    const title = document.getElementById('rules-title');
    const times = [];
    for (let step = 0; step < ${STEPS}; step += 1) {
      const before = title.textContent;
      const start = performance.now();
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(slider, 250 - step);
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      while (title.textContent === before) await new Promise((resolve) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = resolve; port2.postMessage(0); });
      times.push(performance.now() - start);
      await new Promise(requestAnimationFrame);
    }
    return times;
  })()`);
}

/** The longest task of the page itself after a paste, in milliseconds. */
async function longestTask(page: Page, text: string): Promise<number> {
  // Before it is watched: ten megabytes on their way into the page are a long task that no visitor has.
  await copy(page, text);
  await page.evaluate(`
    globalThis.tasks = [0];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
  `);
  await pasteCopied(page);
  await page.waitForTimeout(4000);
  return page.evaluate<number>('Math.max(...tasks)');
}

export async function benchExplorer(): Promise<Table> {
  const browser = await startBrowser();
  const firsts: FirstUse[] = [];
  for (let opening = 0; opening < OPENINGS; opening += 1) {
    const page = await browser.newPage();
    firsts.push(await firstUse(page));
    await page.close();
  }
  const page = await browser.newPage();
  await firstUse(page);
  const step = median(await slide(page));
  const tasks: (readonly [string, number])[] = [];
  for (const megabytes of [1, 10])
    tasks.push([`longest task of the page, ${megabytes} MB pasted`, await longestTask(page, `*nat\n${RULE.repeat(16_000 * megabytes)}`)]);
  await browser.close();
  const size = statSync(PAGE).size / 1000;
  const first = median(firsts.map(({ afterLoad }) => afterLoad));
  return {
    title: 'The explorer in chromium (milliseconds)',
    head: ['', ''],
    rows: [
      ['size of the page, kB', size.toFixed(0)],
      ['first verdict painted, after loading, median', first.toFixed(1)],
      ['first verdict painted, after the start, median', median(firsts.map(({ afterStart }) => afterStart)).toFixed(1)],
      ['answer to the first change, median', median(firsts.map(({ change }) => change)).toFixed(1)],
      ['a step of the slider, median', step.toFixed(1)],
      ...tasks.map(([what, time]) => [what, time.toFixed(0)]),
    ],
    limits: [
      { what: 'size of the page, kB', measured: size, most: 600 },
      { what: 'first verdict after loading, ms', measured: first, most: 100 },
      { what: 'a step of the slider, ms', measured: step, most: 16 },
    ],
  };
}
