import { describe, expect, it } from 'vitest';
import { readNft } from '../../../src/netfilter/nft/read.ts';
import { rulesetOfNft } from '../../../src/netfilter/nft/ruleset-of-nft.ts';
import { comparePaths } from '../../../src/netfilter/observed/compare-paths.ts';
import { keysByHandle } from '../../../src/netfilter/observed/handles.ts';
import { PathWatcher } from '../../../src/netfilter/observed/observed-path.ts';
import { readTraceLine } from '../../../src/netfilter/observed/trace-lines.ts';
import { tracingScript } from '../../../src/netfilter/observed/tracing-table.ts';
import { firstPacket } from '../../../src/netfilter/packet.ts';
import { simulatorFor } from '../../../src/netfilter/trace.ts';

const OWN = 'istio_init_trace_7';
const HEADER = 'ip saddr 10.1.2.3 ip daddr 10.9.9.9 ip dscp cs0 ip protocol tcp tcp sport 4000 tcp dport 80 tcp flags == syn';

/** As nft 1.0.6 told them, of one packet that a rule redirects and that comes back over lo. */
const LINES = [
  `trace id aa inet ${OWN} made packet: oif "eth0" ${HEADER} `,
  `trace id aa inet ${OWN} made rule ip daddr @asked meta nftrace set 1 # handle 3 (verdict continue)`,
  `trace id aa inet ${OWN} made policy accept `,
  `trace id aa ip nat OUTPUT packet: oif "eth0" ${HEADER} `,
  'trace id aa ip nat OUTPUT rule meta l4proto tcp counter packets 3 bytes 180 jump X # handle 5 (verdict jump X)',
  'trace id aa ip nat X rule meta l4proto tcp redirect to :15001 # handle 4 (verdict accept)',
  'trace id bb inet other out rule counter comment "of another packet" # handle 9 (verdict drop)',
  `trace id aa inet ${OWN} leaves packet: oif "lo" ${HEADER.replace('10.9.9.9', '127.0.0.1').replace('dport 80', 'dport 15001')} `,
  `trace id cc inet ${OWN} arrives packet: iif "lo" @ll,0,112 0x800 ${HEADER.replace('10.9.9.9', '127.0.0.1').replace('dport 80', 'dport 15001')} `,
  'trace id cc inet other in rule counter comment "x # handle 4 (verdict drop)" # handle 2 (verdict continue)',
  `trace id cc inet ${OWN} delivered packet: iif "lo" ${HEADER.replace('10.9.9.9', '127.0.0.1').replace('dport 80', 'dport 15001')} `,
];

const JSON_LISTING = JSON.stringify({
  nftables: [
    { rule: { family: 'ip', table: 'nat', chain: 'OUTPUT', handle: 5, expr: [] } },
    { rule: { family: 'ip', table: 'nat', chain: 'X', handle: 3, expr: [] } },
    { rule: { family: 'ip', table: 'nat', chain: 'X', handle: 4, expr: [] } },
    { rule: { family: 'inet', table: 'other', chain: 'in', handle: 2, expr: [] } },
  ],
});

function watched(lines: readonly string[]): PathWatcher {
  const watcher = new PathWatcher(OWN);
  for (const line of lines) {
    const event = readTraceLine(line);
    if (event !== undefined) watcher.add(event);
  }
  return watcher;
}

describe('what nft monitor tells', () => {
  it('is one way, over lo as well, without what happens to others and whatever comments say', () => {
    const watcher = watched(LINES);
    expect(watcher.ended).toBe(true);
    expect(watcher.path()).toEqual({
      header: { outInterface: 'eth0', source: '10.1.2.3', destination: '10.9.9.9', sourcePort: 4000, destinationPort: 80 },
      rules: [
        {
          family: 'ip',
          table: 'nat',
          chain: 'OUTPUT',
          handle: 5,
          text: 'meta l4proto tcp counter packets 3 bytes 180 jump X',
          verdict: 'jump X',
        },
        { family: 'ip', table: 'nat', chain: 'X', handle: 4, text: 'meta l4proto tcp redirect to :15001', verdict: 'accept' },
        {
          family: 'inet',
          table: 'other',
          chain: 'in',
          handle: 2,
          text: 'counter comment "x # handle 4 (verdict drop)"',
          verdict: 'continue',
        },
      ],
      end: { kind: 'local', address: '127.0.0.1', port: 15001 },
    });
  });

  it('ends where a rule or a policy drops the packet, and is no way where it was never seen', () => {
    const dropped = watched([LINES[0] ?? '', 'trace id aa inet f out policy drop ']);
    expect(dropped.path()?.end).toEqual({ kind: 'dropped', by: 'the policy of out in inet f' });
    expect(watched(LINES.slice(3)).path()).toBeUndefined();
    expect(watched(LINES.slice(0, 3)).path()?.end).toEqual({ kind: 'not-told' });
  });
});

describe('the observed way beside the predicted one', () => {
  const table = (rules: string): string =>
    `table ip t {\n  chain o {\n    type nat hook output priority -100; policy accept;\n${rules}  }\n}\n`;
  const traced = (rules: string): ReturnType<ReturnType<typeof simulatorFor>['trace']> => {
    const ruleset = rulesetOfNft(readNft(table(rules))?.ruleset ?? { tables: [] }, 'ip');
    const host = { interfaces: [{ name: 'eth0', addresses: ['10.1.2.3'] }], localByMark: [], transparentPorts: [], boundListeners: [] };
    const packet = { family: 'ip', origin: 'local', protocol: 'tcp', source: '10.1.2.3', destination: '10.9.9.9' } as const;
    return simulatorFor(ruleset, host).trace(firstPacket({ ...packet, sourcePort: 4000, destinationPort: 80 }));
  };
  const way = (rules: readonly number[], port: number): NonNullable<ReturnType<PathWatcher['path']>> => ({
    header: {},
    rules: rules.map((handle) => ({ family: 'ip', table: 't', chain: 'o', handle, text: 'counter comment "seen"', verdict: 'continue' })),
    end: { kind: 'local', address: '127.0.0.1', port },
  });
  // A text has no handles: its rules are known by their places.
  const keys = new Map([1, 2, 3].map((at) => [`ip t ${at}`, `ip t o ${at}`]));
  const plain = '    counter\n    meta l4proto tcp redirect to :15001\n';

  it('agrees rule by rule, and says so', () => {
    const compared = comparePaths(traced(plain), way([1, 2], 15001), keys, () => false);
    expect(compared).toMatchObject({ agrees: true, sameEnd: true, possible: 1 });
    expect(compared.rules.map(({ by, place }) => `${by} ${place}`)).toEqual(['both ip t o 1', 'both ip t o 2']);
  });

  it('differs where a rule is missing, where one more is there, and where the packet ends elsewhere', () => {
    const missing = comparePaths(traced(plain), way([1], 15001), keys, () => false);
    expect(missing.rules.map(({ by }) => by)).toEqual(['both', 'predicted']);
    const more = comparePaths(traced(plain), way([1, 3, 2], 15001), keys, () => false);
    expect(more.rules.map(({ by, text }) => `${by} ${text}`)[1]).toBe('observed counter comment "seen"');
    expect(comparePaths(traced(plain), way([1, 2], 80), keys, () => false)).toMatchObject({ agrees: false, sameEnd: false });
    for (const one of [missing, more]) expect(one.agrees).toBe(false);
  });

  it('is compared with the nearest of several ways, and without tables that the kernel does not tell of', () => {
    const unknown = traced('    tcp dport @ports redirect to :15001\n    meta l4proto tcp redirect to :15002\n');
    expect(comparePaths(unknown, way([2], 15002), keys, () => false)).toMatchObject({ agrees: true, sameEnd: true, possible: 2 });
    expect(comparePaths(traced(plain), way([], 15001), keys, (name) => name === 'ip t').rules).toEqual([]);
  });

  it('knows rules of iptables by their places, and those of nft by their handles', () => {
    expect(keysByHandle(JSON_LISTING)?.get('ip nat 4')).toBe('nat X 2');
    expect(keysByHandle(JSON_LISTING)?.get('inet other 2')).toBe('inet other in #2');
    expect(keysByHandle('no JSON')).toBeUndefined();
  });
});

describe('the table that has a packet traced', () => {
  it('asks for that packet alone, and forgets it when the time is over', () => {
    const packet = {
      family: 'ip6',
      origin: 'remote',
      protocol: 'tcp',
      destination: 'fd00::3',
      destinationPort: 80,
      inInterface: 'eth0',
    } as const;
    const script = tracingScript(OWN, firstPacket(packet), 35);
    expect(script).toContain('set asked { type ipv6_addr; flags timeout; elements = { fd00::3 timeout 35s }; }');
    expect(script).toContain(
      'iifname != "lo" ip6 daddr @asked tcp dport 80 tcp flags & (fin | syn | rst | ack) == syn iifname "eth0" meta nftrace set 1',
    );
    expect(tracingScript(OWN, firstPacket({ ...packet, origin: 'local', uid: 1000 }), 5)).toContain('meta skuid 1000 meta nftrace set 1');
  });
});
