/** What a person does with rules that the page shows. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { capture } from '../golden.ts';
import { annotation, describeBrowser, editor, keepPicture, open, paste, rules, startBrowser, title, verdict, view } from './browser.ts';

const LISTING = capture('2021-01-default.list.txt');
const current = (page: Page) => page.locator('.rules .current');

describeBrowser('the views of the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  it('step along the way by the arrow keys, and mark the rule', async () => {
    const { page } = await open(browser);
    await page.locator('.steps').focus();
    for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    expect(await page.locator('[aria-selected="true"]').textContent()).toContain('OUTPUT 1 -j ISTIO_OUTPUT');
    expect(await current(page).textContent()).toContain('What the pod sends goes through ISTIO_OUTPUT.');
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('[aria-selected="true"]').textContent()).toContain('its source is 192.0.2.1');
    await page.getByRole('button', { name: 'Next' }).click();
    expect(await current(page).textContent()).toContain('--uid-owner 1337');
    await page.keyboard.press('Tab');
    await page.close();
  });

  it('light a rule up in the text, and the rule of the line where the cursor is', async () => {
    const { page } = await open(browser);
    await paste(page, LISTING);
    await title(page).getByText('Exactly').waitFor();
    await rules(page).getByText('--dport 15090').click();
    await page.locator('.cm-line.lit').getByText('dpt:15090').waitFor();
    await editor(page).getByText('dpt:15021').click();
    await current(page).getByText('--dport 15021').waitFor();
    await page.close();
  });

  it('light up the rules of a setting, and the setting of a rule', async () => {
    const { page } = await open(browser);
    await annotation(page, 'excludeInboundPorts').focus();
    await expect.poll(() => page.locator('.rules .lit').count()).toBe(3);
    await rules(page).getByText('--dport 15090').click();
    expect(await page.locator('.field.lit').allTextContents()).toEqual(
      ['statusPort', 'excludeInboundPorts', 'inbound.excludePorts'].map((name) => expect.stringContaining(name)),
    );
    await current(page).getByRole('button', { name: 'inbound.excludePorts' }).click();
    expect(await page.locator('#setting-inbound\\.excludePorts').evaluate((field) => field === document.activeElement)).toBe(true);
    await page.close();
  });

  it('show what an annotation lets escape, and one packet of it at a click', async () => {
    const { page } = await open(browser);
    await annotation(page, 'excludeInboundPorts').fill('9100');
    await view(page, 'Escapes');
    await page.locator('.regions').getByText('9100').click();
    await verdict(page).getByText('direct: reaches port 9100 of the pod, not caught').waitFor();
    await keepPicture(page, 'escapes');
    await page.close();
  });

  it('follow a packet of another user, an answer, and UDP', async () => {
    const { page } = await open(browser);
    await page.getByLabel('from').selectOption('another');
    await page.getByLabel('who').fill('uid:1337,gid:1337');
    await verdict(page).getByText('direct').waitFor();
    await page.getByLabel('from').selectOption('outside');
    await page.getByLabel('to', { exact: true }).fill('pod:8080');
    await verdict(page).getByText('envoy-inbound').waitFor();
    await page.getByRole('combobox', { name: 'by' }).selectOption('udp');
    await verdict(page).getByText('direct').waitFor();
    await page.getByLabel('to', { exact: true }).fill('nowhere at all');
    await page.locator('.bar .problem').getByText('nowhere at all').waitFor();
    await page.close();
  });

  it('tell a whole request, connection by connection', async () => {
    const { page } = await open(browser);
    await page.getByLabel('Ask about').selectOption('app-to-service');
    await page.locator('.hops').getByText("It arrives at the service's pod").click();
    await verdict(page).getByText('envoy-inbound').waitFor();
    await page.getByText('the answers come back').waitFor();
    await keepPicture(page, 'request');
    await page.close();
  });

  it('lead in eight steps, by keys, through real traces, and give back what was there', async () => {
    const { page } = await open(browser);
    await page.getByLabel('to', { exact: true }).fill('10.9.9.9:99');
    await page.getByRole('button', { name: 'Tour' }).click();
    const ends: string[] = [];
    for (let step = 1; step <= 8; step += 1) {
      await page.locator('.tour').getByText(`${step} of 8`).waitFor();
      await page.locator('.hops [aria-pressed="true"]').waitFor();
      await page.waitForTimeout(150);
      ends.push((await verdict(page).textContent())?.split(':')[0] ?? '');
      if (step === 1) await current(page).getByText('REDIRECT --to-ports 15006').waitFor();
      if (step === 5) await keepPicture(page, 'tour');
      await page.keyboard.press('ArrowRight');
    }
    expect(ends).toEqual(['envoy-inbound', 'direct', 'direct', 'direct', 'envoy-outbound', 'direct', 'direct', 'direct']);
    await page.keyboard.press('ArrowLeft');
    await page.locator('.tour').getByText('7 of 8').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByLabel('to', { exact: true }).inputValue()).toBe('10.9.9.9:99');
    await page.close();
  });

  it('compare with another release, packets first, and follow one of them', async () => {
    const { page } = await open(browser);
    await view(page, 'Compare');
    await page.getByLabel('Against').selectOption('1.12.9');
    await page.getByLabel('Differences').getByText('port 22').click();
    await page.getByText('direct: reaches port 22 of the pod, not caught').waitFor();
    await page.locator('.side.added').getByText('--dport 22').waitFor();
    await page.locator('.side.removed').getByText('-j ISTIO_OUTPUT').waitFor();
    await keepPicture(page, 'compare');
    await page.close();
  });

  it('compare a found listing with the pod that should be there', async () => {
    const { page } = await open(browser);
    await paste(page, LISTING);
    await view(page, 'Compare');
    await page.getByLabel('Against').selectOption('fields');
    await page.locator('.side.added').first().waitFor();
    await annotation(page, 'excludeInboundPorts').fill('9100');
    await page.locator('.side.added').getByText('9100').waitFor();
    await page.close();
  });

  it('draw the chains', async () => {
    const { page } = await open(browser);
    await view(page, 'Picture');
    await page.locator('.picture svg').getByText('ISTIO_IN_REDIRECT').first().waitFor();
    await keepPicture(page, 'picture');
    await page.close();
  });
});
