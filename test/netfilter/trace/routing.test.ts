import { describe, expect, it } from 'vitest';
import { firstPacket } from '../../../src/netfilter/packet.ts';
import type { KernelRouting, PolicyRule, RouteType, TableRoute } from '../../../src/netfilter/trace/kernel-routing.ts';
import { DEFAULT_TABLE, LOCAL_TABLE, MAIN_TABLE } from '../../../src/netfilter/trace/kernel-routing.ts';
import { simulatorFor } from '../../../src/netfilter/trace.ts';

const lookup = (priority: number, table: number, more: Partial<PolicyRule> = {}): PolicyRule => ({
  ...{ family: 'ip', priority, action: { kind: 'lookup', table } },
  ...more,
});
const USUAL = [lookup(0, LOCAL_TABLE), lookup(32766, MAIN_TABLE), lookup(32767, DEFAULT_TABLE)];

const route = (table: number, type: RouteType, destination: string, out: string): TableRoute => ({
  ...{ family: 'ip', table, type, destination, metric: 0, interfaces: [out], byKernel: table === LOCAL_TABLE },
});
/** An address of lo has its whole network here, and net1 leads to a part of it. */
const ROUTES = [
  route(LOCAL_TABLE, 'local', '10.0.0.8/32', 'lo'),
  route(LOCAL_TABLE, 'local', '10.0.0.0/24', 'lo'),
  route(MAIN_TABLE, 'unicast', '10.0.0.64/26', 'net1'),
  route(MAIN_TABLE, 'unicast', '10.0.0.0/24', 'net1'),
];

function wayTo(destination: string, routing: KernelRouting): string {
  const interfaces = [
    { name: 'lo', addresses: ['127.0.0.1', '10.0.0.8'] },
    { name: 'net1', addresses: ['10.0.0.7'] },
  ];
  const packet = firstPacket({ family: 'ip', origin: 'local', protocol: 'tcp', destination, destinationPort: 80, mark: 0, uid: 0 });
  const end = simulatorFor({ family: 'ip', tables: [] }, { interfaces, localByMark: [], routing, forwarding: false }).end(packet);
  return end.kind === 'sent' ? `by ${String(end.outInterface)}` : end.kind;
}

// Each as `ip route get` says it in such a namespace (test/kernel/routing.test.ts).
describe('the routes to a part of a network that is here', () => {
  it('are those of the longest prefix, of both tables, in a namespace that never had a rule of its own', () => {
    const routing = { rules: USUAL, routes: ROUTES };
    expect(wayTo('10.0.0.70', routing)).toBe('by net1');
    expect(wayTo('10.0.0.1', routing)).toBe('local');
    expect(wayTo('10.0.0.8', routing)).toBe('local');
  });

  it('come behind those of own addresses where somebody added a rule', () => {
    const marked = lookup(32765, 133, { mark: { value: 0x539, mask: 0xffffffff } });
    expect(wayTo('10.0.0.70', { rules: [...USUAL, marked], routes: ROUTES })).toBe('local');
  });

  it('are not asked for where a rule of a usual priority refuses all', () => {
    const refusal: PolicyRule = { family: 'ip', priority: 0, action: { kind: 'refuse', word: 'unreachable' } };
    const [local, ...others] = USUAL;
    const rules = [...(local === undefined ? [] : [local]), refusal, ...others];
    expect(wayTo('10.0.0.70', { rules, routes: ROUTES })).toBe('local');
    expect(wayTo('10.0.1.1', { rules, routes: [...ROUTES, route(MAIN_TABLE, 'unicast', '0.0.0.0/0', 'net1')] })).toBe('dropped');
  });
});

// Forwarded from net1 to eth0; `ip route get 10.2.0.9 from 10.0.0.99 iif net1` says the same.
it('the way back to a source is looked up as if it came in where the packet would leave', () => {
  const refusing = (iif: string): PolicyRule => ({
    ...{ family: 'ip', priority: 40, to: '10.0.0.64/26', iif, action: { kind: 'refuse', word: 'unreachable' } },
  });
  // Of a source that is delivered here the kernel wants to hear nothing, but where a rule refuses the question before.
  const here: TableRoute = { ...route(MAIN_TABLE, 'local', '10.0.0.64/26', 'lo'), byKernel: false };
  const routes = [here, route(MAIN_TABLE, 'unicast', '0.0.0.0/0', 'eth0')];
  const endWith = (iif: string): string => {
    const packet = firstPacket({
      ...{ family: 'ip', origin: 'remote', protocol: 'tcp', inInterface: 'net1', destinationPort: 80, mark: 0 },
      source: '10.0.0.99',
      destination: '10.2.0.9',
    });
    const interfaces = ['lo', 'net1', 'eth0'].map((name) => ({ name, addresses: name === 'lo' ? ['127.0.0.1'] : [] }));
    const host = { interfaces, localByMark: [], routing: { rules: [...USUAL, refusing(iif)], routes }, forwarding: true };
    const end = simulatorFor({ family: 'ip', tables: [] }, host).end(packet);
    return end.kind === 'dropped' ? end.by.kind : end.kind;
  };
  expect(endWith('eth0')).toBe('forwarded');
  expect(endWith('lo')).toBe('martian');
});
