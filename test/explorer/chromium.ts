/** The built page, and Debian's chromium in one of its two packages. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

// The shell without windows has the same engine, and the tests of the page take half of the processor's time in it.
const BROWSERS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'] as const;
export const CHROMIUM = BROWSERS.find((file) => existsSync(file)) ?? BROWSERS[0];
export const PAGE = fileURLToPath(new URL('../../dist/explorer.html', import.meta.url));

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

/** Text that is mostly the same part over and over. */
export interface Repeated {
  readonly begin: string;
  readonly part: string;
  readonly times: number;
  readonly end: string;
}

/** Gives the page a text to paste: the browser's own clipboard would be that of the machine. What is repeated is so in the page: megabytes take seconds to get there. */
export async function copy(page: Page, text: string | Repeated): Promise<void> {
  const whole: Repeated = typeof text === 'string' ? { begin: text, part: '', times: 0, end: '' } : text;
  await page.evaluate(
    ({ begin, part, times, end }) => Object.assign(globalThis, { copied: begin + part.repeat(times) + end }) && undefined,
    whole,
  );
}

/** Pastes what was copied in place of what stands in the editor. */
export async function pasteCopied(page: Page): Promise<void> {
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+a');
  await page.evaluate(`
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', copied);
    document.getElementById('text').shadowRoot.querySelector('.cm-content')
      .dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  `);
}

export async function paste(page: Page, text: string | Repeated): Promise<void> {
  await copy(page, text);
  await pasteCopied(page);
}
