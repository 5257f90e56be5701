import { describe, expect, it } from 'vitest';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { printNftRuleset } from '../../../src/netfilter/nft/print.ts';
import { readNft } from '../../../src/netfilter/nft/read.ts';
import { isEchoOf, reconcileNft } from '../../../src/netfilter/nft/reconcile.ts';
import type { NftRuleset } from '../../../src/netfilter/nft/ruleset.ts';
import { NO_NFT } from '../../../src/netfilter/nft/ruleset.ts';
import { expressionsOf } from '../../../src/netfilter/nft/to-expressions.ts';

const POD = ['-i', '*', '-b', '*', '-d', '15090,15021,15020', '--native-nftables'];
const wanted = (...words: readonly string[]): NftRuleset => planFromArguments([...POD, ...words]).nft ?? NO_NFT;

/** What a listing shows, its numbers included. */
const listed = (text: string): NftRuleset => readNft(text)?.ruleset ?? NO_NFT;
const live = (nft: NftRuleset): NftRuleset => listed(printNftRuleset(nft).replaceAll('counter', 'counter packets 7 bytes 420'));

const isOwn = (chain: string): boolean => /^(?:prerouting|output|istio-)/.test(chain);
const change = (from: NftRuleset, to: NftRuleset): ReturnType<typeof reconcileNft> => reconcileNft(from, to, isOwn);

const REDIRECT = wanted();
const TPROXY = wanted('-m', 'TPROXY', '--redirect-dns', '--capture-all-dns');

describe('the change between tables of nft', () => {
  it('is none where all is as it should be, whatever was counted, and in whatever order the chains were made', () => {
    for (const nft of [NO_NFT, REDIRECT, TPROXY]) {
      expect(change(live(nft), nft)).toEqual({ script: '', rules: [], conflicts: [] });
      const turned = { tables: live(nft).tables.map((table) => ({ ...table, chains: table.chains.toReversed() })) };
      expect(change(turned, nft).script).toBe('');
    }
  });

  it('writes a table anew where a rule, an order, a base or a chain differs, and the others with it', () => {
    const text = printNftRuleset(TPROXY);
    const damages = [
      text.replace('tcp dport 15090 counter return', 'tcp dport 15091 counter return'),
      text.replace(/(.*15090.*\n)(.*15021.*\n)/, '$2$1'),
      text.replace(/.*tcp dport 15090.*\n/, ''),
      text.replace('chain istio-divert {', 'chain istio-redirect {\n  }\n\n  chain istio-divert {'),
      text.replace('chain istio-divert {', 'chain mine {\n    accept\n  }\n\n  chain istio-divert {'),
    ];
    for (const damaged of damages) {
      expect(damaged).not.toBe(text);
      const { script } = change(listed(damaged), TPROXY);
      expect(script.match(/^(?:add|flush) table .*$/gm)).toEqual(
        TPROXY.tables.flatMap(({ name }) => [`add table inet ${name}`, `flush table inet ${name}`]),
      );
    }
  });

  it('removes tables and chains that are not wanted, all in one transaction', () => {
    expect(change(TPROXY, NO_NFT).script).toBe(
      'delete table inet istio-proxy-nat\ndelete table inet istio-proxy-mangle\ndelete table inet istio-proxy-raw\n',
    );
    const { script } = change(TPROXY, REDIRECT);
    expect(script).toContain('\ndelete chain inet istio-proxy-nat istio-output-dns\nadd chain ');
    expect(script).toMatch(/\ndelete table inet istio-proxy-mangle\ndelete table inet istio-proxy-raw\n$/);
  });

  it('leaves sets and chains of others in a table of ours, without their rules', () => {
    const text = printNftRuleset(REDIRECT).replace(
      '{\n',
      '{\n  set s {\n    type ipv4_addr\n  }\n\n  chain mine {\n    tcp dport 9 drop\n  }\n\n',
    );
    const { script } = change(listed(text), REDIRECT);
    expect(script).toContain('flush table inet istio-proxy-nat\n');
    expect(script).not.toMatch(/mine|delete/);
    // Empty, it is in nobody's way.
    expect(change(listed(text.replace('    tcp dport 9 drop\n', '')), REDIRECT).script).toBe('');
  });

  it.each([
    ['type nat hook prerouting priority dstnat', 'type filter hook prerouting priority dstnat'],
    ['priority dstnat', 'priority dstnat - 5'],
    ['hook output', 'hook input'],
    ['policy accept', 'policy drop'],
  ])('names a base chain that hangs elsewhere: %s', (from, to) => {
    const { conflicts } = change(listed(printNftRuleset(REDIRECT).replace(from, to)), REDIRECT);
    expect(conflicts).toEqual([expect.stringMatching(/^inet istio-proxy-nat (?:prerouting|output)$/)]);
  });
});

describe('what nft tells of its transaction', () => {
  const { rules } = change(NO_NFT, REDIRECT);
  const echo = rules.map(
    (rule, at) =>
      `add rule ${rule.replace(/^(\S+ \S+ \S+)/, at % 2 ? '$1 handle 9' : '$1').replace('counter', 'counter packets 0 bytes 0')}\n`,
  );

  const NTH = rules.findIndex((rule, at) => rule.split(' ')[2] === rules[at + 1]?.split(' ')[2]);

  it('is what was asked for where every rule is told, in order', () => {
    expect(isEchoOf(`add table inet istio-proxy-nat\n${echo.join('')}# new generation 5 by process 7 (nft)\n`, rules)).toBe(true);
  });

  it('is the same as JSON, whatever the order of the chains', () => {
    const items = REDIRECT.tables.flatMap(({ family, name, chains }) =>
      [...chains]
        .reverse()
        .flatMap((chain) =>
          chain.rules.map((rule) => ({ add: { rule: { family, table: name, chain: chain.name, handle: 7, expr: expressionsOf(rule) } } })),
        ),
    );
    expect(isEchoOf(JSON.stringify({ nftables: items }), rules)).toBe(true);
    expect(isEchoOf(JSON.stringify({ nftables: items }).replace('15001', '15002'), rules)).toBe(false);
    expect(isEchoOf(JSON.stringify({ nftables: items.slice(1) }), rules)).toBe(false);
    expect(isEchoOf(JSON.stringify({ nftables: items.map(({ add }) => ({ insert: add })) }), rules)).toBe(false);
    expect(isEchoOf('{"nftables": [', rules)).toBe(false);
  });

  it.each([
    ['nothing is told', []],
    ['one is missing', echo.slice(1)],
    ['one is told twice', [...echo, echo[0] ?? '']],
    ['two of a chain change places', echo.map((_, at) => echo[at === NTH ? NTH + 1 : at === NTH + 1 ? NTH : at] ?? '')],
    ['one is another', echo.map((line) => line.replace('15001', '15002'))],
  ])('is not where %s', (_, told) => {
    expect(isEchoOf(told.join(''), rules)).toBe(false);
  });

  it('proves nothing where no rule was asked for', () => {
    expect(isEchoOf('', [])).toBe(false);
  });
});
