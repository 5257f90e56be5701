/** What a preview shows: rules of both families, wherever they come from. */

import type { TextFile } from '../host/files.ts';
import { API_VERSION } from '../istio/api-version.ts';
import { namedForm } from '../istio/found/named-forms.ts';
import { nativeTablesIn, nativeText } from '../istio/found/native-nft.ts';
import { rulesMadeBy, withReasons } from '../istio/found/reasons.ts';
import type { Run } from '../istio/found/runs/run.ts';
import { printSource } from '../istio/origin.ts';
import { capturedText } from '../istio/packets/captured-flows.ts';
import type { ProxyPorts } from '../istio/packets/verdict.ts';
import { proxyPortsOf } from '../istio/packets/verdict.ts';
import type { CapturePlan } from '../istio/plan/plan.ts';
import { planDocument, rulesetDocument } from '../istio/plan/plan-document.ts';
import { printRoutingCommands } from '../istio/plan/routing.ts';
import type { Problem } from '../istio/problems.ts';
import { ProblemError, problem } from '../istio/problems.ts';
import { valuesOf } from '../istio/settings/settings.ts';
import { readConntrack } from '../netfilter/conntrack-listing.ts';
import type { Family } from '../netfilter/family.ts';
import type { NftRead } from '../netfilter/nft/read.ts';
import type { NftRuleset } from '../netfilter/nft/ruleset.ts';
import type { Annotate } from '../netfilter/print.ts';
import type { ReadProblem } from '../netfilter/read/problems.ts';
import type { ReadResult } from '../netfilter/read.ts';
import type { Rule, Ruleset } from '../netfilter/rule.ts';
import type { RuleSource } from './rule-source.ts';

export interface RulesView {
  /** `the rules of Istio 1.30.3`, or what the source is called. */
  readonly name: string;
  readonly rules: Readonly<Record<Family, Ruleset>>;
  /** Tables of nft's own, where the rules are such. */
  readonly nft?: NftRuleset;
  /** Commands for what lies outside the packet filter. */
  readonly commands: readonly string[];
  /** Where the proxy and its agent listen, where it is known. */
  readonly ports?: ProxyPorts;
  /** The init containers of the workload whose rules they are, in words. */
  readonly containers?: RuleSource['containers'] | undefined;
  /** Comment lines that say why a rule is there. */
  readonly why: Annotate;
  readonly document: () => object;
  readonly problems: readonly Problem[];
}

/** A plan, with the reasons of its rules. */
export function planView(plan: CapturePlan): RulesView {
  const why = ({ because }: Rule): readonly string[] => {
    if (because === undefined) return [];
    const from = because.settings.map((key) => `${key} from ${printSource(plan.settings[key as keyof typeof plan.settings].source)}`);
    return [`# ${because.text}${from.length === 0 ? '' : ` (${from.join('; ')})`}`];
  };
  return {
    name: `the rules of Istio ${plan.release}`,
    rules: plan,
    ...(plan.nft === undefined ? {} : { nft: plan.nft }),
    commands: printRoutingCommands(plan.routing),
    ports: proxyPortsOf(valuesOf(plan.settings)),
    why,
    document: () => planDocument(plan),
    problems: plan.problems,
  };
}

/** Rules that somebody found; their reasons are those of who is thought to have made them, given as a plan. */
export function observedView(
  { name, seen, places, problems, nft }: RuleSource,
  made?: Readonly<Record<Family, Ruleset>> & Partial<Pick<CapturePlan, 'release'>>,
): RulesView {
  const { ip, ip6, unseen } = seen;
  const ruleOf = rulesMadeBy(made);
  const maker = made?.release === undefined ? 'the node agent' : `Istio ${made.release}`;
  return {
    name,
    rules: made === undefined ? { ip, ip6 } : { ip: withReasons(ip, ruleOf), ip6: withReasons(ip6, ruleOf) },
    ...(nft === undefined ? {} : { nft }),
    commands: [],
    // Reasons are those of rules by family: a table of nft holds both.
    why: ({ because }) => (made === undefined || nft !== undefined ? [] : [`# ${because?.text ?? `no rule of ${maker} is like it`}`]),
    document: () => ({
      apiVersion: API_VERSION,
      kind: 'Rules',
      ip: rulesetDocument(ip),
      ip6: rulesetDocument(ip6),
      ...(places === undefined ? {} : { places, unseen }),
    }),
    problems,
  };
}

/** What a list of connections proves, where a text holds nothing else. */
function connectionsIn(text: string): string | undefined {
  const flows = readConntrack(text);
  if (flows.length === 0) return undefined;
  return `conntrack lists connections here, and there are no rules: ${capturedText(flows, ORDINARY_PORTS)}. Add what iptables-save shows.`;
}

const ORDINARY_PORTS = { outbound: 15001, inbound: 15006, dns: [15053] } as const;

/** What a text holds, and what there is to say of it. Throws a ProblemError where it holds no rules. */
export async function rulesOf(
  { file, text }: TextFile,
  family: Family | undefined,
): Promise<{ readonly read: ReadResult; readonly problems: readonly Problem[]; readonly run?: Run; readonly nft?: NftRuleset }> {
  const { readRules } = await import('../netfilter/read.ts');
  const { readProblemText } = await import('../netfilter/read/problems.ts');
  const ofIptables = readRules(text, family === undefined ? {} : { family });
  const nft = await nftIn(text);
  const { withNft } = await import('../netfilter/nft/as-rules.ts');
  const read = await withoutProse(text, nft === undefined ? ofIptables : withNft(ofIptables, nft));
  const { runIn } = await import('../istio/found/runs/run.ts');
  const run = runIn(text);
  // What failed is told as the run's failure, in more words.
  const reported = read.problems.filter(
    ({ code, line }) => code !== 'no-rules-found' && !run?.failures.some((failure) => failure.line === line),
  );
  const problems = (run === undefined ? read.problems : reported).map(
    (found): Problem => ({
      ...problem('rules-text', { kind: 'file', file, line: found.line, column: 1 }, { reason: readProblemText(found) }),
      severity: found.severity === 'info' ? 'note' : found.severity,
    }),
  );
  const form = read.tables.length === 0 ? (namedForm(text) ?? connectionsIn(text)) : undefined;
  if (form !== undefined && run === undefined)
    throw new ProblemError([{ ...problem('rules-text', { kind: 'file', file, line: 1, column: 1 }, { reason: form }), severity: 'error' }]);
  const native = nft === undefined ? nativeText(nativeTablesIn(text)) : undefined;
  if (native !== undefined) problems.push(problem('rules-text', { kind: 'file', file, line: 0, column: 0 }, { reason: native }));
  if (problems.some(({ severity }) => severity === 'error')) throw new ProblemError(problems);
  return { read, problems, ...(run && { run }), ...(nft && { nft: nft.ruleset }) };
}

/** What programs say of a look that failed is none where somebody writes of it. */
const LOOKS: readonly ReadProblem['code'][] = ['not-permitted', 'program-missing', 'lock-held', 'table-missing', 'nothing-run'];

async function withoutProse(text: string, read: ReadResult): Promise<ReadResult> {
  if (!read.problems.some(({ code }) => LOOKS.includes(code))) return read;
  const { proseIn } = await import('../netfilter/read/prose.ts');
  const { lines } = proseIn(text);
  return {
    ...read,
    problems: read.problems.filter(({ code, line }) => !LOOKS.includes(code) || !lines.has(line)),
    gaps: read.gaps.filter(({ failedAt }) => failedAt === undefined || !lines.has(failedAt)),
  };
}

/** What a text holds of nft; undefined where that is no table. */
async function nftIn(text: string): Promise<NftRead | undefined> {
  const { readNft } = await import('../netfilter/nft/read.ts');
  const found = readNft(text);
  return found === undefined || found.ruleset.tables.length === 0 ? undefined : found;
}
