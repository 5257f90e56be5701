import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { madePart } from './page.ts';

const path = new URL('../../../../docs/behavior.md', import.meta.url);
const BEGIN = '<!-- made by WRITE_PAGES=1 npx vitest run --config test/vitest.config.ts test/istio/packets/behavior/page.test.ts -->\n\n';
const END = '\n<!-- end of what is made -->';

describe('the page of behaviour', () => {
  it('tells what every step between releases changed for packets, as the rules of the releases say', () => {
    const page = readFileSync(path, 'utf8');
    const [before = '', rest = ''] = page.split(BEGIN);
    const [, after = ''] = rest.split(END);
    const made = `${before}${BEGIN}${madePart()}${END}${after}`;
    if (process.env['WRITE_PAGES'] !== undefined) writeFileSync(path, made);
    else expect(page).toBe(made);
  });
});
