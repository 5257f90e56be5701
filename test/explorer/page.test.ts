import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerTo } from '../../src/explorer/answer.ts';
import { fragmentOf as fragmentFor } from '../../src/explorer/link.ts';
import { ORDINARY } from '../../src/explorer/question.ts';
import { ROOT, run, scratchFolder } from '../cli/program.ts';
import { capture } from '../golden.ts';
import {
  annotation,
  describeBrowser,
  editor,
  fragmentOf,
  keepPicture,
  open,
  PAGE,
  paste,
  rules,
  setting,
  startBrowser,
  title,
  verdict,
  view,
} from './browser.ts';

const LISTING = capture('2021-01-default.list.txt');
const BOOKINFO = readFileSync(join(ROOT, 'docs/examples/bookinfo.yaml'), 'utf8');
const folder = scratchFolder();
afterAll(folder.remove);

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
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-\S+' 'sha256-\S+' 'sha256-\S+'; style-src 'sha256-\S+'; worker-src blob:; base-uri 'none'/,
    );
    await page.close();
  });

  it('shows of a default pod what the worker answers, without waiting for it', async () => {
    const page = await browser.newPage();
    await page.addInitScript('globalThis.Worker = class extends EventTarget { postMessage() {} }');
    await page.goto(`file://${PAGE}`);
    const known = JSON.parse((await page.locator('#first').textContent()) ?? '');
    expect(known).toEqual(answerTo(ORDINARY));
    await verdict(page).getByText(known.path.verdict).waitFor();
    await title(page).getByText(known.title).waitFor();
    await editor(page).waitFor();
    await page.close();
  });

  it('waits for the worker where a link asks something else', async () => {
    const page = await browser.newPage();
    await page.addInitScript('globalThis.Worker = class extends EventTarget { postMessage() {} }');
    await page.goto(`file://${PAGE}#${await fragmentFor({ ...ORDINARY, to: '127.0.0.1:80' })}`);
    await page.locator('#release').waitFor();
    expect(await title(page).textContent()).toBe('');
    await page.close();
  });

  it('recognises what is pasted, marks its lines, and knows each reason and counter', async () => {
    const { page, errors } = await open(browser);
    await paste(page, `${LISTING}\n-A ISTIO_OUTPUT -p tcp --dport x:y -j RETURN\n`);
    await title(page).getByText('Istio 1.7.0 to 1.12.9').waitFor();
    const first = rules(page).first();
    expect(await first.textContent()).toContain('All TCP that arrives goes through ISTIO_INBOUND.');
    expect(await first.textContent()).toMatch(/\d+ packets, \d+ bytes/);
    expect(await page.locator('.sign.read').count()).toBeGreaterThan(5);
    await page.getByLabel('Problems').getByRole('button').last().click();
    await page.locator('.wrong.warning').getByText('--dport x:y').waitFor();
    expect(errors).toEqual([]);
    await keepPicture(page, 'listing');
    await page.close();
  });

  it('takes a file that is dropped', async () => {
    const { page } = await open(browser);
    await editor(page).evaluate((content, text) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], 'rules.txt', { type: 'text/plain' }));
      content.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, LISTING);
    await title(page).getByText('Exactly the rules of Istio 1.7.0 to 1.12.9').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await title(page).getByText('A default pod').waitFor();
    await page.close();
  });

  it('reads several workloads, and shows the one that is chosen', async () => {
    const { page } = await open(browser);
    await paste(page, BOOKINFO);
    const choice = page.locator('.input select').first();
    await choice.getByText('Deployment ratings-v1').waitFor({ state: 'attached' });
    await choice.selectOption({ label: 'Deployment ratings-v1' });
    await title(page).getByText('Deployment ratings-v1').waitFor();
    await keepPicture(page, 'workloads');
    await page.close();
  });

  it('slides through the releases', async () => {
    const { page } = await open(browser);
    await page.locator('#release').press('Home');
    await title(page).getByText('A default pod, Istio 1.0.0').waitFor();
    expect((await page.locator('.rules code').allTextContents()).join('\n')).not.toContain('15006');
    await page.getByText('1.0.0 does not read it').first().waitFor();
    await page.locator('#release').press('End');
    await title(page).getByText('A default pod, Istio 1.31.0-rc.0').waitFor();
    await page.getByRole('button', { name: 'Older release' }).click();
    await title(page).getByText('A default pod, Istio 1.30.3').waitFor();
    await page.close();
  });

  it.each([
    ['nftables', 'meta l4proto tcp jump istio-inbound', 'envoy-outbound'],
    ['ambient', '-m mark --mark 0x539/0xfff', 'ztunnel-outbound'],
  ])('has the rules of %s, and packets in them', async (dataplane, rule, ends) => {
    const { page, errors } = await open(browser);
    await page.getByLabel('Dataplane').selectOption(dataplane);
    await rules(page).getByText(rule).first().waitFor();
    await verdict(page).getByText(ends).waitFor();
    expect(errors).toEqual([]);
    await keepPicture(page, dataplane);
    await page.close();
  });

  it('reads what nft shows', async () => {
    const { page } = await open(browser);
    const { stdout } = await run(['preview', '-o', 'nft', '--', '--native-nftables'], { cwd: folder.path });
    await paste(page, stdout);
    await title(page).getByText('rules of Istio').waitFor();
    await rules(page).getByText('redirect to :15001').first().waitFor();
    await page.close();
  });

  it('holds its whole state in the link', async () => {
    const { page } = await open(browser);
    await page.getByLabel('to', { exact: true }).fill('10.9.9.9:3306');
    await annotation(page, 'excludeOutboundPorts').fill('3306');
    await page.locator('summary').getByText('Settings').click();
    await setting(page, 'proxy.uids').fill('4321');
    await view(page, 'Compare');
    await page.getByLabel('Against').selectOption('before');
    await verdict(page).getByText('direct').waitFor();
    const fragment = await fragmentOf(page);
    await page.close();
    const { page: other } = await open(browser, { fragment });
    await verdict(other).getByText('direct').waitFor();
    expect(await annotation(other, 'excludeOutboundPorts').inputValue()).toBe('3306');
    expect(await setting(other, 'proxy.uids').inputValue()).toBe('4321');
    expect(await other.getByLabel('Against').inputValue()).toBe('before');
    await other.close();
    const { page: broken } = await open(browser, { fragment: '#%%%' });
    await title(broken).getByText('A default pod').waitFor();
    await broken.close();
  });

  it('is copied as a link, a command line, YAML, and a picture', async () => {
    const { page } = await open(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
    await annotation(page, 'excludeInboundPorts').fill('9100');
    await rules(page).getByText('9100').first().waitFor();
    const copied = async (name: string): Promise<string> => {
      await page.getByRole('button', { name: `Copy ${name}` }).click();
      await page.getByRole('status').getByText(`${name} copied`).waitFor();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    const link = await copied('link');
    expect(link).toMatch(/^file:\S+explorer\.html#[\w-]+$/);
    expect(await copied('command')).toBe('istio-init trace -f pod.yaml --from app --to 10.0.0.5:80');
    const pod = folder.write('pod.yaml', await copied('YAML'));
    expect(await copied('SVG')).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<\/svg>\s*$/);
    const { stdout } = await run(['trace', '-f', pod, '--from', 'outside', '--to', 'pod:9100'], { cwd: folder.path });
    expect(stdout).toContain('direct: reaches port 9100 of the pod');
    await page.close();
  });

  it('begins with what the command line put into it', async () => {
    const { stdout, exitCode } = await run(['explorer', folder.write('rules.txt', LISTING)], { cwd: folder.path });
    expect(exitCode).toBe(0);
    const { page } = await open(browser, { file: join(folder.path, folder.write('with-rules.html', stdout)) });
    await title(page).getByText('Exactly the rules of Istio 1.7.0 to 1.12.9').waitFor();
    await page.close();
  });
});
