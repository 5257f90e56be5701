/** Escapes that somebody answers for: what is taken out of a region, and what is left of it. */

import { networkRange } from '../../netfilter/address/address.ts';
import type { Network } from '../../netfilter/address/network.ts';
import type { Range, Ranges } from '../../netfilter/address/ranges.ts';
import { intersect, subtract, union } from '../../netfilter/address/ranges.ts';
import type { Fields } from '../../netfilter/behavior/region.ts';
import type { Origin } from '../origin.ts';
import type { Direction, Escape } from './escapes.ts';

/** One entry of an allow-list: what may pass the proxy by, of which workloads, and who answers for it until when. */
export interface Allowance {
  readonly what: Direction | 'any';
  /** Destination ports; any without them. */
  readonly ports?: readonly Range[];
  /** Destinations; any without them. */
  readonly to?: readonly Network[];
  /** `Deployment shop/orders`, `shop/*`, `*`: a star stands for any text. */
  readonly workloads: string;
  readonly owner: string;
  readonly reason: string;
  /** The last day on which it holds, as 2026-12-31. */
  readonly until: string;
  readonly source: Origin;
}

/** Whether an allowance is about a workload: by its whole name, or without its kind. */
export function concerns({ workloads }: Allowance, workload: string): boolean {
  const pattern = new RegExp(`^${workloads.split('*').map(literal).join('.*')}$`, 's');
  return pattern.test(workload) || pattern.test(workload.replace(/^\S+ /, ''));
}

function literal(text: string): string {
  return text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&');
}

const ANY_PORT: Ranges = [{ first: 0, last: 0xffff }];
const EVERYWHERE = { ip: { first: 0, last: 0xffffffff }, ip6: { first: 0n, last: (1n << 128n) - 1n } } as const;

/** A region in two parts. */
export interface Division {
  /** What an allowance covers; undefined where that is nothing. */
  readonly covered?: Fields;
  /** What is left beside it, as boxes of fields. */
  readonly rest: readonly Fields[];
}

/** Divides an escape by an allowance. */
export function divide({ direction, family, fields }: Pick<Escape, 'direction' | 'family' | 'fields'>, allowance: Allowance): Division {
  const { what, ports: named, to } = allowance;
  const ports = fields.destinationPort ?? ANY_PORT;
  const destinations = fields.destination ?? [EVERYWHERE[family]];
  const coveredPorts = named === undefined ? ports : intersect(ports, union(named));
  const networks = to?.filter((network) => network.family === family).map(networkRange);
  const coveredTo = networks === undefined ? destinations : intersect(destinations, union(networks));
  if ((what !== 'any' && what !== direction) || coveredPorts.length === 0 || coveredTo.length === 0) return { rest: [fields] };
  const [otherPorts, otherTo] = [subtract(ports, coveredPorts), subtract(destinations, coveredTo)];
  const covered = {
    ...fields,
    ...(named === undefined ? {} : { destinationPort: coveredPorts }),
    ...(networks === undefined ? {} : { destination: coveredTo }),
  };
  return {
    covered,
    rest: [
      ...(otherPorts.length === 0 ? [] : [{ ...fields, destinationPort: otherPorts }]),
      ...(otherTo.length === 0 ? [] : [{ ...covered, destination: otherTo }]),
    ],
  };
}
