/** The page for everybody: WCAG AA in each view, at a desk and on a phone, light and dark; by keys alone. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { annotation, describeBrowser, keepPicture, open, paste, startBrowser, verdict, view } from './browser.ts';

const WRONG =
  '*nat\n-A OUTPUT -j ISTIO_OUTPUT\n-A ISTIO_OUTPUT -p tcp --dport x:y -j RETURN\n-A ISTIO_OUTPUT -d 10.0.0.0/8 -j RETURN\nCOMMIT\n';

// One after the other in one page, as a person gets from each to the next.
const STATES: readonly (readonly [string, (page: Page) => Promise<void>])[] = [
  ['start', async () => {}],
  ['picture', (page) => view(page, 'Picture')],
  ['escapes', (page) => view(page, 'Escapes')],
  [
    'compare',
    async (page) => {
      await view(page, 'Compare');
      await page.getByLabel('Against').selectOption('1.12.9');
      await page.getByLabel('Differences').getByText('port 22').waitFor();
    },
  ],
  [
    'request',
    async (page) => {
      await view(page, 'Way');
      await page.getByLabel('Ask about').selectOption('app-to-itself');
    },
  ],
  ['tour', (page) => page.getByRole('button', { name: 'Tour' }).click()],
  [
    'settings and a refusal',
    async (page) => {
      await page.keyboard.press('Escape');
      for (const name of ['Annotations', 'Settings']) {
        const part = page.locator('details').filter({ hasText: name }).first();
        if ((await part.getAttribute('open')) === null) await part.locator('summary').click();
      }
      await annotation(page, 'excludeInboundPorts').fill('http');
      await page.getByLabel('Problems').waitFor();
    },
  ],
  [
    'pasted rules',
    async (page) => {
      await paste(page, WRONG);
      await page.getByLabel('Problems').getByText('x:y').waitFor();
    },
  ],
];

const require = createRequire(import.meta.url);
// Each page reads the checker anew, and half as long where it is minified.
const CHECKER = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

// What is dark is so by its colours alone (style/colors.css), and these are the rules that look at colours.
const ASKED = {
  light: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
  dark: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },
};

async function violationsIn(page: Page, colorScheme: keyof typeof ASKED): Promise<readonly string[]> {
  await page.emulateMedia({ colorScheme });
  return page.evaluate(async (runOnly) => {
    const { axe: checker } = globalThis as unknown as {
      axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await checker.run({ runOnly, resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  }, ASKED[colorScheme]);
}

describeBrowser('the page for everybody', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  it.each([1280, 390])('keeps to WCAG AA in light and dark at %i pixels, and needs no scrolling sideways', async (width) => {
    const { page, errors } = await open(browser, { colorScheme: 'light', viewport: { width, height: 844 } });
    await page.evaluate(CHECKER);
    for (const [name, act] of STATES) {
      await act(page);
      await verdict(page).getByText(/\S/).waitFor();
      for (const colorScheme of ['light', 'dark'] as const) {
        expect([name, colorScheme, await violationsIn(page, colorScheme)]).toEqual([name, colorScheme, []]);
        await keepPicture(page, `${name.replaceAll(' ', '-')}-${colorScheme}-${width}`);
      }
      expect([name, await page.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([name, true]);
    }
    expect(errors).toEqual([]);
    await page.close();
  });

  it('is gone through by keys alone, and shows where one is', async () => {
    const { page } = await open(browser);
    const seen = new Set<string>();
    for (let press = 0; press < 40; press += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const inside = document.activeElement?.shadowRoot?.activeElement ?? document.activeElement;
        const shown =
          inside?.closest('.editor') ?? (inside?.getRootNode() instanceof ShadowRoot ? document.getElementById('text') : inside);
        const { outlineStyle, outlineWidth } = getComputedStyle(shown ?? document.body);
        return {
          name: inside?.id || inside?.getAttribute('aria-label') || inside?.textContent || '',
          ring: `${outlineStyle} ${outlineWidth}`,
        };
      });
      expect([at.name, at.ring]).toEqual([at.name, expect.stringMatching(/^(solid|auto) [1-3]px$/)]);
      seen.add(at.name);
    }
    expect([...seen]).toEqual(expect.arrayContaining(['Tour', 'Rules or a manifest', 'release', 'request']));
    await page.close();
  });
});
