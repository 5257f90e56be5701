/** What the concerns look at, for each family. */

import type { Network } from '../../netfilter/address/network.ts';
import type { Family } from '../../netfilter/family.ts';
import type { Profile } from '../releases/profile.ts';
import type { Facts } from '../settings/facts.ts';
import { serversOf } from '../settings/facts.ts';
import type { SettingValues } from '../settings/settings.ts';
import type { Switches } from '../settings/switches.ts';
import type { Context } from './rules/step.ts';

/** The one address of the family that is loopback's own. */
export const LOOPBACK: Readonly<Record<Family, Network>> = {
  ip: { family: 'ip', address: '127.0.0.1', prefix: 32 },
  ip6: { family: 'ip6', address: '::1', prefix: 128 },
};

// Envoy's cluster for its own pod binds to these, so that what it delivers can be told from what it forwards.
const PASSTHROUGH: Readonly<Record<Family, Network>> = {
  ip: { family: 'ip', address: '127.0.0.6', prefix: 32 },
  ip6: { family: 'ip6', address: '::6', prefix: 128 },
};

/** The context of each family, for settings at a release. */
export function contextFor(values: SettingValues, switches: Switches, { has }: Profile, facts: Facts): (family: Family) => Context {
  const anyServer = serversOf('ip', facts).length + serversOf('ip6', facts).length > 0;
  const capture = values['dns.capture'] === 'all' && !has('captureAllDnsFlag') ? 'servers' : values['dns.capture'];
  const dns = capture === 'servers' && has('dnsNeedsServers') && !anyServer ? 'off' : capture;
  return (family) => {
    const mirrored = family === 'ip' || has('mirrored6');
    return {
      family,
      values,
      switches,
      has,
      native: switches.native,
      tproxy: values.mode === 'TPROXY' && mirrored,
      dns: mirrored ? dns : 'off',
      servers: serversOf(family, facts),
      anyServer,
      loopback: family === 'ip' && has('loopbackRange') ? values['outbound.loopback'] : LOOPBACK[family],
      passthrough: PASSTHROUGH[family],
    };
  };
}
