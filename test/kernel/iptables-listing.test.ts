import { expect, it } from 'vitest';
import { planAmbient } from '../../src/istio/plan/ambient/ambient-plan.ts';
import { iptablesListing } from '../../src/netfilter/nft/iptables-listing.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import { DISTINCT_PLANS } from '../golden-plans.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';

const AMBIENT = [
  { name: 'ambient', plan: planAmbient({ dns: true, ipv6: true, virtualInterfaces: ['eth1', 'net+'] }, { release: '1.30' }) },
  { name: 'ambient, TPROXY', plan: planAmbient({ dns: true }, { release: '1.22' }) },
];

describeKernel('a namespace with rules of iptables-nft', () => {
  it('is listed by nft as preview -o nft lists it, for one golden outcome in six', { timeout: 120_000 }, async () => {
    const plans = [...DISTINCT_PLANS.filter((_, index) => index % 6 === 0), ...AMBIENT];
    const mark = '=== next ===';
    const script = plans.map(
      ({ plan }) =>
        `nft flush ruleset; ${feed('iptables-nft-restore --noflush', printRestore(plan.ip))}nft -s list ruleset 2>/dev/null; echo '${mark}'\n`,
    );
    const { stdout } = await inNamespace(({ run }) => run(script.join('')));
    const listed = stdout.split(`${mark}\n`);
    const unlike = plans.flatMap(({ name, plan }, index) => {
      // Of a REDIRECT of ip6tables nft 1.0.6 shows nothing where iptables has rules beside it: IPv4 alone is compared.
      return (listed[index] ?? '').replaceAll('\t', '  ') === iptablesListing(plan.ip) ? [] : [name];
    });
    expect(unlike).toEqual([]);
    expect(plans.length).toBeGreaterThan(60);
  });
});
