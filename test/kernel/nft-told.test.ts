/** What the static executable asks the kernel itself, held to what nft lists. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readNetlinkListing } from '../../src/netfilter/nft-listing/netlink-listing.ts';
import type { NftTable } from '../../src/netfilter/nft-listing.ts';
import { readNftListing } from '../../src/netfilter/nft-listing.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import { ROOT } from '../cli/program.ts';
import { DISTINCT_PLANS } from '../golden-plans.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { played } from './trials.ts';

const MAIN = `
#include "nft.h"
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    size_t size = 0;
    int failure = 0;
    char *text = tellNft(&size, &failure);
    if (failure) fprintf(stderr, "failure %d", failure);
    else fwrite(text, 1, size, stdout);
    free(text);
    return failure ? 1 : 0;
}
`;

const hasCompiler = spawnSync('cc', ['--version']).status === 0;
if (!hasCompiler) console.warn('skipped: what the kernel tells of nft needs a C compiler (cc)');
const describeC: typeof describeKernel = hasCompiler ? describeKernel : (describeKernel.skip as typeof describeKernel);

const folder = mkdtempSync(join(tmpdir(), 'istio-init-told-'));
const TOLD = join(folder, 'told');

/** As far as both can tell: nft leaves out a protocol that follows from another match, and older ones the name of a target. */
function comparable(tables: readonly NftTable[], like: readonly NftTable[] = tables): readonly NftTable[] {
  return tables.map(({ family, name, chains = [] }, at) => ({
    family,
    name,
    chains: chains.map((chain, place) => ({
      ...chain,
      rules: chain.rules.map(({ target, matched, ...rule }, index) => {
        const named = like[at]?.chains?.[place]?.rules[index]?.target !== undefined;
        return { ...rule, matched: matched.filter((field) => field !== 'protocol'), ...(named && target !== undefined && { target }) };
      }),
    })),
  }));
}

const SEPARATOR = '### nft\n';

/** What the kernel tells, and what nft lists, after a script. */
async function after(scripts: readonly string[]): Promise<readonly { readonly told: string; readonly listed: readonly NftTable[] }[]> {
  return inNamespace(async ({ run }) => {
    const asking = scripts.map(
      (script) => `nft flush ruleset\n${script}\n${TOLD} || echo 'not told'\necho '${SEPARATOR}'\nnft -j list ruleset\necho '### next'\n`,
    );
    const { exitCode, stdout, stderr } = await run(`set -e\n${asking.join('')}`);
    if (exitCode !== 0) throw new Error(stderr);
    return stdout
      .split('### next\n')
      .slice(0, -1)
      .map((part) => {
        const [told = '', json = ''] = part.split(`${SEPARATOR}\n`);
        return { told, listed: readNftListing(json) ?? [] };
      });
  });
}

const nat = (rule: string): string => `iptables-nft -t nat -N A\niptables-nft -t nat -A ${rule}`;

describeC('the kernel', () => {
  beforeAll(() => {
    const main = join(folder, 'main.c');
    writeFileSync(main, MAIN);
    const source = join(ROOT, 'src/host/system/quickjs');
    const { status, stderr } = spawnSync(
      'cc',
      ['-Wall', '-Wextra', '-Werror', '-O1', `-I${source}`, '-o', TOLD, main, join(source, 'nft.c')],
      {
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(stderr);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('tells of any golden outcome what nft lists', { timeout: 240_000 }, async () => {
    const plans = played(DISTINCT_PLANS).filter(({ plan }) => plan.ip.tables.length + plan.ip6.tables.length > 0);
    const found = await after(
      plans.map(
        ({ plan }) =>
          feed('iptables-nft-restore --noflush', printRestore(plan.ip)) + feed('ip6tables-nft-restore --noflush', printRestore(plan.ip6)),
      ),
    );
    expect(found).toHaveLength(plans.length);
    for (const [index, { told, listed }] of found.entries()) {
      const read = readNetlinkListing(told);
      expect(listed.length, plans[index]?.name).toBeGreaterThan(0);
      expect(read && comparable(read, listed), plans[index]?.name).toEqual(comparable(listed));
    }
  });

  it.each([
    ['nothing', ''],
    ['a table without a rule', 'iptables-nft -t nat -L >/dev/null'],
    ['a policy', 'iptables-nft -P FORWARD DROP'],
    ['networks', nat('OUTPUT -s 10.0.0.0/8 -d 10.1.16.0/20 -j A')],
    ['one address', nat('OUTPUT ! -d 10.1.2.3 -j RETURN')],
    ['networks of IPv6', 'ip6tables-nft -t mangle -A OUTPUT -s fd00::/7 ! -d fd00:1:2::/48 -j ACCEPT'],
    ['interfaces', nat('PREROUTING ! -i eth+ -j A')],
    ['ports', nat('OUTPUT -p tcp --sport 1:1024 ! --dport 443 -j A')],
    ['ports of UDP', nat('OUTPUT -p udp --dport 53 -j REDIRECT --to-ports 15053')],
    ['a protocol', nat('OUTPUT -p icmp -j RETURN')],
    ['several ports', nat('OUTPUT -p tcp -m multiport --dports 80,443,8000:8010 -j A')],
    ['a goto', nat('OUTPUT -g A')],
    ['a comment', nat('OUTPUT -m comment --comment "x -j DROP" -j A')],
    ['a comment with line ends', nat('OUTPUT -m comment --comment "x\n-A OUTPUT -j DROP" -j A')],
    ['states', 'iptables-nft -A INPUT -m conntrack --ctstate INVALID -j DROP'],
    ['an owner', nat('OUTPUT -m owner --uid-owner 1337 -j RETURN')],
    ['a mark', 'iptables-nft -t mangle -A PREROUTING -m mark --mark 1337 -j MARK --set-mark 7'],
    ['a translation', nat('POSTROUTING -j MASQUERADE')],
    ['no target', nat('OUTPUT -p tcp')],
    ['both families', 'iptables-nft -A INPUT -j ACCEPT\nip6tables-nft -A INPUT -j DROP'],
  ])('tells what nft lists where there is %s', async (_, script) => {
    const [{ told, listed } = { told: '', listed: [] }] = await after([script]);
    const read = readNetlinkListing(told);
    expect(read && comparable(read, listed)).toEqual(comparable(listed));
  });

  const rule = (words: string): string => `nft add table ip nat\nnft add chain ip nat X\nnft add rule ip nat X ${words}`;
  it.each([
    ['a table of its own', 'nft add table inet x'],
    ['a table of a name that only nft uses', 'nft add table ip x'],
    ['a table for bridges', 'nft add table bridge nat'],
    ['a set that is asked', rule('ip daddr { 10.0.0.1, 10.0.0.2 } accept')],
    ['a map', rule("'tcp dport vmap { 80 : accept, 81 : drop }'")],
    ['a state', rule('ct state established accept')],
    ['a length', rule('meta length 100 accept')],
    ['a mark that is set', rule('meta mark set 7')],
    ['a field that is written', rule('ip ttl set 7')],
    ['a field that iptables has no match for', rule('ip ttl 7 accept')],
    ['two addresses in one', rule('ip saddr . ip daddr { 10.0.0.1 . 10.0.0.2 } accept')],
    ['a refusal', rule('reject')],
    ['a limit', rule('limit rate 1/second accept')],
    ['a target of its own', rule('masquerade')],
  ])('tells nothing where there is %s', async (_, script) => {
    const [{ told, listed } = { told: '', listed: [] }] = await after([script]);
    expect(listed.length).toBeGreaterThan(0);
    expect(told.startsWith('not told') ? undefined : readNetlinkListing(told)).toBeUndefined();
  });

  it('tells nothing of more than 256 KiB, and of what this process may not ask', async () => {
    const many = Array.from({ length: 6000 }, (_, index) => `-A OUTPUT -d 10.${index >> 8}.${index & 255}.1/32 -j RETURN\n`).join('');
    const [{ told, listed } = { told: '', listed: [] }] = await after([feed('iptables-nft-restore --noflush', `*nat\n${many}COMMIT\n`)]);
    expect(listed[0]?.chains?.flatMap(({ rules }) => rules)).toHaveLength(6000);
    expect(told.trim()).toBe('not told');
    const { stdout } = await inNamespace(({ run }) =>
      run(`chmod 755 ${folder}; setpriv --reuid 65534 --clear-groups --bounding-set=-all ${TOLD} 2>&1`),
    );
    expect(stdout).toBe('failure -1');
  });
});
