/** Items of a list that change nothing while the others do. */

import type { Network } from '../../../netfilter/address/network.ts';
import type { PortRange } from '../../../netfilter/numbers.ts';
import { printPortRange } from '../../../netfilter/numbers.ts';
import type { CapturePlan } from '../../plan/plan.ts';
import { printedValues } from '../../settings/printed-settings.ts';
import type { SettingKey } from '../../settings/settings.ts';

export interface IneffectiveItem {
  /** The item, as it is written. */
  readonly item: string;
  readonly because: string;
}

// A plan is made for each item: of a list this long nobody reads the answer.
const MOST_ITEMS = 200;

/** The idle items of a list; `isIdle` says whether the rules are the same with a value. */
export function ineffectiveItems(
  key: SettingKey,
  { settings, ip6 }: CapturePlan,
  isIneffective: (value: unknown) => boolean,
): readonly IneffectiveItem[] {
  const { value } = settings[key];
  const texts = printedValues(settings)(key);
  if (!Array.isArray(value) || value.length < 2 || value.length > MOST_ITEMS || typeof texts !== 'object') return [];
  const list: readonly unknown[] = value;
  return list.flatMap((item, index) => {
    const text = String(texts[index]);
    const twice = texts.findIndex((other) => String(other) === text) < index;
    const because = twice
      ? 'it stands there twice'
      : (shadowedPort(key, item, settings) ??
        (isIneffective(list.filter((_, other) => other !== index)) ? idleReason(item, ip6.tables.length > 0) : undefined));
    return because === undefined ? [] : [{ item: text, because }];
  });
}

/** A port that is to be captured and left alone: the releases look at what they leave alone first. */
function shadowedPort(key: SettingKey, item: unknown, settings: CapturePlan['settings']): string | undefined {
  if (key !== 'outbound.includePorts') return undefined;
  const text = printPortRange(item as PortRange);
  const excluded = settings['outbound.excludePorts'].value.some((range) => printPortRange(range) === text);
  return excluded ? 'outbound.excludePorts has it as well, and comes first' : undefined;
}

function idleReason(item: unknown, ip6: boolean): string {
  const family = typeof item === 'object' && item !== null && 'family' in item ? (item as Network).family : undefined;
  return family === 'ip6' && !ip6 ? 'no IPv6 address of the pod is known, so there are no IPv6 rules' : 'the rules are the same without it';
}
