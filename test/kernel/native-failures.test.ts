/** Native runs that fail: what is said, and what is put back. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULT_POD } from '../default-pod.ts';
import { inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { everything, pathBehind, run } from './starting.ts';

const REDIRECT = ['istio-iptables', ...DEFAULT_POD] as const;
const TPROXY = [...REDIRECT, '-m', 'TPROXY', '--drop-invalid'] as const;
const NATIVE = '--native-nftables';

describeKernel.concurrent('a native run', () => {
  it('needs nft, and says so', async () => {
    const path = pathBehind({ ip: 'exec /usr/sbin/ip "$@"' }).replaceAll(/:\/usr\/sbin|:\/sbin/g, '');
    await inNamespace(async (namespace) => {
      expect(await run(namespace, [...REDIRECT, NATIVE], { path })).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('there is no program nft'),
      });
    });
  });

  it('that fails at a later step puts back the tables as nft had listed them, the rules of iptables, and the routing', async () => {
    const path = pathBehind({ 'iptables-nft-restore': 'grep -q "^-X" && exit 4; exec /usr/sbin/iptables-nft-restore "$@"' });
    const input = join(mkdtempSync(join(tmpdir(), 'istio-init-input-')), 'input');
    const noRules = pathBehind({ ip: `cat >${input}; grep -q "rule del" ${input} && exit 1; exec /usr/sbin/ip "$@" <${input}` });
    await inNamespace(async (namespace) => {
      await run(namespace, REDIRECT);
      const listed = async (): Promise<string> =>
        (await namespace.run("nft -s list ruleset; iptables-nft-save | grep -v '^#'; ip rule; ip route show table all")).stdout;
      const before = await listed();
      // The native tables are in, and the rules of iptables do not go.
      expect(await run(namespace, [...TPROXY, NATIVE], { path })).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/failed, IPv4 and IPv6 are as before/),
      });
      expect(await listed()).toBe(before);
      // The native tables are gone, and the policy rule does not go.
      await run(namespace, [...TPROXY, NATIVE]);
      await namespace.run("nft add set inet istio-proxy-nat mine '{ type ipv4_addr; elements = { 192.0.2.7 }; }'");
      const native = await listed();
      const failed = await run(namespace, REDIRECT, { path: noRules });
      expect(failed).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/failed, IPv4 and IPv6 are as before/) });
      const sorted = (text: string): readonly string[] => text.split('\n').sort();
      expect(sorted(await listed())).toEqual(sorted(native));
    });
  });

  it('that nft refuses changes nothing, and takes the routing back', async () => {
    const path = pathBehind({ nft: 'case "$2" in -e) exec /usr/sbin/nft "$@" nonsense;; esac; exec /usr/sbin/nft "$@"' });
    await inNamespace(async (namespace) => {
      for (const first of [undefined, [...REDIRECT, NATIVE] as const]) {
        if (first !== undefined) await run(namespace, first);
        const before = await everything(namespace);
        expect(await run(namespace, [...TPROXY, NATIVE], { path })).toMatchObject({
          exitCode: 1,
          stderr: expect.stringMatching(/nft -f -/),
        });
        expect(await everything(namespace)).toBe(before);
      }
    });
  });

  it('is proved by a validation, which tells what is missing where it fails', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(
        'ip link add eth0 type veth peer name e1; ip address add 198.51.100.7/24 dev eth0; ip link set eth0 up; ip link set e1 up',
      );
      const proved = [...REDIRECT, NATIVE, '--run-validation'] as const;
      expect(await run(namespace, proved)).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('IPv4 inbound: redirected') });
      await namespace.run('nft flush chain inet istio-proxy-nat istio-in-redirect');
      expect(await run(namespace, [...proved, '--skip-rule-apply', '--probe-timeout=500ms'])).toMatchObject({
        exitCode: 126,
        stderr: expect.stringMatching(
          /IPv4 inbound: NOT redirected[^]*missing in IPv4 inet istio-proxy-nat: -A istio-in-redirect meta l4proto tcp redirect to :15006/,
        ),
      });
    });
  });
});
