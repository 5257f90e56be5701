import { describe, expect, it } from 'vitest';
import { identify } from '../../src/istio/found/identify.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import type { Family } from '../../src/netfilter/family.ts';
import { printNft, printNftJson, printNftScript } from '../../src/netfilter/nft/print.ts';
import { NO_NFT } from '../../src/netfilter/nft/ruleset.ts';
import { firstPacket } from '../../src/netfilter/packet.ts';
import { simulatorFor } from '../../src/netfilter/trace.ts';
import { textSource } from '../../src/sources/read-source.ts';
import type { RuleSource } from '../../src/sources/rule-source.ts';

const ARGS = ['-p', '15001', '-z', '15006', '-u', '1337', '-i', '*', '-b', '*', '-d', '15090', '-o', '9042'];
const NATIVE = planFromArguments([...ARGS, '--native-nftables'], { release: '1.28' });

const read = (text: string): Promise<RuleSource> => textSource({ file: 'rules.txt', text }, undefined);

/** Where a connection of the application ends. */
const port = ({ seen }: RuleSource, destinationPort: number, family: Family = 'ip'): unknown => {
  const [own, to] = family === 'ip' ? ['10.1.2.3', '10.20.0.9'] : ['fd00::3', 'fd00::9'];
  const host = {
    interfaces: [
      { name: 'lo', addresses: [family === 'ip' ? '127.0.0.1' : '::1'] },
      { name: 'eth0', addresses: [own] },
    ],
    localByMark: [],
  };
  const packet = firstPacket({ family, origin: 'local', protocol: 'tcp', destination: to, destinationPort, uid: 1000, gid: 1000 });
  const end = simulatorFor(seen[family], host).trace(packet).end;
  return end.kind === 'local' ? end.port : end.kind;
};

const TEXTS: readonly (readonly [string, string])[] = [
  ['nft list ruleset', printNft(NATIVE).replaceAll('  ', '\t').replaceAll('counter', 'counter packets 4 bytes 240')],
  ['a script', printNftScript(NATIVE.nft ?? NO_NFT)],
  ['nft -j list ruleset', printNftJson(NATIVE.nft ?? NO_NFT)],
  [
    'the log of the init container',
    `2025-11-02T09:20:31.052215Z\tinfo\tnftables rules programmed:\n${printNftScript(NATIVE.nft ?? NO_NFT)}`,
  ],
];

describe.each(TEXTS)('native rules in %s', (_, text) => {
  it('catch what they catch, IPv6 included, and are shown as tables of nft', async () => {
    const source = await read(text);
    expect(source.problems).toEqual([]);
    expect([port(source, 80), port(source, 9042), port(source, 80, 'ip6')]).toEqual([15001, 'sent', 15001]);
    expect(source.nft?.tables.map(({ name }) => name)).toEqual(['istio-proxy-nat']);
  });
});

it('a listing that was cut off is not all there is', async () => {
  const text = printNft(NATIVE);
  const { seen, problems } = await read(text.slice(0, text.lastIndexOf('meta skgid')));
  expect(problems).toMatchObject([{ code: 'rules-text', severity: 'warning' }]);
  expect(seen.unseen.length).toBeGreaterThan(0);
});

describe("iptables-nft's own tables, as nft lists them", () => {
  const LISTING = `table ip nat {
	chain ISTIO_INBOUND {
		tcp dport 15008 counter packets 0 bytes 0 return
		tcp dport 15090 counter packets 0 bytes 0 return
		meta l4proto tcp counter packets 0 bytes 0 jump ISTIO_IN_REDIRECT
	}

	chain ISTIO_IN_REDIRECT {
		meta l4proto tcp counter packets 0 bytes 0 redirect to :15006
	}

	chain ISTIO_OUTPUT {
		tcp dport 9042 counter packets 0 bytes 0 return
		oifname "lo" ip saddr 127.0.0.6 counter packets 0 bytes 0 return
		oifname "lo" ip daddr != 127.0.0.1 tcp dport != 15008 skuid 1337 counter packets 0 bytes 0 jump ISTIO_IN_REDIRECT
		oifname "lo" skuid != 1337 counter packets 0 bytes 0 return
		skuid 1337 counter packets 0 bytes 0 return
		oifname "lo" ip daddr != 127.0.0.1 tcp dport != 15008 skgid 1337 counter packets 0 bytes 0 jump ISTIO_IN_REDIRECT
		oifname "lo" skgid != 1337 counter packets 0 bytes 0 return
		skgid 1337 counter packets 0 bytes 0 return
		ip daddr 127.0.0.1 counter packets 0 bytes 0 return
		counter packets 0 bytes 0 jump ISTIO_REDIRECT
	}

	chain ISTIO_REDIRECT {
		meta l4proto tcp counter packets 0 bytes 0 redirect to :15001
	}

	chain PREROUTING {
		type nat hook prerouting priority dstnat; policy accept;
		meta l4proto tcp counter packets 0 bytes 0 jump ISTIO_INBOUND
	}

	chain OUTPUT {
		type nat hook output priority -100; policy accept;
		meta l4proto tcp counter packets 0 bytes 0 jump ISTIO_OUTPUT
	}
}
`;

  it('are the rules of iptables that they are: found by release and settings, and traced', async () => {
    const source = await read(LISTING);
    expect(source.problems).toEqual([]);
    expect([port(source, 80), port(source, 9042)]).toEqual([15001, 'sent']);
    const { answers } = identify(source.seen);
    expect(answers[0]?.differences).toEqual([]);
    expect(answers[0]?.releases.at(0)).toBe('1.18.0');
    expect(answers[0]?.releases.at(-1)).toBe('1.24.6');
  });

  it('give way to what iptables-save shows of the same table, beside which native tables stay', async () => {
    const save =
      '*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp -m owner --uid-owner 7 -j REDIRECT --to-ports 81\nCOMMIT\n';
    const { seen } = await read(`${save}\n${LISTING}${printNft(NATIVE)}`);
    expect(seen.ip.tables.map(({ name, chains }) => [name, chains.length])).toEqual([
      ['nat', 2],
      ['inet istio-proxy-nat', 6],
    ]);
    expect(seen.ip6.tables.map(({ name }) => name)).toEqual(['inet istio-proxy-nat']);
  });
});
