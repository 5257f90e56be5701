/** Settings as somebody might have them, of which a kernel takes the rules: numbers for names, devices that are there. */

import fc from 'fast-check';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { ProblemError } from '../../src/istio/problems.ts';
import { RELEASES } from '../../src/istio/releases/every-release.ts';
import type { Facts } from '../../src/istio/settings/facts.ts';
import type { SettingKey } from '../../src/istio/settings/settings.ts';
import { SETTING_KEYS, SETTINGS } from '../../src/istio/settings/settings.ts';
import { SINGLE } from './packets.ts';
import { DEVICE_NAMES } from './tracing-place.ts';

// Above are the ports by which packets are told apart.
const port = fc.integer({ min: 1, max: SINGLE.first - 2 });
const ports = fc.tuple(port, port).map(([a, b]) => (a === b ? `${a}` : `${Math.min(a, b)}:${Math.max(a, b)}`));
const one = fc.oneof(port.map(String), port.map(String), ports);
const octet = fc.integer({ min: 0, max: 255 });
const network4 = fc
  .tuple(fc.constantFrom(10, 127, 169, 172, 192, 203), octet, octet, octet, fc.constantFrom(0, 8, 12, 16, 24, 31, 32))
  .map(([a, b, c, d, bits]) => `${a}.${b}.${c}.${d}/${bits}`);
const network6 = fc
  .tuple(fc.constantFrom('fd00::', 'fd00:1::3', '2001:db8::7', 'fd00:c901::8', '::1'), fc.constantFrom(0, 16, 64, 120, 128))
  .map(([address, bits]) => `${address}/${bits}`);
const network = fc.oneof(network4, network4, network6);
const id = fc.oneof(fc.constantFrom('0', '1000', '1337'), fc.integer({ min: 0, max: 4294967294 }).map(String));
const device = fc.constantFrom(...DEVICE_NAMES, 'absent');

const ONE: { readonly [K in SettingKey]: fc.Arbitrary<string> } = {
  mode: fc.constantFrom('REDIRECT', 'TPROXY'),
  'proxy.uids': id,
  'proxy.gids': id,
  'proxy.port': port.map(String),
  'proxy.inboundPort': port.map(String),
  'proxy.tunnelPort': port.map(String),
  'inbound.includePorts': one,
  'inbound.excludePorts': one,
  'outbound.includeRanges': network,
  'outbound.excludeRanges': network,
  'outbound.includePorts': one,
  'outbound.excludePorts': one,
  'outbound.ownerGroups': id,
  'outbound.excludeOwnerGroups': id,
  'outbound.loopback': fc.constantFrom('127.0.0.1/32', '127.0.0.0/8', '127.1.2.3/16', '127.0.0.6/32'),
  'interfaces.exclude': device,
  'interfaces.reroute': device,
  'dns.capture': fc.constantFrom('off', 'servers', 'all'),
  'tproxy.mark': fc.integer({ min: 1, max: 0xffffffff }).map(String),
  // The kernel has tables of its own below.
  'tproxy.routeTable': fc.integer({ min: 256, max: 0xffffffff }).map(String),
  dropInvalid: fc.constantFrom('true', 'false'),
  dualStack: fc.constantFrom('true', 'false'),
};

function textOf(key: SettingKey): fc.Arbitrary<string> {
  if (SETTINGS[key].shape === 'one') return ONE[key];
  const list = fc.array(ONE[key], { minLength: 1, maxLength: 4 }).map((items) => [...new Set(items)].join(','));
  return SETTINGS[key].shape === 'list' ? list : fc.oneof(list, fc.constant('*'));
}

const settings = fc
  .uniqueArray(
    fc.constantFrom(...SETTING_KEYS).chain((key) => textOf(key).map((text) => ({ key, text }))),
    { selector: ({ key }) => key, maxLength: 12 },
  )
  .map((all) => all.map(({ key, text }) => `${key}=${text}`));
const facts: fc.Arbitrary<Facts> = fc.record({
  addresses: fc.constantFrom(['10.1.2.3/24'], ['10.1.2.3/24', 'fd00:1::3/64'], ['fd00:1::3/64']),
  nameservers: fc.constantFrom(['10.96.0.10'], ['10.96.0.10', 'fd00::10'], ['127.0.0.53']),
});

export interface RandomPlan {
  /** The settings and the release. */
  readonly name: string;
  readonly plan: CapturePlan;
}

/** So many plans of settings that are not refused; the same for the same seed. */
export function randomPlans(seed: number, count: number): readonly RandomPlan[] {
  const all = fc.sample(fc.record({ sets: settings, release: fc.constantFrom(...RELEASES), facts }), { seed, numRuns: 2 * count });
  return all
    .flatMap(({ sets, release, facts: given }): readonly RandomPlan[] => {
      try {
        const plan = planFromSettings({ sets, release: { value: release, source: { kind: 'option', option: '--release' } }, facts: given });
        return [{ name: `${sets.join(' ')} at ${release}`, plan }];
      } catch (error) {
        if (error instanceof ProblemError) return [];
        throw error;
      }
    })
    .slice(0, count);
}
