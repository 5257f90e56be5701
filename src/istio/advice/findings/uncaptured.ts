/** Rules that are in order as rules, and capture nothing, or let everybody through. */

import { printNetwork } from '../../../netfilter/address/network.ts';
import type { PortRange } from '../../../netfilter/numbers.ts';
import { printOwnerRange, printPortRange } from '../../../netfilter/numbers.ts';
import type { SettingValues } from '../../settings/settings.ts';
import { valuesOf } from '../../settings/settings.ts';
import { excludesFamily } from '../lint/left-alone.ts';
import type { Check, Found } from './subject.ts';

/** Settings that no injector passes; whoever may change rules can make them so, and they are still those of a release. */
export const uncaptured: Check = ({ made }) => {
  if (made === undefined) return [];
  const values = valuesOf(made.settings);
  return [...everybody(values), ...exclusions(values), ...capturesNone(values)];
};

const OWNERS = ['proxy.uids', 'proxy.gids'] as const;

// One id is somebody, a range of them is anybody: the rules know a process by nothing else.
function everybody(values: SettingValues): readonly Found[] {
  return OWNERS.flatMap((key) => {
    const ranges = values[key].filter((range) => 'first' in range && range.first !== range.last);
    return ranges.length === 0
      ? []
      : [{ code: 'lets-many-through' as const, args: { setting: key, value: ranges.map(printOwnerRange).join(', ') } }];
  });
}

const PORTS = [
  ['inbound.excludePorts', 'inbound'],
  ['outbound.excludePorts', 'outbound'],
] as const;

function exclusions(values: SettingValues): readonly Found[] {
  const byPorts = PORTS.flatMap(([setting, direction]) =>
    areAll(values[setting]) ? [excluded(direction, setting, values[setting].map(portText).join(', '))] : [],
  );
  const ranges = values['outbound.excludeRanges'];
  const families = (['ip', 'ip6'] as const).filter((family) => excludesFamily(ranges, family));
  return [
    ...byPorts,
    ...families.map((family) =>
      excluded(
        `outbound IPv${family === 'ip' ? 4 : 6}`,
        'outbound.excludeRanges',
        ranges
          .filter((range) => range.family === family)
          .map(printNetwork)
          .join(', '),
      ),
    ),
  ];
}

function excluded(direction: string, setting: string, value: string): Found {
  return { code: 'excludes-all', args: { way: direction, setting, value } };
}

function portText(range: PortRange): string {
  return 'first' in range ? printPortRange(range) : range.service;
}

/** Whether ranges hold every port that a connection can have. */
function areAll(ranges: readonly PortRange[]): boolean {
  let next = 1;
  const numbers = ranges.flatMap((range) => ('first' in range ? [range] : [])).toSorted((a, b) => a.first - b.first);
  for (const { first, last } of numbers) if (first <= next) next = Math.max(next, last + 1);
  return next > 65535;
}

function capturesNone(values: SettingValues): readonly Found[] {
  const inbound = values['inbound.includePorts'].length > 0;
  const outbound = values['outbound.includeRanges'].length + values['outbound.includePorts'].length > 0;
  const other = values['dns.capture'] !== 'off' || values['interfaces.reroute'].length > 0;
  return inbound || outbound || other ? [] : [{ code: 'captures-nothing', args: {} }];
}
