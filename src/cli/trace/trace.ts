/** `trace`: what happens to a packet, to a whole request, to a port; which packets come to a rule. */

import type { Namespace } from '../../host/namespace/namespace.ts';
import { badOption, oneOf } from '../../istio/bad-option.ts';
import { readOwner } from '../../istio/packets/packet/sender.ts';
import type { Owner } from '../../istio/packets/pod.ts';
import { isCaught, VERDICTS, verdictText } from '../../istio/packets/verdict.ts';
import { quoted } from '../../istio/problems.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { notesOutside } from '../../sources/run-note.ts';
import { commandOn } from '../next/command-on.ts';
import type { Result } from '../result.ts';
import type { Paint } from '../terminal/color.ts';
import { formNamed } from '../terminal/form-name.ts';
import type { GroupAnswer } from '../workloads/per-group.ts';
import { answerPerGroup } from '../workloads/per-group.ts';
import type { TraceContext } from './context.ts';
import { readTraceContext } from './context.ts';
import { find, listedConditions, withinListed } from './find.ts';
import { TRACE_FORMS } from './forms.ts';
import type { ObserveOptions } from './observe.ts';
import { observe, observedNamespace } from './observe.ts';
import type { TraceWords } from './question.ts';
import { readQuestion } from './question.ts';
import type { ContainerAnswer, ExpectedVerdict, Found, TraceReport } from './report.ts';
import { answersByContainer, exitCodeOf, firstVerdict, loops } from './report.ts';
import { resolvedTarget } from './resolve.ts';

export interface TraceRequest {
  readonly source?: string;
  readonly given: PlanOptions;
  readonly output: string;
  readonly family?: string;
  /** What to trace. */
  readonly words: TraceWords;
  /** Who the proxy really runs as. */
  readonly proxy?: string;
  readonly expect?: string;
  /** `shown`: tables that are not shown do nothing. */
  readonly assume?: string;
  /** Whether names are looked up. */
  readonly resolve?: boolean;
  readonly beforeProxy: boolean;
  /** A real packet is looked for as well. */
  readonly observe?: ObserveOptions;
  readonly all: boolean;
  readonly tcpdump?: boolean;
  readonly paint: Paint;
}

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function trace({ words, ...rest }: TraceRequest): Promise<Result> {
  const request = { ...rest, words: rest.resolve === true ? await resolved(words) : words };
  const { source, given, output, paint } = request;
  const form = formNamed(output, TRACE_FORMS);
  // A question that nobody understands is refused before manifests are read.
  readQuestion(request.words);
  const many = await answerPerGroup(source, given, { form, paint, alone: (one) => aloneCommand(request, one) }, (one) =>
    traceOne({ ...request, given: one }),
  );
  return many ?? traceOne(request);
}

/** The same of one workload. */
function aloneCommand({ words, family, proxy, assume, expect, beforeProxy }: TraceRequest, given: PlanOptions): string {
  const options = Object.entries({ ...words, family, proxy, assume, expect }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  return commandOn('trace', { source: undefined, given }, [...options, ...(beforeProxy ? ['--before-proxy'] : [])]);
}

/** The words with an address in place of a name. */
async function resolved(words: TraceWords): Promise<TraceWords> {
  return words.to === undefined ? words : { ...words, to: await resolvedTarget(words.to) };
}

async function traceOne({
  source: named,
  given,
  output,
  all,
  paint,
  beforeProxy,
  tcpdump = false,
  observe: observing,
  ...request
}: TraceRequest): Promise<GroupAnswer> {
  const source = given.chosen === undefined ? named : undefined;
  const form = formNamed(output, TRACE_FORMS);
  const family = request.family === undefined ? undefined : oneOf('--family', request.family, FAMILIES);
  const expected = request.expect === undefined ? undefined : oneOf('--expect', request.expect, VERDICTS);
  const question = readQuestion(request.words);
  if (expected !== undefined && (question.kind === 'port' || question.kind === 'rule'))
    throw badOption('--expect', `does not go with --${question.kind}, which has many verdicts`);
  const proxy = request.proxy === undefined ? undefined : proxyOwner(request.proxy);
  if (request.assume !== undefined) oneOf('--assume', request.assume, ['shown']);
  if (observing === undefined) return traced();
  if (question.kind !== 'packet')
    throw badOption('--observe', `is about one packet, and does not go with --${question.kind === 'story' ? 'request' : question.kind}`);
  const { namespace, left } = await observedNamespace(source);
  try {
    return await traced({ namespace, left, options: observing });
  } finally {
    namespace.close();
  }

  async function traced(real?: Observing): Promise<GroupAnswer> {
    const read = await readTraceContext(source, given, { ...(family && { family }), ...(proxy && { proxy }), beforeProxy });
    const context = request.assume === undefined ? read : assumingListed(read);
    const simulated = find(context, question, family);
    const found =
      real === undefined || simulated.kind !== 'packet'
        ? simulated
        : { ...simulated, observed: await observe(context, simulated, real.namespace, real.options) };
    const report: TraceReport = { ...found, context, all, tcpdump, ...(expected && { expected: compared(expected, found) }) };
    const summary = summaryOf(found);
    const output = TRACE_FORMS[form](report, paint);
    return {
      output,
      form,
      ...(summary === undefined ? {} : { summary }),
      problems: context.problems,
      notes: [
        ...notesOutside(context.notes, output),
        ...(real?.left ?? []).map(leftText),
        ...familyNotes(context, report),
        ...expectationNotes(report),
      ],
      exitCode: exitCodeOf(report),
    };
  }
}

interface Observing {
  readonly namespace: Namespace;
  readonly left: readonly string[];
  readonly options: ObserveOptions;
}

function leftText(table: string): string {
  return `note: the table inet ${table} was left by a run that was killed, and is removed`;
}

/** The answer of a packet or a request in a line. */
function summaryOf(found: Found): string | undefined {
  if (found.kind === 'story') return found.simulated.calls.map(({ outcome }) => `the request ${outcome.words}`).join('; ');
  const verdict = firstVerdict(found);
  return verdict === undefined ? undefined : verdictText(verdict);
}

/** What is not shown does nothing, and that is said. */
function assumingListed(context: TraceContext): TraceContext {
  const conditions = new Set(FAMILIES.flatMap((family) => listedConditions(context, family)));
  const { asMade: _, ...others } = context;
  return { ...others, podNetwork: withinListed(context), taken: [...context.taken, ...conditions] };
}

function proxyOwner(text: string): Owner {
  const owner = readOwner(text);
  if (owner === null || typeof owner === 'string')
    throw badOption('--proxy', owner ?? `${quoted(text)} is not a user and a group, as in uid:1337,gid:1337`);
  return owner;
}

/** A story is judged by its first connection, and by whether it ends at all; of several containers, by the worst. */
function compared(verdict: ExpectedVerdict, found: Found): NonNullable<TraceReport['expected']> {
  if (loops(found)) return { verdict, met: verdict === 'loop' };
  const worst = worstContainer(found)?.verdict ?? firstVerdict(found);
  return { verdict, met: worst?.id === verdict };
}

/** Of several containers, one whose calls the proxy does not get. */
function worstContainer(found: Found): ContainerAnswer | undefined {
  return answersByContainer(found).find(({ verdict }) => !isCaught(verdict));
}

function expectationNotes(report: TraceReport): readonly string[] {
  if (report.expected === undefined || report.expected.met) return [];
  const first = firstVerdict(report);
  const container = worstContainer(report);
  const whose = container === undefined ? '' : `for the container ${container.name}, `;
  const worst = container?.verdict ?? first;
  const is = loops(report) ? 'the request loops' : worst === undefined ? 'nothing' : `${whose}${verdictText(worst)}`;
  return [`not as expected (${report.expected.verdict}): ${is}`];
}

const NO_RULES6 = 'note: there are no IPv6 rules';
const FIRST_COUNTS = 'dual stack is off, and then the first address of the pod decides, which is of IPv4';

/** A family of which the plan has no rules lets everything through: often because nobody said that the pod has such an address. */
function familyNotes({ podNetwork }: TraceContext, report: TraceReport): readonly string[] {
  const family =
    report.kind === 'packet'
      ? report.trace.packet.family
      : report.kind === 'story'
        ? report.simulated.calls[0]?.hops[0]?.trace.packet.family
        : undefined;
  if (family !== 'ip6' || podNetwork.plan.ip6.tables.length > 0 || podNetwork.ofRules === true) return [];
  if (podNetwork.pod.known.ip6) return [podNetwork.plan.settings.dualStack.value ? NO_RULES6 : `${NO_RULES6}: ${FIRST_COUNTS}`];
  return [`${NO_RULES6}; a plan has them where it knows an IPv6 address of the pod (--address)`];
}
