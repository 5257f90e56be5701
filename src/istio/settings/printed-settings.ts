/** Settings as our YAML writes them. */

import { printNetwork } from '../../netfilter/network.ts';
import { printOwnerRange, printPortRange } from '../../netfilter/numbers.ts';
import type { Settings, SettingValues } from './settings.ts';
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

/** Settings as the groups and keys of a SidecarCapture; reading them gives the same settings. */
export function printedSettings(settings: Settings): Readonly<Record<string, unknown>> {
  const values = valuesOf(settings);
  const printed: Record<string, unknown> = {};
  for (const key of SETTING_KEYS) {
    const value = values[key];
    const special = PRINTERS[key] as ((value: unknown) => unknown) | undefined;
    const shown = special?.(value) ?? (Array.isArray(value) ? value.map(printItem) : printItem(value));
    const [group = '', name] = key.split('.');
    if (name === undefined) printed[group] = shown;
    else printed[group] = { ...(printed[group] as object | undefined), [name]: shown };
  }
  return printed;
}
