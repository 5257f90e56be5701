/** Ranges of addresses: those that hold each other, that are more than they seem, or that count for nothing. */

import { addressBits, parseNetwork, printNetwork } from '../../../netfilter/address/network.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import { problemText } from '../../problems.ts';
import { containingRangesIn } from './containing-ranges.ts';
import { excludesFamily } from './left-alone.ts';
import type { Raised, SettingsCheck } from './subject.ts';
import type { TextEdit } from './text-edit.ts';
import { withoutItems } from './text-edit.ts';

const KEYS = ['outbound.includeRanges', 'outbound.excludeRanges'] as const;

function rangeText(item: string): string | undefined {
  const network = parseNetwork(item.trim());
  return network === null ? undefined : printNetwork(network);
}

/** A range that another one of the same list holds. */
export const rangesInRanges: SettingsCheck = ({ values, origin, name, place, text }) =>
  KEYS.flatMap((key) => {
    const list = values[key];
    if (list === '*' || origin(key) === 'nobody') return [];
    const containing = containingRangesIn(list);
    return list.flatMap((inner, index): readonly Raised[] => {
      const at = containing(inner).find((place) => place !== index);
      const outer = at === undefined ? undefined : list[at];
      if (outer === undefined) return [];
      const args = { name: name(key), inner: printNetwork(inner), outer: printNetwork(outer) };
      const isInner = (item: string): boolean => rangeText(item) === args.inner;
      // Of one that stands there twice, the first stays.
      // Each range has a mend of its own, which looks through all of the list.
      const edit = withoutItems(
        list.length > MOST_MENDED ? undefined : text(key),
        (item, at, items) => isInner(item) && (args.inner !== args.outer || items.findIndex(isInner) < at),
      );
      return [{ code: 'range-in-range', source: place(key), args, ...(edit === undefined ? {} : { edit }) }];
    });
  });

// A list that is longer was not written by hand.
const MOST_MENDED = 500;

/** A captured range within an excluded one, and all of them where everything of a family is excluded. */
export const rangesBoth: SettingsCheck = ({ values, origin, place }) => {
  const [included, excluded] = [values['outbound.includeRanges'], values['outbound.excludeRanges']];
  if (included === '*' || (origin('outbound.includeRanges') === 'nobody' && origin('outbound.excludeRanges') === 'nobody')) return [];
  const containing = containingRangesIn(excluded);
  return included.flatMap((inner): readonly Raised[] => {
    const [at] = containing(inner);
    const outer = at === undefined ? undefined : excluded[at];
    if (outer === undefined) return [];
    const args = { inner: printNetwork(inner), outer: printNetwork(outer) };
    return [{ code: 'range-both', source: place('outbound.includeRanges'), args }];
  });
};

/** Ranges of IPv6 in a list of a pod that has no such address; what the mesh says is meant for pods that have. */
export const ip6RangesIdle: SettingsCheck = ({ values, origin, name, place, only4 }) =>
  (only4 ? KEYS : []).flatMap((key): readonly Raised[] => {
    const list = values[key];
    const idle = list === '*' || origin(key) !== 'own' ? [] : list.filter(({ family }) => family === 'ip6');
    return idle.length === 0
      ? []
      : [{ code: 'ip6-range-idle', source: place(key), args: { name: name(key), ranges: idle.map(printNetwork).join(', ') } }];
  });

/** Excluded ranges that no captured one meets; included ports are captured in every range. */
export const excludedRanges: SettingsCheck = ({ values, origin, name, place, only4 }) => {
  const key = 'outbound.excludeRanges';
  const included = values['outbound.includeRanges'];
  const who = origin(key);
  if (who === 'nobody' || (who === 'mesh' && origin('outbound.includeRanges') === 'own')) return [];
  if (included === '*' || values['outbound.includePorts'].length > 0) return [];
  const within = containingRangesIn(included);
  const around = new Set(included.flatMap(containingRangesIn(values[key])));
  const idle = values[key].filter((range, index) => !(only4 && range.family === 'ip6') && within(range).length === 0 && !around.has(index));
  if (idle.length === 0) return [];
  return [{ code: 'outbound-excludes-idle', source: place(key), args: { name: name(key), values: idle.map(printNetwork).join(', ') } }];
};

/** The kernel masks what stands behind the prefix: `10.0.0.5/8` is `10.0.0.0/8`. */
export const hostBits: SettingsCheck = ({ origin, name, place, text }) =>
  KEYS.flatMap((key) => {
    if (origin(key) === 'nobody') return [];
    const whole = text(key) ?? '';
    return whole.split(',').flatMap((item): readonly Raised[] => {
      const network = parseNetwork(item);
      const address = item.replace(/\/.*$/, '');
      const only = network === null ? null : parseNetwork(address);
      if (network === null || only === null || only.address === network.address) return [];
      const args = { name: name(key), range: item, network: printNetwork(network), address: `${only.address}/${addressBits(only.family)}` };
      const edit: TextEdit = {
        what: 'value',
        from: whole,
        to: whole
          .split(',')
          .map((other) => (other === item ? args.network : other))
          .join(','),
      };
      return [{ code: 'range-with-host-bits', source: place(key), args, edit }];
    });
  });

const FAMILY_NAMES = { ip: 'IPv4', ip6: 'IPv6' } as const;

/** A range that is everything, where a star would be more. */
export const rangeForAll: SettingsCheck = ({ values, origin, name, place }) => {
  const key = 'outbound.includeRanges';
  const list = values[key];
  if (list === '*' || origin(key) === 'nobody') return [];
  return list
    .filter(({ prefix }) => prefix === 0)
    .map((range) => ({
      code: 'range-for-all',
      source: place(key),
      args: { name: name(key), range: printNetwork(range), family: FAMILY_NAMES[range.family] },
    }));
};

/** Excluded ranges that together are all there is of a family: nothing outbound is captured then. */
export const excludesEverything: SettingsCheck = ({ values, origin, name, place, only4 }) => {
  const key = 'outbound.excludeRanges';
  const list = values[key];
  if (origin(key) === 'nobody' || values['outbound.includeRanges'].length === 0) return [];
  return FAMILIES.filter((family) => excludesFamily(list, family) && !(only4 && family === 'ip6')).map((family) => {
    const ranges = list.filter((range) => range.family === family).map(printNetwork);
    return {
      code: 'excludes-everything',
      source: place(key),
      args: { name: name(key), ranges: ranges.join(', '), family: FAMILY_NAMES[family] },
    };
  });
};

/** Ranges without a prefix length, which the programs of most releases pass by in silence. */
export const droppedRanges: SettingsCheck = ({ plan }) =>
  (plan?.problems ?? [])
    .filter(({ code }) => code === 'dropped-range')
    .map((one) => ({ code: 'range-dropped', source: one.source, args: { reason: problemText(one) } }));
