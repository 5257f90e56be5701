import { fc, test } from '@fast-check/vitest';
import { Address4 } from 'ip-address';
import { describe, expect, it } from 'vitest';
import { listNetwork, parseNetwork, printNetwork } from '../../src/netfilter/network.ts';

describe('an address range', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['192.168.7.9/24', '192.168.7.0/24'],
    ['10.1.2.3', '10.1.2.3/32'],
    ['1.2.3.4/0', '0.0.0.0/0'],
    ['1.2.3.255/31', '1.2.3.254/31'],
    ['2001:DB8::1/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::ffff:10.0.0.0/104', '::ffff:10.0.0.0/104'],
    ['::1.2.3.4/128', '::1.2.3.4/128'],
  ])('%s is %s', (text, printed) => {
    const network = parseNetwork(text);
    expect(network === null ? null : printNetwork(network)).toBe(printed);
  });

  it.each([
    '',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/08',
    '010.0.0.1',
    '1.2',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '256.0.0.1',
    '10.0.0.0/-1',
    ' 10.0.0.0/8',
    'fe80::1%eth0',
    '::/129',
    '1::2::3',
    'host',
    '*',
    '10.0.0.0/8\n',
  ])('%j is none', (text) => expect(parseNetwork(text)).toBeNull());

  it('is listed without its prefix only where it is one address', () => {
    expect(['10.0.0.1', '10.0.0.0/8', '::1', '::/0'].map((text) => listNetwork(parseNetwork(text) as never))).toEqual([
      '10.0.0.1',
      '10.0.0.0/8',
      '::1',
      '::/0',
    ]);
  });

  test.prop([fc.ipV4(), fc.integer({ min: 0, max: 32 })])('of IPv4 is what the library makes of it', (address, prefix) => {
    expect(parseNetwork(`${address}/${prefix}`)?.address).toBe(new Address4(`${address}/${prefix}`).startAddress().correctForm());
  });
});
