import { expect, it } from 'vitest';
import { parseAddresses, parseFibTrie, parseIfInet6, parseNameservers } from '../../src/host/facts.ts';

const FIB_TRIE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
           |-- 127.0.0.1
              /32 host LOCAL
     +-- 10.1.2.0/24 2 0 2
           |-- 10.1.2.0
              /24 link UNICAST
           |-- 10.1.2.3
              /32 host LOCAL
        |-- 10.1.2.255
           /32 link BROADCAST
Local:
           |-- 10.1.2.3
              /32 host LOCAL
`;

const IF_INET6 = `fd000001000000000000000000000003 04 40 00 82     eth0
fe8000000000000000fc00fffe000001 04 40 20 80     eth0
00000000000000000000000000000006 01 80 00 80       lo
00000000000000000000000000000001 01 80 10 80       lo
`;

it('an IPv4 address of this namespace is found once, whatever the carrier of its interface', () => {
  expect(parseFibTrie(FIB_TRIE)).toEqual(['10.1.2.3']);
});

it('the IPv6 addresses of this namespace are found, but those of lo', () => {
  expect(parseIfInet6(IF_INET6)).toEqual(['fd00:0001:0000:0000:0000:0000:0000:0003/64', 'fe80:0000:0000:0000:00fc:00ff:fe00:0001/64']);
});

it('the addresses of another namespace are listed as Go lists them: IPv4 first, without lo', () => {
  const shown = `1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever
2: eth0    inet6 fd00:1::3/64 scope global \\       valid_lft forever
3: net1@if7    inet 10.1.2.3/24 brd 10.1.2.255 scope global net1\\       valid_lft forever
`;
  expect(parseAddresses(shown)).toEqual(['10.1.2.3/24', 'fd00:1::3/64']);
});

it('the nameservers of a resolv.conf are read, comments left out', () => {
  expect(parseNameservers('# nameserver 1.1.1.1\nsearch x\nnameserver 10.96.0.10\n  nameserver fd00::a\n')).toEqual([
    '10.96.0.10',
    'fd00::a',
  ]);
});
