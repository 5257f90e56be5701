import { describe, expect, it } from 'vitest';
import { withNft } from '../../../src/netfilter/nft/as-rules.ts';
import type { NftRead } from '../../../src/netfilter/nft/read.ts';
import { readNft } from '../../../src/netfilter/nft/read.ts';
import { readRules } from '../../../src/netfilter/read.ts';

const LISTING = `table ip nat {
	chain ISTIO_OUTPUT {
		oifname "lo" ip saddr 127.0.0.6 counter packets 0 bytes 0 return
		meta skuid 1337 counter packets 0 bytes 0 return
		counter packets 0 bytes 0 jump ISTIO_REDIRECT
	}

	chain ISTIO_REDIRECT {
		meta l4proto tcp counter packets 0 bytes 0 redirect to :15001
	}

	chain OUTPUT {
		type nat hook output priority dstnat; policy accept;
		ip protocol tcp counter packets 0 bytes 0 jump ISTIO_OUTPUT
	}
}
`;

const withoutLines = (read: NftRead | undefined): string =>
  JSON.stringify(read?.ruleset, (key, value: unknown) => (key === 'line' ? undefined : typeof value === 'bigint' ? `${value}` : value));

const each = (text: string, before: (number: number) => string): string =>
  text
    .split('\n')
    .map((line, index) => (line === '' ? '' : `${before(index)}${line}`))
    .join('\n');

const entities = LISTING.replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const WRAPPED: Readonly<Record<string, string>> = {
  'with line ends of Windows': LISTING.replaceAll('\n', '\r\n'),
  'quoted in a mail': `He wrote:\n${each(LISTING, () => '> ')}`,
  'quoted twice': each(LISTING, () => '>> '),
  'with times of kubectl': each(LISTING, (at) => `2024-03-05T10:11:${10 + at}.123456789Z `),
  'behind the names that stern prints': each(LISTING, () => 'web-7d9c istio-init '),
  'behind the name that docker compose prints': each(LISTING, () => 'web-1  | '),
  'in a syslog': each(LISTING, (at) => `Mar  5 10:11:${10 + at} node-1 istio-init[1234]: `),
  'as lines of JSON': LISTING.split('\n')
    .map((line) => JSON.stringify({ log: `${line}\n`, stream: 'stdout' }))
    .join('\n'),
  'with numbers of lines': LISTING.split('\n')
    .map((line, at) => `${`${at + 1}`.padStart(4)}  ${line}`)
    .join('\n'),
  'in HTML': `<html><body><pre><code>${entities}</code></pre></body></html>`,
  'in colours': LISTING.replaceAll(/^(?=.)/gm, '\u001b[32m').replaceAll(/$/gm, '\u001b[0m'),
  'in a box': LISTING.split('\n')
    .map((line) => `│ ${line.padEnd(90)} │`)
    .join('\n'),
  'with blanks that do not break': LISTING.replaceAll(' ', '\u00a0'),
  'with curly quotes': LISTING.replaceAll('"', '\u201d'),
};

describe('a listing of nft', () => {
  it.each(Object.entries(WRAPPED))('%s is read as it was printed', (_, text) => {
    const read = readNft(text);
    expect(read?.unread).toEqual([]);
    expect(withoutLines(read)).toBe(withoutLines(readNft(LISTING)));
  });

  it('with a comment that looks like a prefix, or holds curly quotes, is read as without it', () => {
    const text = LISTING.replace('jump ISTIO_REDIRECT', 'jump ISTIO_REDIRECT comment "> table ip x { \u201cit\u201d"');
    expect(withoutLines(readNft(text))).toBe(withoutLines(readNft(LISTING)));
  });
});

describe('a match of iptables of which nft shows the name alone', () => {
  it.each(['owner', 'multiport', 'addrtype', 'mark', 'conntrack', 'statistic', 'string', 'set', 'tcp', 'cgroup'])(
    'makes a rule that was not read: %s',
    (name) => {
      const chain = { family: 'ip', table: 'nat' };
      const rule = (expr: unknown): unknown => ({ rule: { ...chain, chain: 'ISTIO_OUTPUT', handle: 4, expr } });
      const text = JSON.stringify({
        nftables: [
          { table: { family: 'ip', name: 'nat', handle: 1 } },
          { chain: { ...chain, name: 'ISTIO_OUTPUT', handle: 2 } },
          rule([{ xt: { type: 'match', name } }, { return: null }]),
          rule([{ jump: { target: 'ISTIO_REDIRECT' } }]),
        ],
      });
      const nft = readNft(text);
      if (nft === undefined) throw new Error('it is of nft');
      const { rulesets, unread } = withNft(readRules(text), nft);
      expect(rulesets[0]?.tables[0]?.chains[0]?.rules).toHaveLength(1);
      expect(unread).toMatchObject([{ family: 'ip', table: 'nat', chain: 'ISTIO_OUTPUT' }]);
    },
  );
});
