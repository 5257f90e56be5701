import fc from 'fast-check';
import { Address4, Address6 } from 'ip-address';
import { describe, expect, it } from 'vitest';
import { listNetwork, parseNetwork, printNetwork } from '../../../src/netfilter/address/network.ts';
import { property } from '../../property.ts';

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

  property([fc.ipV4(), fc.integer({ min: 0, max: 32 })])('of IPv4 is what the library makes of it', (address, prefix) => {
    expect(parseNetwork(`${address}/${prefix}`)?.address).toBe(new Address4(`${address}/${prefix}`).startAddress().correctForm());
  });

  // Few different groups, so that runs of zeros come in all places and lengths.
  const group = fc.constantFrom('0', '0000', '1', 'a', 'ffff', 'FFFF', '00ab');
  const spelled = fc
    .tuple(
      fc.array(group, { minLength: 0, maxLength: 8 }),
      fc.array(group, { maxLength: 8 }),
      fc.boolean(),
      fc.constantFrom('', '1.2.3.4', '0.0.0.0', '01.2.3.4', '1.2.3', '1.2.3.256'),
    )
    .map(([front, back, gap, dotted]) => {
      const tail = [...back, ...(dotted === '' ? [] : [dotted])].join(':');
      return gap ? `${front.join(':')}::${tail}` : [...front, ...(tail === '' ? [] : [tail])].join(':');
    });

  property([fc.oneof(fc.ipV6(), spelled), fc.integer({ min: 0, max: 128 })], { numRuns: 2000 })(
    'of IPv6 is what the library makes of it, but for the dotted end that glibc prints',
    (address, prefix) => {
      const expected = address.includes(':') && Address6.isValid(address) ? new Address6(`${address}/${prefix}`).startAddress() : null;
      const made = address.includes(':') ? parseNetwork(`${address}/${prefix}`) : null;
      expect(made === null).toBe(expected === null);
      if (made !== null && expected !== null) {
        expect(new Address6(made.address).correctForm()).toBe(expected.correctForm());
        if (!made.address.includes('.')) expect(made.address).toBe(expected.correctForm());
      }
    },
  );
});
