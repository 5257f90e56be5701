/** The result is what is said: what an interrupted --reconcile left is gone, and what keeps packets from the rules is named. */

import { expect, it } from 'vitest';
import { inNamespace } from './namespace.ts';
import { applyByShell } from './programs-in.ts';
import { describeKernel } from './requirements.ts';

const ARGS = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', '*'];
const guard = (chains: string, protocols: string, program = 'iptables'): string =>
  `for c in ${chains}; do for p in ${protocols}; do ${program} -I $c -p $p -j DROP; done; done;`;

describeKernel('after an apply', () => {
  it.each([
    ['in Istio’s order', guard('INPUT FORWARD OUTPUT', 'tcp udp'), 'iptables'],
    ['in the other order', guard('INPUT FORWARD OUTPUT', 'udp tcp'), 'iptables'],
    ['left by two runs', guard('INPUT FORWARD OUTPUT', 'tcp udp tcp udp'), 'iptables'],
    ['of IPv6', guard('INPUT FORWARD OUTPUT', 'tcp udp', 'ip6tables'), 'ip6tables'],
    ['of legacy', guard('INPUT FORWARD OUTPUT', 'tcp udp', 'iptables-legacy'), 'iptables-legacy'],
  ])('no guardrail of an interrupted --reconcile is left: %s', async (_, script, program) => {
    await inNamespace(async (namespace) => {
      await namespace.run(`${script} ${program} -A INPUT -p tcp --dport 9 -j DROP`);
      expect(await applyByShell(namespace, ARGS)).toMatchObject({ outcome: 'applied', warnings: [] });
      expect((await namespace.run(`${program} -S`)).stdout.match(/^-A.*/gm)).toEqual(['-A INPUT -p tcp -m tcp --dport 9 -j DROP']);
      expect(await applyByShell(namespace, ARGS)).toMatchObject({ outcome: 'unchanged' });
    });
  });

  it('half a set of guardrails stays, for it may be somebody’s own, and is named with the command', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(guard('INPUT OUTPUT', 'tcp'));
      const { outcome, warnings } = await applyByShell(namespace, ARGS);
      expect(outcome).toBe('applied');
      expect(warnings).toEqual([
        expect.stringMatching(
          /nothing gets past it: -p tcp -j DROP \(IPv4, table filter, chain INPUT\).*iptables -t filter -D INPUT -p tcp -j DROP$/,
        ),
        expect.stringMatching(/iptables -t filter -D OUTPUT -p tcp -j DROP$/),
      ]);
      for (const warning of warnings) await namespace.run(warning.slice(warning.lastIndexOf('iptables -t')));
      expect((await namespace.run('iptables -S')).stdout).not.toMatch(/DROP/);
    });
  });

  it('a rule of others before the jump, and a nat chain of nft that is asked first, are named; a later one is not', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(`iptables -t nat -A OUTPUT -p tcp --dport 80 -j ACCEPT; iptables -t nat -A PREROUTING -p tcp -m tcp --dport 81 -j LOG
        nft add table ip bar; nft add chain ip bar early '{ type nat hook output priority -110; }'; nft add chain ip bar late '{ type nat hook output priority 50; }'`);
      for (const outcome of ['applied', 'unchanged']) {
        expect(await applyByShell(namespace, ARGS)).toMatchObject({
          outcome,
          warnings: [
            "nft's chain early of table ip bar is asked before the rules of Istio (nat, output, priority -110): what it translates does not reach the proxy",
            "rule 1 of IPv4 nat OUTPUT is not one of Istio's, stands before the jump to ISTIO_OUTPUT and takes packets from it: -p tcp -m tcp --dport 80 -j ACCEPT",
          ],
        });
      }
    });
  });
});
