/** What a program left and what Istio leaves, rule by rule and by packets. */

import { diffArrays } from 'diff';
import type { Deviation } from '../../istio/found/conformance/judge.ts';
import type { KernelState, Store } from '../../istio/found/conformance/kernel-state.ts';
import { STORES } from '../../istio/found/conformance/kernel-state.ts';
import type { BehaviorRegion } from '../../istio/packets/behavior.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Observation } from '../../netfilter/observation.ts';
import { observeAll } from '../../netfilter/observation.ts';
import { readRules } from '../../netfilter/read.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import type { DiffOperand } from '../../sources/operand.ts';
import { comparePackets } from '../diff/by-packets.ts';

/** One store that differs. */
export interface StoreDifference {
  readonly store: Store;
  /** Lines of a patch without its head: `-A ...` with the place before it. */
  readonly rules: readonly DifferentLine[];
  /** Kinds of packets for which it matters; undefined where it can't be told. */
  readonly packets: readonly BehaviorRegion[];
}

export interface DifferentLine {
  readonly side: 'istio' | 'program';
  readonly family: Family;
  /** `nat -A ISTIO_OUTPUT ...` */
  readonly text: string;
}

export interface StateDifferences {
  readonly stores: readonly StoreDifference[];
  /** Lines of routing, of native tables and of another namespace. */
  readonly outside: readonly { readonly side: DifferentLine['side']; readonly text: string }[];
}

/** What differs in the states; nothing where Istio's own does not matter. */
export function compareStates({ result, expected, golden }: Deviation): StateDifferences {
  if (expected.after === undefined || result.exit !== expected.exit) return { stores: [], outside: [] };
  const [istio, program] = [expected.after, result.after];
  const { addresses, nameservers } = golden;
  return {
    stores: STORES.flatMap((store) => {
      const rules = FAMILIES.flatMap((family) => lineDifferences(istio.rules[store][family], program.rules[store][family], family));
      if (rules.length === 0) return [];
      const [left, right] = [operandOf('Istio', istio, store), operandOf('the program', program, store)];
      const { behavior } = comparePackets(left, right, { all: true }, { addresses, nameservers });
      return [{ store, rules, packets: behavior.different }];
    }),
    outside: outsideDifferences(istio, program),
  };
}

function operandOf(name: string, { rules }: KernelState, store: Store): DiffOperand {
  return { name, seen: observationOf(rules[store]), problems: [], notes: [] };
}

function observationOf(texts: Readonly<Record<Family, string>>): Observation {
  const of = (family: Family): Ruleset =>
    readRules(texts[family], { family }).rulesets.find((ruleset) => ruleset.family === family) ?? { family, tables: [] };
  return observeAll({ ip: of('ip'), ip6: of('ip6') });
}

/** The lines of two saves that the other has not at that place, in order. */
function lineDifferences(istio: string, program: string, family: Family): readonly DifferentLine[] {
  return differing(placed(istio), placed(program)).map(({ side, text }) => ({ side, family, text }));
}

/** Lines with the table before them. */
function placed(save: string): readonly string[] {
  let table = '';
  return save.split('\n').flatMap((line) => {
    if (line.startsWith('*')) table = line.slice(1);
    return /^-A|^:\S+ -$/.test(line) ? [`${table} ${line.replace(/^:(\S+) -$/, '-N $1')}`] : [];
  });
}

function outsideDifferences(istio: KernelState, program: KernelState): StateDifferences['outside'] {
  const lines = ({ host, native, other }: KernelState): readonly string[] => [
    ...Object.entries(host)
      .flatMap(([command, found]) => found.map((line) => `${command}: ${line}`))
      .toSorted(),
    ...native.split('\n').filter((line) => line.trim() !== ''),
    ...placed(other).map((line) => `the other namespace: ${line}`),
  ];
  return differing(lines(istio), lines(program));
}

/** What only one of two lists has, in order. */
function differing(istio: readonly string[], program: readonly string[]): readonly { side: DifferentLine['side']; text: string }[] {
  return diffArrays([...istio], [...program]).flatMap(({ added, removed, value }) =>
    added || removed ? value.map((text) => ({ side: removed ? ('istio' as const) : ('program' as const), text })) : [],
  );
}
