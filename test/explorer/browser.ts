/** What the tests of the page have in common: it is opened from disk, as a person does. */

import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { describe } from 'vitest';
import { PLAYS_ALL } from '../trials.ts';
import { CHROMIUM, PAGE } from './chromium.ts';

export { PAGE, paste, startBrowser } from './chromium.ts';

const PICTURES = fileURLToPath(new URL('../../node_modules/.cache/istio-init/explorer/', import.meta.url));

const lacking = !existsSync(CHROMIUM) || !existsSync(PAGE);
if (lacking) {
  const line = `the tests of the page need ${CHROMIUM} and dist/explorer.html`;
  if (process.env['CI'] === 'true') throw new Error(line);
  console.warn(`skipped: ${line}`);
}

export const describeBrowser = describe.skipIf(lacking);

export interface Opened {
  readonly page: Page;
  /** What the page asked for, itself left out. */
  readonly requests: readonly string[];
  /** What went wrong in it. */
  readonly errors: readonly string[];
}

interface Opening extends BrowserContextOptions {
  readonly file?: string;
  /** The fragment of the address. */
  readonly fragment?: string;
}

/** Opens a file as the page, and waits for its first answer. */
export async function open(browser: Browser, { file = PAGE, fragment = '', ...options }: Opening = {}): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  const requests: string[] = [];
  const errors: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('dialog', (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(`file://${file}${fragment}`);
  await page.locator('.bar .verdict').getByText(/\S/).waitFor();
  return { page, requests, errors };
}

export const verdict = (page: Page): Locator => page.locator('.bar .verdict');
export const title = (page: Page): Locator => page.locator('#rules-title');
export const rules = (page: Page): Locator => page.locator('.rules > li');
/** The field of an annotation of the default pod. */
export const annotation = (page: Page, name: string): Locator => page.locator(`#annotation-${name}`);
export const setting = (page: Page, name: string): Locator => page.locator(`[id="setting-${name}"]`);
export const editor = (page: Page): Locator => page.locator('.cm-content');

/** Goes to one of the page's views. */
export async function view(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name }).click();
}

/** The link to what is shown, once the address has it: it follows a moment after the last change. */
export async function fragmentOf(page: Page): Promise<string> {
  await page.waitForTimeout(500);
  return new URL(page.url()).hash;
}

/** Keeps a picture of the page beside the other things that a run leaves, for whoever looks at them: where all is played. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  if (!PLAYS_ALL) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: true });
}
