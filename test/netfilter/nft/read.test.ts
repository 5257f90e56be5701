import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { compareRulesets } from '../../../src/netfilter/compare.ts';
import { withNft } from '../../../src/netfilter/nft/as-rules.ts';
import { printNftJson, printNftRuleset, printNftScript } from '../../../src/netfilter/nft/print.ts';
import { readNft } from '../../../src/netfilter/nft/read.ts';
import type { NftRule, NftRuleset } from '../../../src/netfilter/nft/ruleset.ts';
import { observeText } from '../../../src/netfilter/observation.ts';
import { readRules } from '../../../src/netfilter/read.ts';
import { AMBIENT_CASES, ambientFile } from '../../golden-ambient.ts';
import { NATIVE_CASES, nativeFile } from '../../golden-nftables.ts';

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

describe('a script of nft -f', () => {
  const script = (...lines: readonly string[]): string =>
    [
      ...lines.slice(0, -1),
      'table inet fw {',
      '  chain out {',
      '    type filter hook output priority 0; policy accept;',
      `    ${lines.at(-1)}`,
      '  }',
      '}',
      '',
    ].join('\n');
  const ruleIn = (text: string): string => printNftRuleset(read(text)).split('\n').at(-4)?.trim() ?? '';

  it.each([
    ['a value', ['define wan = "eth0"', 'oifname $wan drop'], 'oifname "eth0" drop'],
    ['a list', ['define ports = { 80, 443 } # of the web', 'tcp dport $ports drop'], 'tcp dport { 80, 443 } drop'],
    ['a list of several lines', ['define ports = {', '  80, # first', '  443', '}', 'tcp dport $ports drop'], 'tcp dport { 80, 443 } drop'],
    ['a list in a list', ['define web = { 80, 443 }', 'tcp dport { 22, $web } drop'], 'tcp dport { 22, 80, 443 } drop'],
    ['another variable', ['define a = 10.0.0.0/8', 'define b = $a', 'ip daddr $b drop'], 'ip daddr 10.0.0.0/8 drop'],
    ['a new value', ['define a = 80', 'redefine a = 81', 'tcp dport $a drop'], 'tcp dport 81 drop'],
    ['no value in quotes', ['define a = 80', 'log prefix "$a" drop'], 'log prefix "$a" drop'],
  ])('has %s for a variable', (_, lines, rule) => {
    expect(ruleIn(script(...lines))).toBe(rule);
  });

  it('with a variable that nobody defines asks what is not known', () => {
    const [rule] = rulesOf(read(script('oifname $wan drop')));
    expect(rule?.matches).toEqual([{ kind: 'opaque', text: 'oifname $wan' }]);
  });

  it('that includes another tells that this one was not read', () => {
    expect(readNft(script('include "/etc/nftables.d/*.nft"', 'drop'))?.unread).toEqual([
      { line: 1, text: 'include "/etc/nftables.d/*.nft"' },
    ]);
  });
});

it('sets, maps and what looks up in them are read again from the JSON that is printed of them', () => {
  const text = `table inet foreign {
  set blocked {
    type ipv4_addr
    flags interval
    elements = { 10.9.9.9, 192.0.2.0/24, 198.51.100.3-198.51.100.9 }
  }

  map ways {
    type inet_service : verdict
    elements = { 22 : accept, 80 comment "web" : jump other }
  }

  map services {
    type ipv4_addr . inet_proto . inet_service : verdict
    elements = { 10.9.9.9 . tcp . 80 : goto other }
  }

  chain other {
  }

  chain output {
    type filter hook output priority 0; policy accept;
    ip daddr @blocked drop
    tcp dport vmap @ways
    ip daddr . tcp dport @pairs drop
    ip daddr . meta l4proto . th dport vmap { 10.1.2.3 . tcp . 80 : accept, 10.0.0.0/8 . udp . 1-1023 : drop }
    meta mark set tcp dport map { 80 : 1, 443 : 1337 }
    ct state vmap { established : accept, new : jump other }
    dnat ip to tcp dport map { 80 : 10.1.2.3, 443 : 10.9.9.9 }
    numgen random mod 2 vmap { 0 : goto other, 1 : return }
  }
}
`;
  const json = printNftJson(read(text));
  expect(json).not.toContain('"words"');
  expect(printNftRuleset(read(json))).toBe(printNftRuleset(read(text)));
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

describe('a script that people write', () => {
  const read = (text: string): string => printNftRuleset(readNft(text)?.ruleset ?? { tables: [] });

  it('has chains and sets on one line, with semicolons', () => {
    const listing =
      'table inet app {\n  set mine {\n    type ipv4_addr\n    elements = { 1.2.3.4, 1.2.3.5 }\n  }\n\n' +
      '  chain out {\n    type nat hook output priority -110; policy accept;\n    tcp dport 9999 redirect to :9998\n  }\n}\n';
    expect(
      read(
        'table inet app {\n set mine { type ipv4_addr; elements = { 1.2.3.4, 1.2.3.5 } }\n' +
          ' chain out { type nat hook output priority -110; tcp dport 9999 redirect to :9998; }\n}\n',
      ),
    ).toBe(listing);
    expect(
      read(
        'table inet app { set mine { type ipv4_addr; elements = { 1.2.3.4, 1.2.3.5 }; }; chain out { type nat hook output priority -110; policy accept; tcp dport 9999 redirect to :9998 } }',
      ),
    ).toBe(listing);
  });

  it('has a list over several lines', () => {
    const text =
      'table ip f {\n  set s {\n    type ipv4_addr\n    elements = { 1.1.1.1, 2.2.2.2,\n                 3.3.3.3 }\n  }\n\n  chain c {\n    tcp dport 1 drop\n  }\n}\n';
    expect(read(text)).toBe(text.replace(',\n                 3', ', 3'));
  });

  it('says a policy on a line of its own, and sets with braces in rules', () => {
    const text =
      'table ip f {\n chain i {\n  type filter hook input priority 0;\n  policy drop;\n  tcp dport { 22, 80 } accept; udp dport 53 drop;\n }\n}\n';
    expect(read(text)).toBe(
      'table ip f {\n  chain i {\n    type filter hook input priority filter; policy drop;\n    tcp dport { 22, 80 } accept\n    udp dport 53 drop\n  }\n}\n',
    );
  });

  it('keeps a semicolon and a brace in quotes, and says what is cut off', () => {
    expect(read('table ip f { chain i { oifname "a;b" drop; } }')).toContain('oifname "a;b" drop');
    expect(readNft('table ip f { chain i { drop;')?.unread).toEqual([{ line: 1, text: 'table ip f { chain i { drop;' }]);
  });
});

it('a command that nft repeats in an error is no rule', () => {
  const log =
    'add rule ip t c tcp dport 1 accept\n/dev/stdin:2:1-7: Error: Could not process rule: No such file or directory\ninsert rule ip t c index 1 tcp dport 2 accept\n                         ^^^^^^^\n';
  expect(readNft(log)?.ruleset.tables[0]?.chains[0]?.rules.length).toBe(1);
  expect(readNft(log.split('\n').slice(1).join('\n'))?.ruleset.tables ?? []).toEqual([]);
});

// Made by iptables-restore-translate 1.8.9 of what `preview @1.30 --set dns.capture=all --set mode=TPROXY -o restore` prints.
it('what iptables-restore-translate could not translate stands in its place, with the negation that it lost', () => {
  const text = readFileSync(new URL('tproxy-dns.translated.txt', import.meta.url), 'utf8');
  const read = readNft(text);
  const seen = observeText(withNft(readRules(text), read ?? { ruleset: { tables: [] }, unread: [] }));
  const { ip } = planFromSettings({
    sets: ['dns.capture=all', 'mode=TPROXY'],
    release: { value: '1.30', source: { kind: 'option', option: '--release' } },
  });
  expect(compareRulesets([ip], [seen.ip])).toEqual([]);
});
