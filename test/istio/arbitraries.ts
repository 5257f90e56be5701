/** Random settings, releases and pods: texts that are taken. */

import fc from 'fast-check';
import { RELEASES } from '../../src/istio/releases/every-release.ts';
import type { Facts } from '../../src/istio/settings/facts.ts';
import type { SettingKey } from '../../src/istio/settings/settings.ts';
import { SETTING_KEYS, SETTINGS } from '../../src/istio/settings/settings.ts';

const number = fc.integer({ min: 1, max: 65535 }).map(String);
const range = fc
  .tuple(fc.integer({ min: 1, max: 65535 }), fc.integer({ min: 1, max: 65535 }))
  .map(([a, b]) => `${Math.min(a, b)}:${Math.max(a, b)}`);
const octet = fc.integer({ min: 0, max: 255 });
const network4 = fc
  .tuple(octet, octet, octet, octet, fc.integer({ min: 0, max: 32 }))
  .map(([a, b, c, d, bits]) => `${a}.${b}.${c}.${d}/${bits}`);
const network6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([address, bits]) => `${address}/${bits}`);
const id = fc.oneof(
  fc.integer({ min: 0, max: 4294967294 }).map(String),
  fc.constantFrom('0', '1337', 'istio-proxy', 'java', 'no', 'null', 'true', 'x$', '_a.b-c'),
);
const device = fc.oneof(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,8}$/), fc.constantFrom('eth0', 'lo', 'true', 'null'));
const loopback = fc.constantFrom('127.0.0.1/32', '127.0.0.0/8', '127.1.2.3/16', '127.0.0.6/32');
const uint32 = fc.integer({ min: 1, max: 0xffffffff }).map(String);

/** A text that each setting takes; of a list, one item. */
export const ONE: { readonly [K in SettingKey]: fc.Arbitrary<string> } = {
  mode: fc.constantFrom('REDIRECT', 'TPROXY', 'TPROXY', 'NONE'),
  'proxy.uids': id,
  'proxy.gids': id,
  'proxy.port': number,
  'proxy.inboundPort': number,
  'proxy.tunnelPort': number,
  'inbound.includePorts': fc.oneof(number, range),
  'inbound.excludePorts': fc.oneof(number, range),
  'outbound.includeRanges': fc.oneof(network4, network6, loopback, fc.constant('::1/128')),
  'outbound.excludeRanges': fc.oneof(network4, network6),
  'outbound.includePorts': fc.oneof(number, range),
  'outbound.excludePorts': fc.oneof(number, range),
  'outbound.ownerGroups': id,
  'outbound.excludeOwnerGroups': id,
  'outbound.loopback': loopback,
  'interfaces.exclude': device,
  'interfaces.reroute': device,
  'dns.capture': fc.constantFrom('off', 'servers', 'all'),
  'tproxy.mark': uint32,
  'tproxy.routeTable': uint32,
  dropInvalid: fc.constantFrom('true', 'false'),
  dualStack: fc.constantFrom('true', 'false'),
};

export const release = fc.constantFrom(...RELEASES);
export const facts: fc.Arbitrary<Facts> = fc.record({
  addresses: fc.constantFrom([], ['10.1.2.3/24'], ['10.1.2.3/24', '2001:db8::7/64'], ['2001:db8::7/64'], ['fe80::1/64', '10.1.2.3/24']),
  nameservers: fc.constantFrom(
    [],
    ['10.96.0.10'],
    ['10.96.0.10', 'fd00::10'],
    ['fd00::10', '127.0.0.53'],
    ['fe80::1%eth0', 'nonsense\n-A INPUT'],
  ),
});

/** `KEY=VALUE` for some settings, as `--set` takes them. */
export const sets: fc.Arbitrary<readonly string[]> = fc
  .uniqueArray(
    fc.constantFrom(...SETTING_KEYS).chain((key) => listOf(key).map((text) => ({ key, text }))),
    { selector: ({ key }) => key, maxLength: 12 },
  )
  .map((all) => all.map(({ key, text }) => `${key}=${text}`));

function listOf(key: SettingKey): fc.Arbitrary<string> {
  if (SETTINGS[key].shape === 'one') return ONE[key];
  const list = fc.array(ONE[key], { maxLength: 4 }).map((items) => items.join(','));
  return SETTINGS[key].shape === 'list' ? list : fc.oneof(list, fc.constant('*'));
}
