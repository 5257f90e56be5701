import { expect, it } from 'vitest';
import { firstPacket } from '../../src/netfilter/packet.ts';

it('a first packet is new and has no mark, unless it says so itself', () => {
  expect(firstPacket({ family: 'ip', origin: 'local' })).toEqual({ family: 'ip', origin: 'local', state: 'NEW', mark: 0 });
  expect(firstPacket({ family: 'ip', origin: 'local', state: 'RELATED', mark: 7 })).toMatchObject({ state: 'RELATED', mark: 7 });
});
