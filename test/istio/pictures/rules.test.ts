import { describe, expect, it } from 'vitest';
import { drawRules } from '../../../src/istio/pictures/view.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { planView } from '../../../src/sources/rules-text.ts';

const ARGS = ['-p', '15001', '-u', '1337', '-i', '*', '-b', '*', '-d', '15090'];
const drawn = (release: string, ...args: readonly string[]) => {
  const view = planView(planFromArguments([...ARGS, ...args], { release, nameservers: ['10.96.0.10'] }));
  return drawRules(view, ['ip'], view.name);
};

describe('the picture of rules', () => {
  it('has the chains of each table, an arrow from each rule that jumps, and who gets the packets', () => {
    const { title, lanes, boxes, arrows } = drawn('1.28');
    expect(title).toMatch(/^the rules of Istio 1\.28\./);
    expect(lanes.map((lane) => lane.title)).toEqual(['nat (IPv4)']);
    expect(boxes.map((box) => box.title)).toEqual([
      'PREROUTING',
      'OUTPUT',
      'ISTIO_INBOUND',
      'ISTIO_IN_REDIRECT',
      'ISTIO_OUTPUT',
      'ISTIO_REDIRECT',
      'Envoy inbound, 15006',
      'Envoy outbound, 15001',
    ]);
    const named = new Map(boxes.map(({ id, title: of }) => [id, of]));
    expect(arrows.map(({ from, row, to }) => `${named.get(from)} ${(row ?? 0) + 1} > ${named.get(to)}`)).toEqual([
      'PREROUTING 1 > ISTIO_INBOUND',
      'OUTPUT 1 > ISTIO_OUTPUT',
      'ISTIO_INBOUND 3 > ISTIO_IN_REDIRECT',
      'ISTIO_IN_REDIRECT 1 > Envoy inbound, 15006',
      'ISTIO_OUTPUT 2 > ISTIO_IN_REDIRECT',
      'ISTIO_OUTPUT 5 > ISTIO_IN_REDIRECT',
      'ISTIO_OUTPUT 9 > ISTIO_REDIRECT',
      'ISTIO_REDIRECT 1 > Envoy outbound, 15001',
    ]);
  });

  it('has the reason of each rule', () => {
    const rows = drawn('1.28').boxes.flatMap((box) => box.rows);
    expect(rows.every(({ about }) => about !== undefined && !about.startsWith('#'))).toBe(true);
  });

  it('calls the proxy by one name where a release has one port', () => {
    const titles = drawn('1.2').boxes.flatMap(({ kind, title }) => (kind === 'actor' ? title : []));
    expect(titles).toContain('Envoy, 15001');
  });

  it('has a lane for each table, and the agent where DNS is captured', () => {
    const { lanes, boxes } = drawn('1.28', '--redirect-dns', '-m', 'TPROXY');
    expect(lanes.map((lane) => lane.title).sort()).toEqual(['mangle (IPv4)', 'nat (IPv4)', 'raw (IPv4)']);
    expect(boxes.map((box) => box.title)).toContain('the DNS agent, 15053');
  });
});
