/** Ports: those that stand twice, in both of two lists, or where they count for nothing. */

import type { PortRange } from '../../../netfilter/numbers.ts';
import { printPortRange } from '../../../netfilter/numbers.ts';
import type { SettingKey } from '../../settings/settings.ts';
import type { Raised, SettingsCheck, SettingsSubject } from './subject.ts';
import { capturesOutbound } from './subject.ts';
import { withoutItems } from './text-edit.ts';

type PortsKey = 'inbound.includePorts' | 'inbound.excludePorts' | 'outbound.includePorts' | 'outbound.excludePorts';

const LISTS: readonly PortsKey[] = ['inbound.includePorts', 'inbound.excludePorts', 'outbound.includePorts', 'outbound.excludePorts'];

/** Whether the workload itself gave a list that it gets nothing of: what the mesh says for all pods is meant for the others. */
function speaksFor({ origin }: SettingsSubject, key: SettingKey, against: SettingKey): boolean {
  const who = origin(key);
  return who === 'own' || (who === 'mesh' && origin(against) !== 'own');
}

/** The ports of a list that somebody gave, without those that Istio puts there. */
function portsOf({ values, istioPorts, origin }: SettingsSubject, key: PortsKey): readonly PortRange[] {
  const list = values[key];
  if (list === '*' || origin(key) === 'nobody') return [];
  return key === 'inbound.excludePorts'
    ? list.filter((range) => !('first' in range && range.first === range.last && istioPorts.has(range.first)))
    : list;
}

/** Excluded inbound ports beside a list of captured ones: no release looks at them (`settings.ts`, `rules/inbound.ts`). */
export const inboundExcludes: SettingsCheck = (subject) => {
  const { values, name, place } = subject;
  const included = values['inbound.includePorts'];
  const key = 'inbound.excludePorts';
  if (included === '*' || !speaksFor(subject, key, 'inbound.includePorts')) return [];
  const ports = portsOf(subject, key);
  const both = ports.filter((range) => included.some((other) => overlaps(range, other)));
  const idle = ports.filter((range) => !both.includes(range));
  return [
    ...raise('inbound-port-both', both, (list) => ({ source: place(key), args: { ports: list } })),
    ...raise('inbound-excludes-idle', idle, (list) => ({
      source: place(key),
      args: {
        name: name(key),
        ports: list,
        included: included.length === 0 ? NONE : `the captured inbound ports are a list (${printed(included)})`,
      },
    })),
  ];
};

const NONE = 'no inbound port is captured';

/** Included outbound ports: excluded ports and ranges come before them, and where all ranges are captured they add nothing. */
export const outboundPorts: SettingsCheck = (subject) => {
  const { values, name, place, profile } = subject;
  const key = 'outbound.includePorts';
  const included = portsOf(subject, key);
  if (included.length === 0 || !profile.has('includeOutboundPorts')) return [];
  if (values['outbound.includeRanges'] === '*')
    return [{ code: 'included-outbound-ports-idle', source: place(key), args: { name: name(key), ports: printed(included) } }];
  const excluded = values['outbound.excludePorts'];
  const both = included.filter((range) => excluded.some((other) => overlaps(range, other)));
  return raise('outbound-port-both', both, (list) => ({ source: place(key), args: { ports: list } }));
};

/** Excluded outbound ports where no outbound traffic to them is captured. DNS to the agent is captured by its own rules. */
export const outboundExcludedPorts: SettingsCheck = (subject) => {
  const { values, name, place } = subject;
  const key = 'outbound.excludePorts';
  const ranges = values['outbound.includeRanges'];
  if (ranges === '*' || ranges.length > 0 || !speaksFor(subject, key, 'outbound.includeRanges')) return [];
  const included = values['outbound.includePorts'];
  const dns: PortRange = { first: 53, last: 53 };
  const idle = portsOf(subject, key).filter(
    (range) => !included.some((other) => overlaps(range, other)) && (values['dns.capture'] === 'off' || !overlaps(range, dns)),
  );
  return raise('outbound-excludes-idle', idle, (list) => ({ source: place(key), args: { name: name(key), values: list } }));
};

export const portsTwice: SettingsCheck = (subject) =>
  LISTS.flatMap((key) => {
    const ports = portsOf(subject, key);
    const twice = ports.filter(metBefore());
    // Of an item that stands there word for word, the later ones; Istio's own ports stand before the list.
    const met = new Set<string>();
    const edit = withoutItems(subject.text(key), (item) => met.size === met.add(item).size);
    return raise('port-twice', twice, (list) => ({
      source: subject.place(key),
      args: { name: subject.name(key), ports: list },
      ...(edit === undefined ? {} : { edit }),
    }));
  });

/** Tells of each port of a list, in its order, whether one before has it too. A list may have thousands. */
function metBefore(): (range: PortRange) => boolean {
  const services = new Set<string>();
  const ports = new Uint8Array(65_536);
  return (range) => {
    if ('service' in range) {
      const before = services.has(range.service);
      services.add(range.service);
      return before;
    }
    const before = ports.subarray(range.first, range.last + 1).includes(1);
    ports.fill(1, range.first, range.last + 1);
    return before;
  };
}

/** Injectors accept port 0, and iptables makes a rule of it. */
export const portZero: SettingsCheck = (subject) =>
  LISTS.flatMap((key) => {
    const zero = portsOf(subject, key).some((range) => 'first' in range && range.first === 0 && range.last === 0);
    const edit = withoutItems(subject.text(key), (item) => item === '0');
    return zero ? [{ code: 'port-zero', source: subject.place(key), args: { name: subject.name(key) }, ...(edit && { edit }) }] : [];
  });

/** An empty list where a list stands for what is captured. */
export const capturesNone: SettingsCheck = ({ values, origin, name, place }) => {
  const empty = (key: SettingKey, direction: string): readonly Raised[] =>
    origin(key) === 'nobody' ? [] : [{ code: 'captures-nothing', source: place(key), args: { name: name(key), direction } }];
  return [
    ...(values['inbound.includePorts'].length === 0 ? empty('inbound.includePorts', 'inbound') : []),
    ...(capturesOutbound(values) ? [] : empty('outbound.includeRanges', 'outbound')),
  ];
};

function overlaps(a: PortRange, b: PortRange): boolean {
  if ('service' in a || 'service' in b) return 'service' in a && 'service' in b && a.service === b.service;
  return a.first <= b.last && b.first <= a.last;
}

function printed(ports: readonly PortRange[]): string {
  return [...new Set(ports.map(printPortRange))].join(', ');
}

function raise(code: Raised['code'], ports: readonly PortRange[], rest: (list: string) => Omit<Raised, 'code'>): readonly Raised[] {
  return ports.length === 0 ? [] : [{ code, ...rest(printed(ports)) }];
}
