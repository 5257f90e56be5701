/** Plans of many workloads: those that are made of the same are made once. */

import { parseNetwork } from '../../../netfilter/address/network.ts';
import type { CapturePlan } from '../../plan/plan.ts';
import { planText } from '../../plan/plan-text.ts';
import { withUnknownServers } from '../../plan/unknown-nameservers.ts';
import type { Problem } from '../../problems.ts';
import { ProblemError } from '../../problems.ts';
import type { Facts } from '../../settings/facts.ts';
import type { InjectedArgument } from '../injection/injected.ts';
import type { Texts, Workload } from '../manifest/workload.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { InjectionRequest, WorkloadInjection } from '../workload-injection.ts';
import { injectionOf } from '../workload-injection.ts';
import { factsOfWorkload, planOfWorkload } from '../workload-plan.ts';
import type { Outcome, Planned } from './outcome.ts';
import { problemSummary } from './outcome.ts';
import { recent } from './recent.ts';

/** Gives equal texts equal numbers. */
export type Numbering = (text: string) => number;

/** A numbering for planners whose outcomes are to be compared. */
export function numbering(): Numbering {
  const numbers = new Map<string, number>();
  return (text) => {
    const known = numbers.get(text) ?? numbers.size;
    numbers.set(text, known);
    return known;
  };
}

export interface PlannerOptions {
  /** What was said of all pods. */
  readonly facts: Facts;
  /** `KEY=VALUE`, laid over all. */
  readonly sets: readonly string[];
  readonly numbering: Numbering;
  /** Whether a plan is wanted though the nameservers that its rules name are not known, to follow packets through. */
  readonly unknownServers?: boolean;
}

export interface PlannedInjection extends Planned {
  /** Whether the arguments were found in the workload, not made anew. */
  readonly found: boolean;
  /** What there is to say of this very workload: its release is not quite known, a value of its does nothing. */
  readonly problems: readonly Problem[];
}

export type Planner = (workload: Workload, mesh: Mesh) => PlannedInjection;

// A cluster has some tens of different injections; what none of the last hundreds had is made again.
const KEPT = 256;

/** A planner for a request, whose mesh is replaced by what is known when a workload comes. Never throws a ProblemError. */
export function plannerFor(request: InjectionRequest, options: PlannerOptions): Planner {
  const kept = recent<PlannedInjection>(KEPT);
  return (workload, mesh) => {
    const made = planOrFailure(() => injectionOf(workload, { ...request, mesh }));
    if (made.kind === 'trouble') return { ...numbered(made, options.numbering), found: false, problems: [] };
    const key = keyOf(made, factsOfWorkload(workload, options.facts));
    const planned = kept(key, () => plannedOf(made, options));
    return { ...planned, problems: [...injectionProblems(made), ...planned.problems] };
  };
}

/** What facts come to. */
export function planned(
  facts: Facts,
  make: (facts: Facts) => CapturePlan,
  { numbering, unknownServers = false }: Pick<PlannerOptions, 'numbering' | 'unknownServers'>,
): Planned {
  const made = planOrFailure(() => (unknownServers ? withUnknownServers(facts, make) : make(facts)));
  if (made.kind === 'trouble') return numbered(made, numbering);
  return { ...numbered({ kind: 'rules', plan: made }, numbering), release: made.release };
}

/** Its `problems` are those of the plan alone. */
function plannedOf(made: WorkloadInjection, { facts, sets, numbering, unknownServers = false }: PlannerOptions): PlannedInjection {
  const { injection, release, found } = made;
  const { number, outcome } =
    injection.kind === 'none'
      ? numbered({ kind: 'none', reason: injection.reason }, numbering)
      : // Only those that are injected nowhere have no plan.
        planned(facts, (known) => planOfWorkload(made, known, sets) as CapturePlan, { numbering, unknownServers });
  const raised = new Set(injectionProblems(made));
  const problems = outcome.kind === 'rules' ? outcome.plan.problems.filter((one) => !raised.has(one)) : [];
  return { number, outcome, release: release.value, found, problems };
}

/** What is said before there is a plan: others with the same arguments need not have it. */
function injectionProblems({ injection, problems }: WorkloadInjection): readonly Problem[] {
  return injection.kind === 'arguments' ? [...problems, ...injection.problems] : problems;
}

type Failure = Extract<Outcome, { readonly kind: 'trouble' }>;

function planOrFailure<R extends object>(work: () => R): (R & { readonly kind?: never }) | Failure {
  try {
    return work();
  } catch (error) {
    if (error instanceof ProblemError) return { kind: 'trouble', problems: error.problems };
    throw error;
  }
}

function numbered(outcome: Outcome, numbering: Numbering): Planned {
  return { number: numbering(textOf(outcome)), outcome };
}

/** What is compared of an outcome: of a plan the rules in normal form, and the routing. */
function textOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'rules':
      return `rules\n${planText(outcome.plan)}`;
    case 'none':
      return `none ${outcome.reason}`;
    case 'trouble':
      return `trouble ${problemSummary(outcome.problems)}`;
    default:
      return outcome satisfies never;
  }
}

// No nameserver is another thing than one that nobody knows.
const UNKNOWN: readonly string[] = ['unknown'];

/** Everything that a plan is made of, in one text; of addresses only what can count, for every pod has its own. */
function keyOf({ injection, release, found }: WorkloadInjection, { addresses = [], nameservers = UNKNOWN }: Facts): string {
  const parts: string[] = [release.value, String(found), ...addresses.map(addressClass), '\n', ...nameservers, '\n'];
  switch (injection.kind) {
    case 'none':
      parts.push(injection.reason);
      break;
    case 'refused':
      parts.push(problemSummary(injection.problems));
      break;
    case 'arguments':
      pushArguments(parts, injection.arguments, injection.environment);
      break;
    default:
      injection satisfies never;
  }
  return parts.join('\0');
}

function pushArguments(parts: string[], args: readonly InjectedArgument[], environment: Texts): void {
  for (const { flag, value } of args) parts.push(flag, value ?? '\n');
  parts.push('\n');
  for (const [name, { value }] of environment) parts.push(name, value);
}

/** Rules depend on the family of an address, and on whether it is link-local (`wantsIp6`), never on the address. */
function addressClass(text: string): string {
  const network = parseNetwork(text);
  if (network === null) return '';
  return network.family === 'ip' ? (network.address.startsWith('169.254.') ? '4l' : '4') : /^fe[89ab]/.test(network.address) ? '6l' : '6';
}
