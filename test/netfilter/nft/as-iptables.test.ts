/** Tables of nft in the words of iptables, and what is said of those that iptables has none for. */

import { describe, expect, it } from 'vitest';
import type { Family } from '../../../src/netfilter/family.ts';
import type { AsIptables } from '../../../src/netfilter/nft/as-iptables.ts';
import { asIptables } from '../../../src/netfilter/nft/as-iptables.ts';
import { iptablesListing } from '../../../src/netfilter/nft/iptables-listing.ts';
import { readNft } from '../../../src/netfilter/nft/read.ts';
import { rulesetOfNft } from '../../../src/netfilter/nft/ruleset-of-nft.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { readRules } from '../../../src/netfilter/read.ts';

function said(text: string, family: Family = 'ip'): AsIptables {
  return asIptables(rulesetOfNft(readNft(text)?.ruleset ?? { tables: [] }, family));
}

const NAT = 'type nat hook output priority -100; policy accept;';

function table(rules: readonly string[], base = NAT, others = '', name = 'inet mine'): string {
  return `table ${name} {\n  chain out {\n    ${base}\n${rules.map((rule) => `    ${rule}\n`).join('')}  }\n${others}}\n`;
}

/** The rules of the one chain that hangs, without the lines around them. */
function rulesOf(text: string, family: Family = 'ip'): readonly string[] {
  return printSave(said(text, family).ruleset)
    .split('\n')
    .filter((line) => line.startsWith('-A '));
}

describe('a rule of nft in the words of iptables', () => {
  it.each([
    ['tcp dport 80 redirect to :15001', '-A OUTPUT -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 15001'],
    ['ip daddr != 10.0.0.0/8 meta l4proto tcp accept', '-A OUTPUT ! -d 10.0.0.0/8 -p tcp -j ACCEPT'],
    ['tcp dport != { 53, 15008 } return', '-A OUTPUT -p tcp -m multiport ! --dports 53,15008 -j RETURN'],
    ['oifname "eth*" meta skuid 1-5 counter packets 1 bytes 60 return', '-A OUTPUT -o eth+ -m owner --uid-owner 1-5 -j RETURN'],
    ['meta mark & 0x00000fff == 0x00000539 return', '-A OUTPUT -m mark --mark 0x539/0xfff -j RETURN'],
    ['fib daddr type != local return', '-A OUTPUT -m addrtype ! --dst-type LOCAL -j RETURN'],
    ['meta nfproto ipv4 meta l4proto udp return', '-A OUTPUT -p udp -j RETURN'],
    ['dnat ip to 10.0.0.1:80', '-A OUTPUT -j DNAT --to-destination 10.0.0.1:80'],
    ['ip daddr 0.0.0.0/0 return', '-A OUTPUT -j RETURN'],
  ])('%s is %s', (rule, line) => {
    expect(said(table([rule])).leftOut).toEqual([]);
    expect(rulesOf(table([rule]))).toEqual([line]);
  });

  it('stands in every table of iptables from which something leads to it', () => {
    const text = `table inet mine {
  chain shared { meta l4proto udp return; }
  chain first { type filter hook prerouting priority raw; jump shared; }
  chain second { type filter hook prerouting priority mangle; goto shared; }
}
`;
    expect(said(text).leftOut).toEqual([]);
    expect(rulesOf(text)).toEqual([
      '-A PREROUTING -g shared',
      '-A shared -p udp -j RETURN',
      '-A PREROUTING -j shared',
      '-A shared -p udp -j RETURN',
    ]);
  });

  it('of the other family stands in no table of this one', () => {
    expect(rulesOf(table(['ip6 daddr ::1 return', 'return']))).toEqual(['-A OUTPUT -j RETURN']);
    expect(rulesOf(table(['ip6 daddr ::1 return', 'return']), 'ip6')).toEqual(['-A OUTPUT -d ::1/128 -j RETURN', '-A OUTPUT -j RETURN']);
  });
});

const PRE = 'type filter hook prerouting priority mangle; policy accept;';

describe('what iptables has no words for is said with its reason, and nothing of its table is', () => {
  it.each([
    ['a named set', table(['ip daddr @mine return']), 'inet mine out "ip daddr @mine return": "ip daddr @mine" asks a set of nft'],
    [
      'a list of addresses',
      table(['ip daddr { 10.0.0.1, 10.0.0.2 } return']),
      /^inet mine out "ip daddr \{.*": iptables has no words for "ip daddr \{/,
    ],
    ['a map', table(['tcp dport vmap { 80 : accept }']), /^inet mine out .*iptables has no words for/],
    ['a log beside a verdict', table(['log prefix "x" return']), /"log prefix "x"" is a rule of its own in iptables$/],
    [
      'a priority',
      table(['return'], 'type nat hook output priority -90; policy accept;'),
      'inet mine out: no table of iptables has a chain of type nat at output with priority -90',
    ],
    [
      'a hook',
      table(['return'], 'type filter hook ingress priority 0; policy accept;', '', 'inet mine'),
      /no table of iptables has a chain of type filter at ingress/,
    ],
    [
      'a type',
      table(['return'], 'type filter hook output priority mangle; policy accept;'),
      /no table of iptables has a chain of type filter at output with priority -150$/,
    ],
    ['a policy of nat', table(['return'], NAT.replace('accept', 'drop')), 'inet mine out: nat of iptables has no policy that drops'],
    [
      'an owner where a packet comes in',
      table(['meta skuid 5 return'], PRE),
      /asks for an owner in OUTPUT and POSTROUTING only, and packets of PREROUTING come here$/,
    ],
    ['an interface that is not there yet', table(['oifname "eth0" return'], PRE), /iptables takes no out-interface in PREROUTING$/],
    ['a target elsewhere', table(['meta l4proto tcp redirect to :80'], PRE), /REDIRECT of iptables does not stand in mangle PREROUTING$/],
    ['two sources', table(['ip saddr 10.0.0.0/8 ip saddr != 10.0.0.1 return']), /a rule of iptables asks for source once$/],
    [
      'ports of no protocol',
      table(['meta l4proto != udp tcp dport 80 return', 'th dport 80 return']),
      /iptables has no words for "th dport 80"$/,
    ],
    [
      'sixteen ports',
      table([`tcp dport { ${Array.from({ length: 16 }, (_, nth) => 80 + 2 * nth).join(', ')} } return`]),
      /multiport of iptables takes 15 ports$/,
    ],
    [
      'a long name',
      table(['jump a-name-of-more-than-28-letters'], NAT, '  chain a-name-of-more-than-28-letters {\n    return\n  }\n'),
      /iptables takes no chain of this name$/,
    ],
    ['a chain of no table', 'table inet mine {\n  chain lonely {\n    return\n  }\n}\n', /^inet mine lonely: nothing leads to it/],
  ] as const)('%s', (_, text, reason) => {
    const { leftOut, ruleset } = said(text);
    expect(leftOut.at(-1)).toMatch(reason);
    expect(printSave(ruleset)).toBe('');
  });

  it('of two tables that hang at one place the first is said', () => {
    const text = table(['meta l4proto tcp return']) + table(['drop'], NAT, '', 'ip other');
    expect(said(text).leftOut).toEqual(['ip other another table has its nat OUTPUT already, and iptables has one']);
    expect(rulesOf(text)).toEqual(['-A OUTPUT -p tcp -j RETURN']);
  });

  it('and where iptables does otherwise with the same words, that is said too', () => {
    expect(said(table(['meta skuid != 5 return'])).seams).toHaveLength(1);
    expect(said(table(['meta skuid 5 return'])).seams).toEqual([]);
  });
});

describe('rules of iptables as iptables-nft lists them', () => {
  const SAVE = `*nat
:PREROUTING ACCEPT
:INPUT ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
:ISTIO_OUTPUT -
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m multiport ! --dports 53,15008 -m owner --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -p udp -m udp --dport 53 -j REDIRECT --to-ports 15053
-A ISTIO_OUTPUT -m mark --mark 0x539/0xfff -g ISTIO_OUTPUT
COMMIT
`;

  it('come back as they were', () => {
    const [ruleset] = readRules(SAVE).rulesets;
    if (ruleset === undefined) throw new Error('no rules');
    expect(printSave(said(iptablesListing(ruleset)).ruleset)).toBe(SAVE);
  });

  it('are not said where nft has no words for them', () => {
    const [ruleset] = readRules(SAVE.replace('-j REDIRECT --to-ports 15053', '-j CT --zone 1').replaceAll('nat', 'raw')).rulesets;
    if (ruleset === undefined) throw new Error('no rules');
    expect(said(iptablesListing(ruleset)).leftOut).toEqual([
      expect.stringMatching(/^raw ISTIO_OUTPUT ".*": iptables has no words for "xt target CT"$/),
    ]);
  });
});
