/** Rules as a drawing: the chains of each table by hook, with an arrow for each jump and one to whom each rule hands packets. */

import type { Arrow, Box, Drawing, Lane, Mark, Row } from '../../drawing/drawing.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Target } from '../../netfilter/rule/target.ts';
import type { Rule } from '../../netfilter/rule.ts';
import { isBuiltIn } from '../../netfilter/rule.ts';
import type { ProxyPorts } from '../packets/verdict.ts';

/** A rule as it is drawn. */
export interface DrawnRule {
  readonly rule: Rule;
  /** What stands before it: its place in the chain. */
  readonly place: string;
  readonly about?: string;
  readonly mark?: Mark;
}

export interface DrawnChain {
  readonly name: string;
  readonly rules: readonly DrawnRule[];
}

export interface DrawnTable {
  /** `nat (IPv4)`. */
  readonly title: string;
  readonly name: string;
  readonly chains: readonly DrawnChain[];
}

/** Tables without rules, and chains that have none and to which nothing jumps, are not drawn. */
export function drawTables(title: string, description: string, tables: readonly DrawnTable[], ports: ProxyPorts): Drawing {
  const drawn = tables
    .filter(({ chains }) => chains.some(({ rules }) => rules.length > 0))
    .map((table, index) => drawTable(table, `t${index}`, ports));
  return {
    title,
    description,
    flow: 'right',
    lanes: drawn.map(({ lane }) => lane),
    boxes: drawn.flatMap(({ boxes }) => boxes),
    arrows: drawn.flatMap(({ arrows }) => arrows),
  };
}

interface DrawnLane {
  readonly lane: Lane;
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}

function drawTable({ title, name, chains }: DrawnTable, lane: string, ports: ProxyPorts): DrawnLane {
  const targets = chains.flatMap(({ rules }) => rules.flatMap(({ rule: { target } }) => (target.kind === 'jump' ? target.chain : [])));
  const drawn = chains
    .filter((chain) => chain.rules.length > 0 || targets.includes(chain.name))
    // A packet comes to a hook first, and from there to what the hook's rules jump to.
    .sort((one, other) => Number(isBuiltIn(name, other.name)) - Number(isBuiltIn(name, one.name)));
  const idOf = (chain: string): string => `${lane} ${chain}`;
  const names = new Set(drawn.map((chain) => chain.name));
  const actors = new Map<string, Box>();
  const arrows = drawn.flatMap((chain) =>
    chain.rules.flatMap(({ rule, mark }, row): readonly Arrow[] => {
      const arrow = { from: idOf(chain.name), row, ...(mark !== undefined && { mark }) };
      if (rule.target.kind === 'jump') return names.has(rule.target.chain) ? [{ ...arrow, to: idOf(rule.target.chain) }] : [];
      const actor = receiverOf(rule.target, ports);
      if (actor === undefined) return [];
      const id = `${lane} to ${actor}`;
      actors.set(id, { id, title: actor, kind: 'actor', lane, rows: [] });
      return [{ ...arrow, to: id }];
    }),
  );
  const boxes = drawn.map((chain): Box => ({ id: idOf(chain.name), title: chain.name, kind: 'chain', lane, rows: chain.rules.map(rowOf) }));
  return { lane: { id: lane, title }, boxes: [...boxes, ...actors.values()], arrows };
}

function rowOf({ rule, place, about, mark }: DrawnRule): Row {
  return { text: `${place} ${printRule(rule)}`, ...(about !== undefined && { about }), ...(mark !== undefined && { mark }) };
}

/** Who gets what a target hands over; undefined for a target that hands packets to nobody in the pod. */
function receiverOf(target: Target, ports: ProxyPorts): string | undefined {
  const port = portOf(target);
  if (port === undefined) return undefined;
  if (ports.dns.includes(port)) return `the DNS agent, ${port}`;
  if (port === ports.outbound && port === ports.inbound) return `Envoy, ${port}`;
  if (port === ports.inbound) return `Envoy inbound, ${port}`;
  return port === ports.outbound ? `Envoy outbound, ${port}` : `port ${port}`;
}

function portOf(target: Target): number | undefined {
  if (target.kind === 'TPROXY') return target.value.port;
  return target.kind === 'REDIRECT' && 'first' in target.value ? target.value.first : undefined;
}
