/** The built page in Debian's chromium, as a person has it: from disk. */

import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { describe } from 'vitest';

const CHROMIUM = '/usr/bin/chromium';
export const PAGE = fileURLToPath(new URL('../../dist/explorer.html', import.meta.url));
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

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

/** Opens a file as the page, and waits for its first answer. */
export async function open(browser: Browser, file = PAGE, fragment = '', options: Parameters<Browser['newPage']>[0] = {}): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  const requests: string[] = [];
  const errors: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('dialog', (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(`file://${file}${fragment}`);
  await page.locator('#rules-title').getByText(/./).waitFor();
  return { page, requests, errors };
}

/** Keeps a picture of the page beside the other things that a run leaves. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}${name}.png` });
}
