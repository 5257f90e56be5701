/** Where a connection goes by one source, and what decides it there. */

import { identify } from '../../istio/found/identify.ts';
import type { WorkloadInjection } from '../../istio/kubernetes/workload-injection.ts';
import type { Sourced } from '../../istio/origin.ts';
import type { SpokenPacket } from '../../istio/packets/packet/words.ts';
import { packetFromWords } from '../../istio/packets/packet/words.ts';
import type { PodNetwork } from '../../istio/packets/pod-network.ts';
import { traceIn, verdictIn, whereConditionsHold, whereHiddenTablesPass } from '../../istio/packets/pod-network.ts';
import { hostOf } from '../../istio/packets/trace-plan.ts';
import type { Verdict } from '../../istio/packets/verdict.ts';
import { isCaught } from '../../istio/packets/verdict.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import { ProblemError } from '../../istio/problems.ts';
import type { SettingKey } from '../../istio/settings/settings.ts';
import type { Family } from '../../netfilter/family.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Rule } from '../../netfilter/rule.ts';
import type { RulePlace, RuleStep, Trace } from '../../netfilter/trace/result.ts';
import { bearing, isDoubt } from '../../netfilter/unseen.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { readSource } from '../../sources/read-source.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import { parseSource } from '../../sources/source-name.ts';
import { makerText } from '../identify/maker-text.ts';
import type { TraceContext } from '../trace/context.ts';
import { traceContextOf } from '../trace/context.ts';
import { annotationOf } from './annotation.ts';

/** The rule that decides, and the setting that it comes of. */
export interface Decision extends RulePlace {
  /** Why such a rule is there, where that is known. */
  readonly because?: string;
  /** The setting that made it so, with its origin: an annotation, an argument, a value of the mesh. */
  readonly setting?: { readonly key: SettingKey; readonly name: string } & Sourced<string>;
}

export interface Answer {
  /** The source as it was named. */
  readonly source: string;
  readonly context: TraceContext;
  readonly spoken: SpokenPacket;
  readonly trace: Trace;
  readonly verdict: Verdict;
  /** What was not shown, and is held to do nothing. */
  readonly conditions: boolean;
  /** Undefined where no rule has anything to say. */
  readonly decision?: Decision;
  /** The plan of the source, or of who is thought to have made its rules. */
  readonly plan?: CapturePlan;
  /** Who is thought to have made rules that were found. */
  readonly maker?: string;
  /** Whether rules were found; else a plan was made. */
  readonly observed: boolean;
  readonly rules: RuleSource;
}

/** Traces the connection by a source. Throws a ProblemError for one that can't be used. */
export async function answerOf(
  source: string | undefined,
  given: PlanOptions,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Answer> {
  const name = parseSource(given.chosen === undefined ? source : undefined);
  const rules = await readSource(given.chosen === undefined ? source : undefined, { ...given, placeholder: 'unknown' });
  const { input } = rules;
  const pod = input === undefined ? rules : { ...rules, facts: input.facts, ...(input.of === undefined ? {} : { of: input.of }) };
  const context = await traceContextOf(pod, name, given, { beforeProxy: false });
  const { podNetwork } = context;
  const spoken = packetFromWords({ from, to }, podNetwork.pod, hostOf(podNetwork.plan, podNetwork.facts, podNetwork.state));
  const sure = traced(podNetwork, spoken);
  // What is not shown keeps an answer from being sure; the answer without it is worth more than none.
  // What was there and could not be read may be anything.
  const isDoubtful = bearing(rules.seen.unseen).some(isDoubt);
  const narrowed = isDoubtful ? whereHiddenTablesPass(podNetwork) : whereConditionsHold(podNetwork);
  const printed = sure.verdict.id === 'unknown' && podNetwork.failed === undefined ? traced(narrowed, spoken) : sure;
  const identified = rules.plan === undefined ? identify(rules.seen) : undefined;
  const plan = rules.plan ?? identified?.answers[0]?.plan;
  // The one thing that is not known is what was asked for.
  if (printed.verdict.id === 'unknown' && input?.missing !== undefined) throw new ProblemError(input.missing);
  const decision = decisionIn(printed, context, plan, input?.basis.kind === 'workload' ? input.basis.made : undefined);
  return {
    source: source ?? '',
    context,
    spoken,
    ...printed,
    conditions: printed !== sure && printed.verdict.id !== 'unknown',
    ...(decision && { decision }),
    ...(plan && { plan }),
    ...(identified === undefined ? {} : { maker: makerText(identified) }),
    observed: rules.plan === undefined,
    rules,
  };
}

function traced(podNetwork: PodNetwork, { packet }: SpokenPacket): Pick<Answer, 'trace' | 'verdict'> {
  const trace = traceIn(podNetwork, packet);
  return { trace, verdict: verdictIn(podNetwork, trace) };
}

const PASSES_ON: readonly string[] = ['jump', 'none'];

const CATCHES: readonly string[] = ['REDIRECT', 'TPROXY', 'DNAT'];

/** The last rule that matched; of what is captured the one that sent it to the chain that captures. */
function decisionIn(
  { trace: { steps }, verdict }: Pick<Answer, 'trace' | 'verdict'>,
  context: TraceContext,
  plan: CapturePlan | undefined,
  made: WorkloadInjection | undefined,
): Decision | undefined {
  const matched = steps.filter((step): step is RuleStep => step.kind === 'rule' && step.answer === 'matched');
  // What the proxy gets comes in again over lo, where chains of ours see it once more, and change nothing.
  const caughtAt = isCaught(verdict) ? matched.findLastIndex(({ rule }) => CATCHES.includes(rule.target.kind)) : -1;
  // A jump whose chain lets the packet through decides nothing.
  const at = caughtAt < 0 ? matched.findLastIndex(({ rule }) => !PASSES_ON.includes(rule.target.kind)) : caughtAt;
  const [last, sender] = [matched[at], matched[at - 1]];
  const plumbing = last !== undefined && CATCHES.includes(last.rule.target.kind) && last.chain !== sender?.chain;
  const step = plumbing && sender !== undefined && sender.depth > 0 ? sender : last;
  if (step === undefined) return undefined;
  const { table, chain, position, rule } = step;
  const place: RulePlace = { table, chain, position, rule };
  const because = context.purpose(place);
  const setting = plan === undefined ? undefined : settingOf(context.ruleOf(place), plan, made);
  return { ...place, ...(because === undefined ? {} : { because }), ...(setting && { setting }) };
}

/** The first setting of a rule that somebody gave; else the first of all. */
function settingOf(rule: Rule | undefined, { settings }: CapturePlan, made: WorkloadInjection | undefined): Decision['setting'] {
  const keys = (rule?.because?.settings ?? []) as readonly SettingKey[];
  const given = keys.find((key) => !['injected', 'default', 'rules'].includes(settings[key].source.kind)) ?? keys[0];
  if (given === undefined) return undefined;
  return { key: given, ...annotationOf(given, settings, made) };
}

/** `IPv4 nat ISTIO_OUTPUT 1: -p tcp -m tcp --dport 3306 -j RETURN`. */
export function decisionText({ table, chain, position, rule }: Decision, family: Family): string {
  return `${family === 'ip' ? '' : 'IPv6 '}${table} ${chain} ${position}: ${printRule(rule)}`;
}
