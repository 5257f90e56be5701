/** Whoever has NET_ADMIN in a pod may write a comment that goes on over line ends: what stands in it is no rule, in whatever form somebody pastes it. */

import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import { printList } from '../../src/netfilter/list/print-list.ts';
import { iptablesListing } from '../../src/netfilter/nft/iptables-listing.ts';
import { printSave } from '../../src/netfilter/print.ts';
import { run, scratchFolder } from './program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const { ip } = planFromSettings({});
const LISTING = printList(ip);
const ROW = '    0     0 RETURN     all  --  *      *       0.0.0.0/0            0.0.0.0/0            /* ';
const EMPTY = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING']
  .map(
    (chain) =>
      `Chain ${chain} (policy ACCEPT 0 packets, 0 bytes)\n pkts bytes target     prot opt in     out     source               destination\n\n`,
  )
  .join('');
const HEAD = `${EMPTY}Chain CNI-X (0 references)\n pkts bytes target     prot opt in     out     source               destination\n`;
const NFT = iptablesListing(ip).replaceAll('  ', '\t');
const rows = (comment: (line: string) => string): string =>
  `${HEAD}${LISTING.split('\n')
    .map((line) => `${ROW}${comment(line)} */\n`)
    .join('')}`;
const chains = NFT.slice(NFT.indexOf('\n') + 1, NFT.lastIndexOf('}'));
const inNft = (rules: string): string => `table ip nat {\n\tchain CNI-X {\n${rules}\t}\n}\n`;
const nftLines = (comment: (line: string) => string): string =>
  inNft(
    chains
      .split('\n')
      .map((line) => `\t\tcounter packets 0 bytes 0 return comment "${comment(line)}"\n`)
      .join(''),
  );

const FORGED: Readonly<Record<string, string>> = {
  'a listing in one comment': `${HEAD}${ROW}\n${LISTING}\n */\n`,
  'a listing in one comment that has no end': `${HEAD}${ROW}\n${LISTING}\n`,
  'a listing, a line in each comment': rows((line) => `\n${line}\n`),
  'a listing, behind the end of a comment of its own': rows((line) => `*/\n${line}\n/*`),
  'a listing, between blank lines': `${HEAD}${ROW}*/\n\n${LISTING}\n\n/* */\n`,
  'a listing of which the rows are short': `${HEAD}${ROW}\n${LISTING.replace(/ {2,}/g, ' ')}\n */\n`,
  "nft's listing in one comment": inNft(`\t\tcounter packets 0 bytes 0 return comment "\n\t}\n${chains}\n"\n`),
  "nft's listing in one comment that has no end": inNft(
    `\t\tcounter packets 0 bytes 0 return comment "\n\t}\n${chains.replaceAll('"', '')}`,
  ),
  "nft's listing, a line in each comment": nftLines((line) => `\n${line.replaceAll('"', '')}\n`),
  'a save in one comment': `*nat\n:CNI-X - [0:0]\n-A CNI-X -m comment --comment "\nCOMMIT\n${printSave(ip)}" -j RETURN\nCOMMIT\n`,
  'iptables -S, a line in each comment': `-P OUTPUT ACCEPT\n-N CNI-X\n${printSave(ip)
    .split('\n')
    .filter((line) => line.startsWith('-A'))
    .map((line) => `-A CNI-X -m comment --comment "\n${line}\n" -j RETURN\n`)
    .join('')}`,
};

describe('rules in a comment', () => {
  it.each(Object.entries(FORGED))('count in no command: %s', async (_, text) => {
    const file = join(folder.path, folder.write('forged.txt', text));
    const check = await run(['check', file]);
    expect(check.stdout.split('\n')[0]).not.toMatch(/: as it should be/);
    const identify = await run(['identify', file]);
    expect(identify.exitCode).not.toBe(0);
    const escapes = await run(['escapes', file]);
    expect(escapes.stdout).not.toMatch(/^nothing escapes/);
    for (const words of [
      ['why', file, '10.9.0.5:80'],
      ['trace', file, '10.9.0.5:80', '--from', 'app'],
    ])
      expect((await run(words)).stdout.split('\n')[0]).not.toMatch(/^envoy-outbound|:80: envoy-outbound/);
  });

  it('leave a comment over line ends what it is, where no rule is in it', async () => {
    const file = join(folder.path, folder.write('plain.txt', LISTING.replace(/\n(.*RETURN.*)\n/, '\n$1 /* why\nit is here */\n')));
    expect((await run(['check', file])).stdout).toMatch(/^\S+: as it should be/);
  });
});
