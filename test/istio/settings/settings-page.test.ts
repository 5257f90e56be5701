import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHANGES } from '../../../src/istio/releases/named-changes.ts';
import type { SettingKey } from '../../../src/istio/settings/settings.ts';
import { SETTING_KEYS, SETTINGS } from '../../../src/istio/settings/settings.ts';

const page = readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8');

function row(key: SettingKey): string {
  const { shape, allowed, what, needs } = SETTINGS[key];
  const form = { one: '', list: 'list; each ', 'list or *': '`*`, or list; each ' }[shape];
  const since = needs === undefined ? '' : CHANGES[needs].spans.replace(/ -$/, '');
  return `| \`${key}\` | ${form}${allowed} | ${since} | ${what} |`;
}

describe('the page of settings', () => {
  it.each(SETTING_KEYS)('has the row of %s as the table of settings has it', (key) => {
    expect(page).toContain(row(key));
  });

  it('has no row for anything else', () => {
    expect(page.match(/^\| `/gm)).toHaveLength(SETTING_KEYS.length);
  });
});
