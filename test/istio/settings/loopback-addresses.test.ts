import { describe, expect, it } from 'vitest';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { RELEASES } from '../../../src/istio/releases/every-release.ts';
import { profileOf } from '../../../src/istio/releases/profile.ts';
import { printRestore } from '../../../src/netfilter/print.ts';

const V4 = '10.24.3.9/24';
const V6 = 'fd12::9/64';
const GO = RELEASES.filter((release) => profileOf(release).has('goFlags'));

function hasIp6(addresses: readonly string[], release: string, env: Readonly<Record<string, string>> = {}): boolean {
  return printRestore(planFromArguments(['-b', '*'], { addresses, release, env }).ip6).includes('ISTIO_INBOUND');
}

describe('a loopback address does not choose the family, in any release of the Go program:', () => {
  it.each([
    [['::1/128', '127.0.0.1/8', V4, V6], false],
    [['127.0.0.1/8', '::1/128', V6, V4], true],
    [['127.0.0.1', V6], true],
    [['::1', V4], false],
    [['::1/128'], false],
    [['127.0.0.1/8'], false],
  ] as const)('%j', (addresses, wanted) => {
    expect(GO.filter((release) => hasIp6(addresses, release) !== wanted)).toEqual([]);
  });

  it('nor does it count for dual stack', () => {
    const env = { ISTIO_DUAL_STACK: 'true' };
    expect(hasIp6(['::1/128', V4], '1.30.3', env)).toBe(false);
    expect(hasIp6(['::1/128', V4, V6], '1.30.3', env)).toBe(true);
  });
});
