import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFromSettings } from '../../../../src/istio/kubernetes/plan-from-settings.ts';
import { readEndpoint } from '../../../../src/istio/packets/packet/endpoint.ts';
import { packetText } from '../../../../src/istio/packets/packet/text.ts';
import type { PacketWords } from '../../../../src/istio/packets/packet/words.ts';
import { packetFromWords } from '../../../../src/istio/packets/packet/words.ts';
import { podOf } from '../../../../src/istio/packets/pod.ts';
import { hostOf } from '../../../../src/istio/packets/trace-plan.ts';
import { ProblemError } from '../../../../src/istio/problems.ts';
import { valuesOf } from '../../../../src/istio/settings/settings.ts';
import { property } from '../../../property.ts';

function spoken(words: PacketWords, sets: readonly string[] = [], addresses: readonly string[] = []) {
  const plan = planFromSettings({ sets, facts: { addresses } });
  return packetFromWords(words, podOf(valuesOf(plan.settings), { addresses }), hostOf(plan, { addresses }));
}

function said(words: PacketWords, sets?: readonly string[], addresses?: readonly string[]): string {
  const { packet, sender } = spoken(words, sets, addresses);
  return packetText(packet, sender);
}

/** The one line that refuses words. */
function refusal(words: PacketWords): string {
  try {
    spoken(words);
  } catch (error) {
    if (error instanceof ProblemError) return error.message;
    throw error;
  }
  return 'not refused';
}

describe('who sends it', () => {
  it('the app is the first user and group from 1000 on that are not the proxy', () => {
    expect(said({ from: 'app', to: '10.0.0.5:80' })).toBe('TCP from the app (uid 1000, gid 1000) to 10.0.0.5:80, opening a connection');
    expect(spoken({ from: 'app', to: '10.0.0.5:80' }, ['proxy.uids=1000-1004', 'proxy.gids=1337']).packet).toMatchObject({
      uid: 1005,
      gid: 1000,
    });
    // Who is none of them is assumed, and said so.
    expect(spoken({ from: 'app', to: '10.0.0.5:80' }, ['proxy.uids=1000-1004']).taken).toEqual([
      'the app runs as uid 1005: the rules let 1000 through as the proxy (--from uid:UID,gid:GID sets it)',
    ]);
    // Of users that are all let through, the application is one.
    for (const range of ['0-65535', '1000-4294967294', '900-2000,2001-70000'])
      expect(spoken({ from: 'app', to: '10.0.0.5:80' }, [`proxy.uids=${range}`]).packet, range).toMatchObject({ uid: 1000 });
  });

  it('the proxy is the first user and group that the rules name', () => {
    expect(spoken({ from: 'proxy', to: '10.0.0.5:80' }, ['proxy.uids=2000,3000', 'proxy.gids=4000']).packet).toMatchObject({
      uid: 2000,
      gid: 4000,
    });
  });

  it('a transparent proxy is root in the group of the proxy', () => {
    expect(spoken({ from: 'proxy', to: '10.0.0.5:80' }, ['mode=TPROXY']).packet).toMatchObject({ uid: 0, gid: 1337 });
  });

  it('who is outside has no user here, and an address that is not known', () => {
    const { packet } = spoken({ from: 'outside', to: '10.0.0.5:80' });
    expect(packet).toMatchObject({ origin: 'remote', source: undefined });
    expect('uid' in packet).toBe(false);
  });

  it('of a process whose user alone is said, the group is not known', () => {
    expect(spoken({ from: 'uid:0', to: '10.0.0.5:80' }).packet).toMatchObject({ origin: 'local', uid: 0, gid: undefined });
    expect(spoken({ from: 'gid:7,uid:0', to: '10.0.0.5:80' }).packet).toMatchObject({ uid: 0, gid: 7 });
  });
});

describe('where it goes and comes from', () => {
  it.each([
    ['10.0.0.5:80', '10.0.0.5', 80],
    ['10.0.0.5', '10.0.0.5', undefined],
    ['[2001:DB8::1]:80', '2001:db8::1', 80],
    ['2001:db8::1', '2001:db8::1', undefined],
    ['localhost:80', '127.0.0.1', 80],
    ['pod:http', '192.0.2.1', 80],
    [':8080', '192.0.2.1', 8080],
  ])('%s is address %s and port %s', (to, destination, destinationPort) => {
    expect(spoken({ from: 'outside', to }).packet).toMatchObject({ destination, destinationPort });
  });

  it('the pod is the first address that is known of the family', () => {
    const addresses = ['10.1.1.1', '10.1.1.2', 'fd00::1'];
    expect(spoken({ from: 'outside', to: 'pod:80' }, [], addresses)).toMatchObject({ packet: { destination: '10.1.1.1' }, taken: [] });
    expect(spoken({ from: 'outside', to: 'pod:80', family: 'ip6' }, [], addresses).packet.destination).toBe('fd00::1');
  });

  it('where no address of the pod is known, it is said which one stands for it', () => {
    expect(spoken({ from: 'app', to: 'pod:80' }).taken).toEqual([
      "the pod's address is not known: 192.0.2.1 is assumed (--address sets it)",
    ]);
  });

  it.each([
    ['10.0.0.5:80', '10.1.1.1'],
    ['10.1.1.2:80', '10.1.1.2'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['127.0.0.6:80', '127.0.0.1'],
  ])('a process that calls %s does so from %s, as the kernel chooses', (to, source) => {
    expect(spoken({ from: 'app', to }, [], ['10.1.1.1', '10.1.1.2']).packet.source).toBe(source);
  });

  it('a source that is said is taken, with its port', () => {
    expect(spoken({ from: 'proxy', to: 'pod:80', source: '127.0.0.6:4000' }).packet).toMatchObject({
      source: '127.0.0.6',
      sourcePort: 4000,
    });
  });

  property([fc.ipV4(), fc.ipV6(), fc.integer({ min: 1, max: 65535 })])('any address and port is read as it is', (v4, v6, port) => {
    expect(readEndpoint(`${v4}:${port}`)).toEqual({ place: { family: 'ip', address: v4 }, port });
    expect(readEndpoint(`[${v6}]:${port}`)).toMatchObject({ place: { family: 'ip6' }, port });
    expect(readEndpoint(v6)).toMatchObject({ place: { family: 'ip6' }, port: undefined });
  });

  property([fc.string({ unit: 'binary' })])('any other text is refused in one line, or is an endpoint', (text) => {
    const read = readEndpoint(text);
    if (typeof read === 'string') expect(read).not.toMatch(/[\n\r]/);
    else expect(read.port ?? 1).toBeGreaterThan(0);
  });
});

describe('what else is said', () => {
  it('a protocol, a state, a mark and an interface are in the packet and in its words', () => {
    const words = { from: 'outside', to: 'pod:53', protocol: 'UDP', state: 'established', mark: '0x539', in: 'eth1' };
    expect(spoken(words).packet).toMatchObject({ protocol: 'udp', state: 'ESTABLISHED', mark: 1337, inInterface: 'eth1' });
    expect(said(words)).toBe('UDP from outside by eth1 to 192.0.2.1:53, with mark 1337, in a flow that is known');
  });

  it('icmp is the one of its family', () => {
    expect(spoken({ from: 'outside', to: 'pod', protocol: 'icmp' }).packet.protocol).toBe('icmp');
    expect(spoken({ from: 'outside', to: 'pod', protocol: 'icmp', family: 'ip6' }).packet.protocol).toBe('ipv6-icmp');
  });
});

const APP = { from: 'app', to: '10.0.0.5:80' };

it.each<[string, PacketWords, string]>([
  ['a missing sender', { to: '10.0.0.5:80' }, '--from is missing: who sends it (app, proxy, outside, uid:1000,gid:1000)'],
  ['a missing destination', { from: 'app' }, '--to is missing: where it goes (10.0.0.5:80, pod:8080, localhost:80)'],
  [
    'a misspelt sender',
    { ...APP, from: 'outsid' },
    '--from "outsid" is not one of app, proxy, outside, or uid:1000,gid:1000 (did you mean outside?)',
  ],
  ['a user that is no number', { ...APP, from: 'uid:root' }, '--from "root" is not the number of a user, as in uid:1000'],
  ['a group that no kernel has', { ...APP, from: 'gid:4294967295' }, '--from "4294967295" is not the number of a group, as in gid:1000'],
  ['two users', { ...APP, from: 'uid:1,uid:2' }, '--from "uid:1,uid:2" has two of uid'],
  [
    'a range for an address',
    { ...APP, to: '10.0.0.0/8:80' },
    '--to "10.0.0.0/8" is not an address, pod or localhost, as in 10.0.0.5:80, [2001:db8::1]:80, pod:8080, localhost:80',
  ],
  ['a port that is none', { ...APP, to: '10.0.0.5:080' }, '--to "080" is not a port: 1 to 65535, or the name of a service such as https'],
  [
    'a service that is none',
    { ...APP, to: '10.0.0.5:htttp' },
    '--to "htttp" is not a port: 1 to 65535, or the name of a service such as https',
  ],
  ['ends of two families', { ...APP, source: '::1' }, '--source ::1 and 10.0.0.5 are of different families'],
  ['a family that is another', { ...APP, family: 'ip6' }, '--family 10.0.0.5 is an address of ip, not of ip6'],
  ['a misspelt protocol', { ...APP, protocol: 'tpc' }, '--protocol "tpc" is not one of tcp, udp, icmp (did you mean tcp?)'],
  ['a port of icmp', { ...APP, protocol: 'icmp' }, '--to icmp has no ports'],
  [
    'a misspelt state',
    { ...APP, state: 'establshed' },
    '--state "establshed" is not one of new, established, related, invalid, untracked (did you mean established?)',
  ],
  ['a mark that is none', { ...APP, mark: '1337x' }, '--mark "1337x" is not a mark, as 1337 or 0x539'],
  ['an arrival of what the pod sends', { ...APP, in: 'eth0' }, '--in goes with --from outside: what the pod sends does not come in'],
  [
    'a leaving of what arrives',
    { ...APP, from: 'outside', out: 'eth0' },
    '--out goes with what the pod sends: --from app, proxy or uid:1000',
  ],
  [
    'an arrival at lo',
    { ...APP, from: 'outside', in: 'lo' },
    '--in: nothing from outside arrives at lo; a call of the pod to itself is --from app --to pod:80',
  ],
  ['a name that no interface has', { ...APP, out: 'a b\n' }, '--out "a b\\n" is not the name of an interface, as eth0'],
])('refuses %s in one line that says what is allowed', (_, words, line) => {
  expect(refusal(words)).toBe(line);
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('app', 'outside', 'uid:0', 'pod:80', ':0', '[::1]:1', '10.0.0.5', 'udp', 'new', '-1', '0x10', 'eth0', '\n-j ACCEPT'),
);

property([
  fc.record(
    { from: anyText, to: anyText, source: anyText, in: anyText, out: anyText, protocol: anyText, state: anyText, mark: anyText },
    { requiredKeys: [] },
  ),
])('any words are a packet, or are refused in one line', (words) => {
  try {
    const { packet, sender } = spoken(words);
    expect(packetText(packet, sender)).not.toMatch(/[\n\r]/);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    expect(error.message).not.toMatch(/[\n\r]/);
    expect(error.problems).toHaveLength(1);
  }
});
