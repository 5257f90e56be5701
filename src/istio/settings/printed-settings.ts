/** Settings as our YAML writes them. */

import { printNetwork } from '../../netfilter/address/network.ts';
import { printOwnerRange, printPortRange } from '../../netfilter/numbers.ts';
import type { SettingKey, Settings, SettingValues } from './settings.ts';
import { SETTING_KEYS, valuesOf } from './settings.ts';

type Printers = { readonly [K in keyof SettingValues]?: (value: never) => unknown };

/** A list item, a range or a word in the form in which our YAML reads it. */
function printItem(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  if ('prefix' in item) return printNetwork(item as Parameters<typeof printNetwork>[0]);
  if ('service' in item) return item.service;
  if ('name' in item) return item.name;
  const range = item as { readonly first: number; readonly last: number };
  return range.first === range.last ? range.first : printPortRange(range);
}

// Ids are written as text: a user may be a name as well as a number.
const PRINTERS: Printers = {
  'proxy.uids': (ids: SettingValues['proxy.uids']) => ids.map(printOwnerRange),
  'proxy.gids': (ids: SettingValues['proxy.gids']) => ids.map(printOwnerRange),
  'outbound.ownerGroups': (ids: SettingValues['outbound.ownerGroups']) => (ids === '*' ? ids : ids.map(printOwnerRange)),
  'outbound.excludeOwnerGroups': (ids: SettingValues['outbound.excludeOwnerGroups']) => ids.map(printOwnerRange),
};

/** A value as our YAML writes it: a word, a number, or a list of them. */
export type PrintedValue = string | number | boolean | readonly (string | number)[];

/** The values of settings as our YAML writes them, by key. */
export function printedValues(settings: Settings): (key: SettingKey) => PrintedValue {
  const values = valuesOf(settings);
  return (key) => {
    const value: unknown = values[key];
    const special = PRINTERS[key] as ((value: unknown) => unknown) | undefined;
    return (special?.(value) ?? (Array.isArray(value) ? value.map(printItem) : printItem(value))) as PrintedValue;
  };
}

/** Puts the value of a setting into a document, where our YAML has it. */
export function putSetting(document: Record<string, unknown>, key: SettingKey, value: PrintedValue): void {
  const [group = '', name] = key.split('.');
  document[group] = name === undefined ? value : { ...(document[group] as object | undefined), [name]: value };
}

/** Settings as the groups and keys of a SidecarCapture; reading them gives the same settings. */
export function printedSettings(settings: Settings): Readonly<Record<string, unknown>> {
  const printed: Record<string, unknown> = {};
  const values = printedValues(settings);
  for (const key of SETTING_KEYS) putSetting(printed, key, values(key));
  return printed;
}

/** `15090, 15021`; `none` for an empty list. */
export function valueText(value: PrintedValue): string {
  if (typeof value !== 'object') return String(value);
  return value.length === 0 ? 'none' : value.join(', ');
}

/** The same as one word: `15090,15021`. */
export function valueWord(value: PrintedValue): string {
  return typeof value === 'object' ? value.join(',') : String(value);
}
