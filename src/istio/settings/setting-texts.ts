/** Texts to setting values: the one parser behind our YAML and `--set`. */

import type { Origin } from '../origin.ts';
import type { Problem } from '../problems.ts';
import { nearest, problem, quoted } from '../problems.ts';
import type { SettingKey, Settings } from './settings.ts';
import { isSettingKey, SETTING_KEYS, SETTINGS } from './settings.ts';

/** A text and where it stood. */
export interface TextAt {
  readonly text: string;
  readonly source: Origin;
}

/** What was read: a value to lay over the defaults, or what is wrong. */
export type ReadSetting = { readonly value: unknown } | { readonly problems: readonly Problem[] };

/** Reads one value, or the items of a list; each item has its own place in messages. */
export function readSettingTexts(key: SettingKey, given: TextAt | readonly TextAt[]): ReadSetting {
  const { shape, read, allowed } = SETTINGS[key];
  if (isList(given)) {
    const values = given.map(({ text }) => read(text));
    const bad = given.filter((_, index) => values[index] === null);
    return bad.length === 0 ? { value: values } : { problems: bad.map((item) => notAValue(key, item, allowed)) };
  }
  const { text } = given;
  if (shape === 'list or *' && text === '*') return { value: '*' };
  const value = shape === 'one' ? read(text) : null;
  const expected = { one: allowed, list: `a list; each item ${allowed}`, 'list or *': `"*" or a list; each item ${allowed}` }[shape];
  return value === null ? { problems: [notAValue(key, given, expected)] } : { value };
}

function isList(given: TextAt | readonly TextAt[]): given is readonly TextAt[] {
  return Array.isArray(given);
}

function notAValue(key: SettingKey, { text, source }: TextAt, allowed: string): Problem {
  return problem('not-a-value', source, { name: key, value: quoted(text), allowed });
}

/** Values by their keys, to lay over the settings of an injected pod. */
export type Overrides = Partial<Settings>;

/** One `--set KEY=VALUE`; list items are separated by commas, nothing behind `=` is an empty list. */
export function readSetOption(option: string): { readonly overrides: Overrides; readonly problems: readonly Problem[] } {
  const source: Origin = { kind: 'option', option: '--set' };
  const [key = '', ...rest] = option.split('=');
  if (!isSettingKey(key) || rest.length === 0) {
    const code = isSettingKey(key) ? problem('flag-without-value', source, { value: quoted(key) }) : unknownKey(key, SETTING_KEYS, source);
    return { overrides: {}, problems: [code] };
  }
  const text = rest.join('=');
  const all = SETTINGS[key].shape === 'one' || (SETTINGS[key].shape === 'list or *' && text === '*');
  const given = all ? { text, source } : text === '' ? [] : text.split(',').map((item) => ({ text: item, source }));
  const read = readSettingTexts(key, given);
  return 'value' in read
    ? { overrides: { [key]: { value: read.value, source } }, problems: [] }
    : { overrides: {}, problems: read.problems };
}

/** A key that is not known, with the allowed ones and the nearest of them. */
export function unknownKey(key: string, allowed: readonly string[], source: Origin): Problem {
  return problem('unknown-key', source, { value: quoted(key), allowed: allowed.join(', '), nearest: nearest(key, allowed) });
}
