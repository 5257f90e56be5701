/** What nobody should paste: nothing of it runs, and the page goes on. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { capture } from '../golden.ts';
import type { Opened } from './browser.ts';
import { describeBrowser, open, paste, startBrowser, title, verdict } from './browser.ts';
import type { Repeated } from './chromium.ts';

const RULE = '-A OUTPUT -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 15001\n';

/** The longest time for which the page answered nobody, in milliseconds, from now on. */
async function watchPauses(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const pauses: number[] = [0];
    let last = performance.now();
    const watch = setInterval(() => {
      const now = performance.now();
      pauses.push(now - last);
      last = now;
    }, 10);
    Object.assign(globalThis, { pauses, watch });
  });
  return () =>
    page.evaluate(() => {
      const { pauses, watch } = globalThis as unknown as { pauses: number[]; watch: number };
      clearInterval(watch);
      return Math.max(...pauses);
    });
}

describeBrowser('a hostile paste', () => {
  let browser: Browser;
  // One page for all of them, one after the other: it goes on.
  let opened: Opened;
  beforeAll(async () => {
    browser = await startBrowser();
    opened = await open(browser);
  });
  afterAll(() => browser?.close());

  it.each<[string, string | Repeated]>([
    ['HTML', '<img src=x onerror=alert(1)><script>alert(2)</script>'],
    [
      'a rule with HTML',
      `*nat\n:OUTPUT ACCEPT\n-A OUTPUT -m comment --comment "</text></svg><script>alert(1)</script><img src=x onerror=alert(3)>" -j RETURN\nCOMMIT\n`,
    ],
    [
      'a manifest with HTML',
      'kind: Pod\napiVersion: v1\nmetadata: {name: "<img src=x onerror=alert(1)>"}\nspec: {containers: [{name: a}]}\n',
    ],
    ['control characters', '\u0000\u001b]0;x\u0007\u202e*nat\n-A OUTPUT -j \u001b[31mX\n'],
    ['a megabyte of brackets', { begin: '', part: 'a: [{', times: 170_000, end: '' }],
    ['a megabyte on one line', { begin: '', part: 'x', times: 1_000_000, end: '' }],
    ['ten megabytes of rules', { begin: '*nat\n', part: RULE, times: 160_000, end: 'COMMIT\n' }],
    ['ten megabytes of a log', { begin: '', part: '2024-01-01 info something happened <b>here</b>\n', times: 220_000, end: '' }],
    [
      'aliases that explode',
      `a: &a [x,x]\n${Array.from({ length: 30 }, (_, at) => `b${at}: &b${at} [*${at === 0 ? 'a' : `b${at - 1}`},*${at === 0 ? 'a' : `b${at - 1}`}]`).join('\n')}\n`,
    ],
  ])('runs and freezes nothing: %s', async (_, text) => {
    const { page, errors, requests } = opened;
    const before = requests.length;
    const longestPause = await watchPauses(page);
    await paste(page, text);
    // The page answers while the worker works: a field can be changed meanwhile.
    await page.getByLabel('to', { exact: true }).fill('10.1.1.1:81');
    expect(await page.getByLabel('to', { exact: true }).inputValue()).toBe('10.1.1.1:81');
    await page.waitForTimeout(500);
    // What is slow is given up when it is not wanted any more.
    await paste(page, capture('2021-01-default.list.txt'));
    await title(page).getByText('Exactly the rules of Istio 1.7.0 to 1.12.9').waitFor({ timeout: 20_000 });
    await verdict(page).getByText(/\S/).waitFor();
    expect(errors).toEqual([]);
    expect(requests.slice(before).filter((url) => !url.startsWith('blob:'))).toEqual([]);
    expect(await page.locator('body img, body script:not([id])').count()).toBe(3);
    // On a machine that does nothing else it is a hundredth of that: npm run bench -- explorer.
    expect(await longestPause()).toBeLessThan(8000);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByLabel('to', { exact: true }).fill('10.0.0.5:80');
    await title(page).getByText('A default pod').waitFor();
  });
});
