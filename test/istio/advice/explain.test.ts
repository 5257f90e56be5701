import { describe, expect, it } from 'vitest';
import type { ExplainedSetting, Explanation } from '../../../src/istio/advice/explain.ts';
import { explain } from '../../../src/istio/advice/explain.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { printSource } from '../../../src/istio/origin.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import type { Facts } from '../../../src/istio/settings/facts.ts';
import type { SettingKey } from '../../../src/istio/settings/settings.ts';
import { SETTING_KEYS } from '../../../src/istio/settings/settings.ts';
import { readSidecarText } from '../../../src/istio/settings/sidecar-text.ts';
import { printRule } from '../../../src/netfilter/print.ts';

const RELEASE = { kind: 'option', option: '--release' } as const;

function ofSets(sets: readonly string[], release = '1.28', facts: Facts = {}): Explanation {
  return explain(planFromSettings({ sets, facts, release: { value: release, source: RELEASE } }), { kind: 'settings', sets }, facts);
}

function ofArguments(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  release: string,
  facts: Facts = {},
): Explanation {
  return explain(planFromArguments(words, { env: environment, release, ...facts }), { kind: 'arguments', words, environment }, facts);
}

function settingIn({ settings }: Explanation, key: SettingKey): ExplainedSetting {
  const found = settings.find((setting) => setting.key === key);
  if (found === undefined) throw new Error(`${key} is not explained`);
  return found;
}

/** `80 (--set)`. */
function overText({ over }: ExplainedSetting): readonly string[] {
  return over.map(({ value, source }) => `${value} (${printSource(source)})`);
}

const ADDRESS_6 = { addresses: ['10.0.0.1', '2001:db8::1'] };
const LIST = 'inbound.includePorts=8080';
const RANGE = 'outbound.includeRanges=10.0.0.0/8';

describe('a setting that changes nothing is told with its reason', () => {
  it.each<[key: SettingKey, sets: readonly string[], release: string, facts: Facts, because: string]>([
    [
      'inbound.excludePorts',
      [LIST, 'inbound.excludePorts=9090'],
      '1.28',
      {},
      'it counts only where all inbound ports are captured, and inbound.includePorts is a list',
    ],
    [
      'inbound.excludePorts',
      ['inbound.includePorts=', 'inbound.excludePorts=9090'],
      '1.28',
      {},
      'no inbound port is captured (inbound.includePorts is empty)',
    ],
    [
      'outbound.includePorts',
      ['outbound.includePorts=443'],
      '1.28',
      {},
      'all destinations are captured already (outbound.includeRanges is "*"); it adds to a list of ranges',
    ],
    ['outbound.includePorts', [RANGE, 'outbound.includePorts=443'], '1.6', {}, 'Istio 1.6.14 does not have it; it came with 1.7'],
    ['interfaces.exclude', ['interfaces.exclude=net1'], '1.10', {}, 'Istio 1.10.6 does not have it; it came with 1.11.3'],
    ['dropInvalid', ['dropInvalid=true'], '1.12.1', {}, 'Istio 1.12.1 does not have it; it came with 1.12.2'],
    ['dns.capture', ['dns.capture=all'], '1.5', {}, 'Istio 1.5.10 does not have it; it came with 1.6'],
    ['dns.capture', ['dns.capture=servers'], '1.28', { nameservers: [] }, 'the pod has no nameserver to capture'],
    ['tproxy.mark', ['tproxy.mark=7'], '1.28', {}, 'only mode TPROXY uses it, and mode is REDIRECT'],
    [
      'tproxy.routeTable',
      ['mode=TPROXY', 'inbound.includePorts=', 'tproxy.routeTable=7'],
      '1.28',
      {},
      'no inbound port is captured (inbound.includePorts is empty)',
    ],
    ['proxy.inboundPort', [LIST, 'proxy.inboundPort=7'], '1.5', {}, 'Istio 1.5.10 sends a list of inbound ports to proxy.port'],
    [
      'outbound.excludeRanges',
      ['outbound.includeRanges=', 'outbound.excludeRanges=10.0.0.0/8'],
      '1.28',
      {},
      'no destination is captured (outbound.includeRanges is empty)',
    ],
    [
      'outbound.excludeRanges',
      ['outbound.excludeRanges=2001:db8::/32'],
      '1.28',
      {},
      'it holds IPv6 ranges only, and no IPv6 address of the pod is known, so there are no IPv6 rules',
    ],
    [
      'outbound.excludeRanges',
      [RANGE, 'outbound.excludeRanges=192.168.0.0/16'],
      '1.28',
      {},
      'what it holds is not captured anyway (outbound.includeRanges is a list)',
    ],
    ['outbound.includeRanges', ['outbound.includeRanges=0.0.0.0/0'], '1.28', {}, 'it covers all destinations, as "*" does'],
    ['dualStack', ['dualStack=true'], '1.28', {}, 'no IPv6 address of the pod is known'],
    [
      'dualStack',
      ['dualStack=true'],
      '1.28',
      { addresses: ['2001:db8::1', '10.0.0.1'] },
      "the pod's first address is of IPv6, which is enough for IPv6 rules",
    ],
    ['proxy.port', ['mode=NONE', 'proxy.port=7'], '1.28', {}, 'mode is NONE, which makes no rules'],
  ])('%s by %j at %s', (key, sets, release, facts, because) => {
    expect(settingIn(ofSets(sets, release, facts), key).effect).toEqual({ kind: 'none', because });
  });

  it.each<[key: SettingKey, sets: readonly string[], release: string, facts: Facts]>([
    ['inbound.excludePorts', ['inbound.excludePorts=9090'], '1.28', {}],
    ['outbound.includePorts', [RANGE, 'outbound.includePorts=443'], '1.28', {}],
    ['outbound.excludePorts', ['outbound.excludePorts=80'], '1.2', {}],
    ['outbound.excludeRanges', [RANGE, 'outbound.excludeRanges=10.1.0.0/16'], '1.28', {}],
    ['outbound.excludeRanges', ['outbound.excludeRanges=2001:db8::/32', 'dualStack=true'], '1.28', ADDRESS_6],
    ['proxy.inboundPort', [LIST, 'proxy.inboundPort=7'], '1.6', {}],
    ['tproxy.mark', ['mode=TPROXY', 'tproxy.mark=7'], '1.28', {}],
    ['dns.capture', ['dns.capture=all'], '1.6', {}],
    ['dualStack', ['dualStack=true'], '1.28', ADDRESS_6],
    ['mode', ['mode=NONE'], '1.28', {}],
    ['interfaces.exclude', ['interfaces.exclude=net1'], '1.28', {}],
  ])('and no reason is told of one that does: %s by %j at %s', (key, sets, release, facts) => {
    expect(settingIn(ofSets(sets, release, facts), key).effect).toEqual({ kind: 'some', idle: [] });
  });

  it('nor of one that says what stands there anyway, or that nobody gave', () => {
    const explained = ofSets(['outbound.includeRanges=*', 'inbound.excludePorts=15090,15021,15020']);
    expect(settingIn(explained, 'outbound.includeRanges').effect).toEqual({ kind: 'same' });
    expect(settingIn(explained, 'inbound.excludePorts').effect).toEqual({ kind: 'same' });
    expect(settingIn(explained, 'mode').effect).toEqual({ kind: 'default' });
  });
});

describe('an item of a list that changes nothing is told while the others do', () => {
  it.each<[key: SettingKey, sets: readonly string[], idle: readonly (readonly [item: string, because: string])[]]>([
    ['outbound.excludePorts', ['outbound.excludePorts=80,443,80'], [['80', 'it stands there twice']]],
    [
      'outbound.includePorts',
      [RANGE, 'outbound.includePorts=443,8443', 'outbound.excludePorts=443'],
      [['443', 'outbound.excludePorts has it as well, and comes first']],
    ],
    [
      'outbound.excludeRanges',
      ['outbound.excludeRanges=192.168.0.0/16,2001:db8::/32'],
      [['2001:db8::/32', 'no IPv6 address of the pod is known, so there are no IPv6 rules']],
    ],
  ])('%s by %j', (key, sets, idle) => {
    expect(settingIn(ofSets(sets), key).effect).toEqual({ kind: 'some', idle: idle.map(([item, because]) => ({ item, because })) });
  });
});

describe('who gave a setting', () => {
  it('beats those below him, who are told with their values: --set, the file, the injector', () => {
    const file = readSidecarText('apiVersion: istio-init/v1\nkind: SidecarCapture\noutbound: {excludePorts: [1]}\n', 's.yaml');
    const sets = ['outbound.excludePorts=2', 'outbound.excludePorts=3'];
    const plan = planFromSettings({ file, sets, release: { value: '1.28.0', source: RELEASE } });
    const found = settingIn(explain(plan, { kind: 'settings', file, sets }), 'outbound.excludePorts');
    expect(found).toMatchObject({ text: '3', value: [3], source: { option: '--set' } });
    expect(overText(found)).toEqual(['2 (--set)', '1 (s.yaml:3:26)', 'none (default injection of 1.28.0)']);
  });

  it('is an argument before a variable before the default of the program', () => {
    const explained = ofArguments(['-b', '80'], { ISTIO_INBOUND_PORTS: '81', ISTIO_SERVICE_CIDR: '10.0.0.0/8' }, '1.12.9');
    const ports = settingIn(explained, 'inbound.includePorts');
    expect([ports.text, printSource(ports.source), ...overText(ports)]).toEqual([
      '80',
      'argument -b',
      '81 (environment ISTIO_INBOUND_PORTS)',
      'none (default of istio-iptables 1.12.9)',
    ]);
    const ranges = settingIn(explained, 'outbound.includeRanges');
    expect([printSource(ranges.source), ...overText(ranges)]).toEqual([
      'environment ISTIO_SERVICE_CIDR',
      'none (default of istio-iptables 1.12.9)',
    ]);
    expect(overText(settingIn(explained, 'mode'))).toEqual([]);
  });

  it('is told where what he beat could not be read alone', () => {
    const explained = ofArguments(['-p', '15001'], { ENVOY_PORT: 'no port' }, '1.12.9');
    expect(overText(settingIn(explained, 'proxy.port'))).toEqual(['15001 (default of istio-iptables 1.12.9)']);
  });
});

describe('variables that were ignored', () => {
  const unused = (words: readonly string[], environment: Readonly<Record<string, string>>, release: string): readonly string[] =>
    ofArguments(words, environment, release, { nameservers: ['10.0.0.10'] }).ignored.map(({ name, because }) => `${name}: ${because}`);

  it('are those that the release does not read, and those that an argument beats', () => {
    expect(unused(['-p', '15001'], { ENVOY_PORT: '15002', INVALID_DROP: 'true', ISTIO_META_DNS_CAPTURE: 'true' }, '1.10.6')).toEqual([
      'ENVOY_PORT: overridden by the argument',
      'INVALID_DROP: istio-iptables 1.10.6 ignores it',
    ]);
  });

  it('are not those that are for the proxy, nor those that ask for more than settings', () => {
    expect(unused([], { BOOTSTRAP_XDS_AGENT: 'true', ISTIO_META_DNS_CONNTRACK_ZONE: 'true' }, '1.9.9')).toEqual([]);
  });
});

describe('an explanation', () => {
  const explained = ofSets([LIST, 'inbound.excludePorts=9090', 'mode=REDIRECT'], '1.28', ADDRESS_6);

  it('has every setting once: what does something first, then what does nothing, what is so anyway, and the defaults', () => {
    expect(explained.settings.map(({ key }) => key).toSorted()).toEqual(SETTING_KEYS.toSorted());
    expect(explained.settings.slice(0, 4).map(({ key, effect }) => [key, effect.kind])).toEqual([
      ['inbound.includePorts', 'some'],
      ['inbound.excludePorts', 'none'],
      ['mode', 'same'],
      ['proxy.uids', 'default'],
    ]);
  });

  it('has every rule of both families with its reason and the settings that caused it', () => {
    const { plan, rules } = ofSets(['mode=TPROXY'], '1.28', { addresses: ['2001:db8::1'] });
    const all = (['ip', 'ip6'] as const).flatMap((family) =>
      plan[family].tables.flatMap(({ name, chains }) =>
        chains.flatMap((chain) => chain.rules.map((rule) => `${family} ${name} ${chain.name} ${printRule(rule)}`)),
      ),
    );
    expect(rules.map(({ family, table, chain, text }) => `${family} ${table} ${chain} ${text}`)).toEqual(all);
    expect(rules.every(({ id, because }) => id !== '' && because.endsWith('.'))).toBe(true);
    expect(rules.find(({ id }) => id === 'mangle.tproxy')?.settings).toContain('tproxy.mark');
  });

  it('has what lies outside the packet filter, each command with its reason', () => {
    const { routing } = ofSets(['mode=TPROXY'], '1.28', { addresses: ['2001:db8::1'] });
    expect(routing.map(({ text }) => text)).toEqual([
      'ip -4 rule add fwmark 1337 lookup 133',
      'ip -6 rule add fwmark 1337 lookup 133',
      'ip -4 route add local default dev lo table 133',
      'ip -6 route add local default dev lo table 133',
      'ip -6 addr add ::6/128 dev lo',
    ]);
    expect(routing.every(({ because }) => because !== '')).toBe(true);
  });
});
