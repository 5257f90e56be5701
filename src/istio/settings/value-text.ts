/** The value of a setting as people read it, and as data. */

import { printedSettings } from './printed-settings.ts';
import type { SettingKey, Settings } from './settings.ts';

/** A value as our YAML writes it: a word, a number, or a list of them. */
export type PrintedValue = string | number | boolean | readonly (string | number)[];

/** The values of settings, by key. */
export function printedValues(settings: Settings): (key: SettingKey) => PrintedValue {
  const printed = printedSettings(settings);
  return (key) => {
    const [group = '', name] = key.split('.');
    const value = name === undefined ? printed[group] : (printed[group] as Readonly<Record<string, unknown>>)[name];
    return value as PrintedValue;
  };
}

/** `15090, 15021`; `none` for an empty list. */
export function valueText(value: PrintedValue): string {
  if (typeof value !== 'object') return String(value);
  return value.length === 0 ? 'none' : value.join(', ');
}
