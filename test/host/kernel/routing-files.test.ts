import { expect, it } from 'vitest';
import { mayHaveLocalDefault6, mayHavePolicyRules, passthroughIsThere } from '../../../src/host/kernel/routing-files.ts';

const LOOPBACK = `  +-- 127.0.0.0/8 2 0 2
     +-- 127.0.0.0/31 1 0 0
        |-- 127.0.0.0
           /8 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
     |-- 127.255.255.255
        /32 link BROADCAST
`;

// As Linux 6.18 shows them.
it.each([
  { state: 'a namespace that never had a policy rule', fib_trie: `Main:\n${LOOPBACK}Local:\n${LOOPBACK}`, may: false },
  { state: 'a namespace with a policy rule', fib_trie: `Local:\n${LOOPBACK}`, may: true },
  {
    state: 'a namespace with a route in table 133',
    fib_trie: `Id 133:\n  |-- 0.0.0.0\n     /0 host LOCAL\nLocal:\n${LOOPBACK}`,
    may: true,
  },
  { state: 'a namespace with a policy rule and an address', fib_trie: `Main:\n  +-- 10.0.0.0/24 2 0 2\nLocal:\n${LOOPBACK}`, may: true },
  { state: 'a namespace in which lo is down', fib_trie: '', may: true },
  { state: 'a namespace that does not say', fib_trie: undefined, may: true },
])('$state may have policy rules: $may', ({ fib_trie, may }) => {
  expect(mayHavePolicyRules({ fib_trie })).toBe(may);
});

const ZERO = '0'.repeat(32);
const UNREACHABLE = `${ZERO} 00 ${ZERO} 00 ${ZERO} ffffffff 00000001 00000000 00200200       lo`;
const LOCAL_DEFAULT = `${ZERO} 00 ${ZERO} 00 ${ZERO} 00000400 00000001 00000000 80000001       lo`;
const LOCALHOST = `${'0'.repeat(31)}1 80 ${ZERO} 00 ${ZERO} 00000000 00000002 00000000 80200001       lo`;

it('a local default route to lo is seen among the others of IPv6', () => {
  expect(mayHaveLocalDefault6({ ipv6_route: `${UNREACHABLE}\n${LOCALHOST}\n` })).toBe(false);
  expect(mayHaveLocalDefault6({ ipv6_route: `${LOCAL_DEFAULT}\n${UNREACHABLE}\n${LOCALHOST}\n` })).toBe(true);
  expect(mayHaveLocalDefault6({ ipv6_route: undefined })).toBe(false);
});

it('::6 counts only with 128 bits and on lo', () => {
  const line = (address: string, bits: string, device: string): string => `${address} 01 ${bits} 80 80       ${device}\n`;
  const six = `${'0'.repeat(31)}6`;
  expect(passthroughIsThere({ if_inet6: line(six, '80', 'lo') })).toBe(true);
  expect(passthroughIsThere({ if_inet6: line(six, '40', 'lo') })).toBe(false);
  expect(passthroughIsThere({ if_inet6: line(six, '80', 'eth0') })).toBe(false);
  expect(passthroughIsThere({ if_inet6: `${'0'.repeat(31)}1 01 80 10 80       lo\n` })).toBe(false);
});
