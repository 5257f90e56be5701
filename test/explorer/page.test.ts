import { statSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, scratchFolder } from '../cli/program.ts';
import { capture } from '../golden.ts';
import { describeBrowser, keepPicture, open, PAGE, startBrowser } from './browser.ts';

const LISTING = capture('2021-01-default.list.txt');
const folder = scratchFolder();
afterAll(folder.remove);

const verdict = (page: Page) => page.locator('.verdict');
const title = (page: Page) => page.locator('#rules-title');

describeBrowser('the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  it('is one file of less than 600 kB that asks the network for nothing', async () => {
    expect(statSync(PAGE).size).toBeLessThan(600_000);
    const { page, requests, errors } = await open(browser);
    await verdict(page).getByText('envoy-outbound: caught by Envoy outbound (15001)').waitFor();
    expect(requests.filter((url) => url !== `file://${PAGE}` && !url.startsWith('blob:'))).toEqual([]);
    expect(errors).toEqual([]);
    const policy = await page.locator('meta[http-equiv]').getAttribute('content');
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; worker-src blob:;/);
    await keepPicture(page, 'light-1280');
    await page.close();
  });

  it('recognises what is pasted, and knows each reason', async () => {
    const { page } = await open(browser);
    await page.locator('#text').fill(LISTING);
    await title(page).getByText('exactly the rules of Istio 1.7.0 to 1.12.9').waitFor();
    expect(await page.locator('.rules li').first().textContent()).toContain('All TCP that arrives goes through ISTIO_INBOUND.');
    await page.close();
  });

  it('slides through the releases', async () => {
    const { page } = await open(browser);
    await page.locator('#release').press('Home');
    await title(page).getByText('an ordinary pod, Istio 1.0.0').waitFor();
    expect((await page.locator('.rules code').allTextContents()).join('\n')).not.toContain('15006');
    await page.locator('#release').press('End');
    await title(page).getByText('an ordinary pod, Istio 1.31.0-rc.0').waitFor();
    await page.close();
  });

  it('shows what an annotation lets escape, and one packet of it at a click', async () => {
    const { page } = await open(browser);
    await page.getByLabel('excludeInboundPorts').fill('9100');
    await page.locator('.escapes').getByText('9100').click();
    await verdict(page).getByText('direct: reaches port 9100 of the pod, not caught').waitFor();
    await page.close();
  });

  it('steps along the way by the arrow keys, and marks the rule', async () => {
    const { page } = await open(browser);
    await page.locator('.steps').focus();
    for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowDown');
    expect(await page.locator('[aria-selected="true"]').textContent()).toContain('OUTPUT 1 -j ISTIO_OUTPUT');
    expect(await page.locator('.rules .current').textContent()).toContain('What the pod sends goes through ISTIO_OUTPUT.');
    await page.close();
  });

  it('holds its whole state in the link', async () => {
    const { page } = await open(browser);
    await page.getByLabel('to', { exact: true }).fill('10.9.9.9:3306');
    await page.getByLabel('excludeOutboundPorts').fill('3306');
    await verdict(page).getByText('direct').waitFor();
    // The address follows a moment after the last change.
    await page.waitForTimeout(600);
    const fragment = new URL(page.url()).hash;
    await page.close();
    const { page: other } = await open(browser, PAGE, fragment);
    await verdict(other).getByText('direct').waitFor();
    expect(await other.getByLabel('excludeOutboundPorts').inputValue()).toBe('3306');
    await other.close();
    const { page: broken } = await open(browser, PAGE, '#%%%');
    await title(broken).getByText('an ordinary pod').waitFor();
    await broken.close();
  });

  it('compares with another release by packets', async () => {
    const { page } = await open(browser);
    await page.getByLabel('Against another release').selectOption('1.12.9');
    await page.getByLabel('Differences').getByText('port 22').waitFor();
    await page.close();
  });

  it('begins with what the command line put into it', async () => {
    const { stdout, exitCode } = await run(['explorer', folder.write('rules.txt', LISTING)], { cwd: folder.path });
    expect(exitCode).toBe(0);
    const { page } = await open(browser, join(folder.path, folder.write('with-rules.html', stdout)));
    await title(page).getByText('exactly the rules of Istio 1.7.0 to 1.12.9').waitFor();
    await page.close();
  });

  it.each([
    ['HTML', '<img src=x onerror=alert(1)><script>alert(2)</script>'],
    [
      'a rule with HTML',
      `*nat\n:OUTPUT ACCEPT\n-A OUTPUT -m comment --comment "</text></svg><script>alert(1)</script>" -j RETURN\nCOMMIT\n`,
    ],
    ['control characters', '\u0000\u001b]0;x\u0007\u202e*nat\n-A OUTPUT -j \u001b[31mX'],
    ['a megabyte', 'a: [{'.repeat(170_000)],
  ])('runs and freezes nothing when %s is pasted', async (_, text) => {
    const { page, errors } = await open(browser);
    await page.locator('#text').fill(text);
    // The page answers while the worker works: a field can be changed meanwhile.
    await page.getByLabel('to', { exact: true }).fill('10.1.1.1:81');
    expect(await page.getByLabel('to', { exact: true }).inputValue()).toBe('10.1.1.1:81');
    await page.waitForTimeout(300);
    expect(errors).toEqual([]);
    expect(await page.locator('script').count()).toBe(2);
    await page.close();
  });

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)('can be used by everybody (WCAG AA), in %s at %i pixels', async (colorScheme, width) => {
    const { page } = await open(browser, PAGE, '', { colorScheme, viewport: { width, height: 844 } });
    await verdict(page).waitFor();
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { axe: rules } = globalThis as unknown as {
        axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const { violations } = await rules.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
    });
    expect(found).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await keepPicture(page, `${colorScheme}-${width}`);
    await page.close();
  });
});
