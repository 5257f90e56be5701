import { describe, expect, it } from 'vitest';
import { printNftJson, printNftRuleset, printNftScript } from '../../src/netfilter/nft/print.ts';
import { readNft } from '../../src/netfilter/nft/read.ts';
import type { NftRule, NftRuleset } from '../../src/netfilter/nft/ruleset.ts';
import { AMBIENT_CASES, ambientFile } from '../golden-ambient.ts';
import { NATIVE_CASES, nativeFile } from '../golden-nftables.ts';

/** Every distinct listing of the golden data. */
const LISTINGS: readonly string[] = [
  ...new Set([
    ...NATIVE_CASES.flatMap(({ outcomes }) => outcomes.flatMap(({ nft }) => nft ?? [])),
    ...AMBIENT_CASES.flatMap(({ outcomes }) => outcomes.flatMap(({ nft }) => nft ?? [])),
  ]),
].filter((text) => text !== '');

const rulesOf = ({ tables }: NftRuleset): readonly NftRule[] => tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules));

const read = (text: string): NftRuleset => {
  const found = readNft(text);
  if (found === undefined) throw new Error('not read');
  expect(found.unread).toEqual([]);
  return found.ruleset;
};

it('every listing of the golden data is read, printed again, and understood but for what asks a set', () => {
  expect(LISTINGS.length).toBeGreaterThan(150);
  for (const text of LISTINGS) {
    const ruleset = read(text);
    expect(printNftRuleset(ruleset)).toBe(text);
    for (const { matches, target } of rulesOf(ruleset)) {
      expect(target.kind).not.toBe('opaque');
      for (const match of matches) if (match.kind === 'opaque') expect(match.text).toMatch(/^ip6? daddr @istio-inpod-probes-v[46]$/);
    }
  }
});

it('what is printed as a script or as JSON is read as the same rules', () => {
  for (const text of LISTINGS) {
    const ruleset = read(text);
    expect(printNftRuleset(read(printNftScript(ruleset)))).toBe(text);
    expect(printNftRuleset(read(printNftJson(ruleset)))).toBe(text);
  }
});

const CASES = [
  'injected-1.6',
  'tproxy-dual',
  'dns-two-servers',
  'virtual-interfaces-cidrs',
  'owner-groups',
  'drop-invalid',
  'dns-all-ipv6',
];

describe.each(CASES.flatMap((name) => ['1.27.0', '1.30.3'].map((release) => [`${name}-${release}`, name] as const)))('%s', (file, name) => {
  const outcomes = NATIVE_CASES.find((one) => one.name === name)?.outcomes ?? [];
  const listing = outcomes[file.endsWith('1.27.0') ? 0 : outcomes.length - 1]?.nft ?? '';

  it("is read from the program's own script, and from the JSON of nft -j", () => {
    const script = nativeFile(`nft-json/${file}.nft`);
    expect(printNftRuleset(read(script))).toBe(listing);
    const log = script.replace(/^/gm, '').replace('add table', '2025-11-02T09:20:31.052215Z\tinfo\tnftables rules programmed:\nadd table');
    expect(printNftRuleset(read(log))).toBe(listing);
    expect(printNftRuleset(read(JSON.stringify({ nftables: JSON.parse(nativeFile(`nft-json/${file}.json`)) })))).toBe(listing);
  });
});

it('the JSON of the node has its sets', () => {
  const json = JSON.parse(ambientFile('nft-json/nftables-host-pods-dual-1.30.3.json')) as object;
  const listing = AMBIENT_CASES.find(({ name }) => name === 'nftables-host-pods-dual')?.outcomes[0]?.nft;
  expect(printNftRuleset(read(JSON.stringify({ nftables: json })))).toBe(listing);
});

describe('what is not understood', () => {
  const rule = (line: string): NftRule | undefined =>
    rulesOf(read(`table inet x {\n\tchain c {\n\t\ttype filter hook input priority filter + 10; policy drop;\n\t\t${line}\n\t}\n}\n`))[0];

  it.each([
    ['tcp dport vmap { 80 : accept, 443 : drop }', { kind: 'opaque', name: 'tcp', text: 'tcp dport vmap { 80 : accept, 443 : drop }' }],
    ['fib daddr type local counter packets 5 bytes 300 accept', { kind: 'verdict', verdict: 'ACCEPT' }],
    ['ip daddr @blocked drop', { kind: 'verdict', verdict: 'DROP' }],
    ['limit rate 5/second burst 5 packets accept', { kind: 'verdict', verdict: 'ACCEPT' }],
    ['meta mark != 0x1 jump y', { kind: 'jump', chain: 'y', goto: false }],
    ['tcp flags syn / syn,ack counter drop # handle 12', { kind: 'verdict', verdict: 'DROP' }],
    [
      'numgen random mod 2 vmap { 0 : goto a, 1 : goto b }',
      { kind: 'opaque', name: 'numgen', text: 'numgen random mod 2 vmap { 0 : goto a, 1 : goto b }' },
    ],
    ['meta mark set jhash ip saddr mod 4', { kind: 'opaque', name: 'meta', text: 'meta mark set jhash ip saddr mod 4' }],
    ['reject with icmp port-unreachable', { kind: 'opaque', name: 'reject', text: 'reject with icmp port-unreachable' }],
    ['masquerade', { kind: 'opaque', name: 'MASQUERADE', text: 'masquerade' }],
  ])('stays as words, and the rest of its rule is read: %s', (line, target) => {
    expect(rule(line)?.target).toEqual(target);
  });

  it('a set is asked for something that nobody knows', () => {
    expect(rule('ip daddr @blocked drop')?.matches).toEqual([{ kind: 'opaque', text: 'ip daddr @blocked' }]);
  });

  it('JSON of another shape is kept as its text', () => {
    const odd = (expr: unknown): NftRule | undefined =>
      rulesOf(
        read(
          JSON.stringify({
            nftables: [{ table: { family: 'inet', name: 'x' } }, { rule: { family: 'inet', table: 'x', chain: 'c', expr } }],
          }),
        ),
      )[0];
    for (const expr of [
      [{ match: { op: '==', left: { meta: { key: 'mark' } }, right: null } }],
      [{ match: 5 }],
      [{ mangle: { key: 1 } }],
      [{ jump: {} }],
      7,
    ])
      expect(odd(expr)).toBeDefined();
  });

  it('a text in no form of nft is none', () => {
    expect(['', 'iptables -A INPUT -j DROP', '*nat\nCOMMIT\n', '{"items": []}'].map((text) => readNft(text))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
