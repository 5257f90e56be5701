/** What a preview shows: rules of both families, wherever they come from. */

import type { TextFile } from '../host/files.ts';
import type { CapturePlan } from '../istio/plan.ts';
import { planDocument, rulesetDocument } from '../istio/plan-document.ts';
import type { Problem } from '../istio/problems.ts';
import { ProblemError, problem } from '../istio/problems.ts';
import { printRoutingCommands } from '../istio/routing.ts';
import { API_VERSION } from '../istio/sidecar-file.ts';
import { printSource } from '../istio/source.ts';
import type { Annotate } from '../netfilter/print.ts';
import type { ReadResult } from '../netfilter/read.ts';
import type { Family, Rule, Ruleset } from '../netfilter/rule.ts';

export interface Shown {
  readonly rules: Readonly<Record<Family, Ruleset>>;
  /** Commands for what lies outside the packet filter. */
  readonly commands: readonly string[];
  /** Comment lines that say why a rule is there. */
  readonly why: Annotate;
  readonly document: () => object;
  readonly problems: readonly Problem[];
}

/** A plan, with the reasons of its rules. */
export function planShown(plan: CapturePlan): Shown {
  const why = ({ because }: Rule): readonly string[] => {
    if (because === undefined) return [];
    const from = because.settings.map((key) => `${key} from ${printSource(plan.settings[key as keyof typeof plan.settings].source)}`);
    return [`# ${because.text}${from.length === 0 ? '' : ` (${from.join('; ')})`}`];
  };
  return { rules: plan, commands: printRoutingCommands(plan.routing), why, document: () => planDocument(plan), problems: plan.problems };
}

/** Rules that were read from a text; nothing is known of their reasons. */
export async function textShown(text: TextFile, family: Family | undefined): Promise<Shown> {
  const { read, problems } = await rulesOf(text, family);
  const of = (wanted: Family): Ruleset => read.rulesets.find((ruleset) => ruleset.family === wanted) ?? { family: wanted, tables: [] };
  const rules = { ip: of('ip'), ip6: of('ip6') };
  return {
    rules,
    commands: [],
    why: () => [],
    document: () => ({ apiVersion: API_VERSION, kind: 'Rules', ip: rulesetDocument(rules.ip), ip6: rulesetDocument(rules.ip6) }),
    problems,
  };
}

/** What a text holds, and what there is to say of it. Throws a ProblemError where it holds no rules. */
export async function rulesOf(
  { file, text }: TextFile,
  family: Family | undefined,
): Promise<{ readonly read: ReadResult; readonly problems: readonly Problem[] }> {
  const { readRules } = await import('../netfilter/read.ts');
  const { readProblemText } = await import('../netfilter/read/problems.ts');
  const read = readRules(text, family === undefined ? {} : { family });
  const problems = read.problems.map(
    (found): Problem => ({
      ...problem('rules-text', { kind: 'file', file, line: found.line, column: 1 }, { reason: readProblemText(found) }),
      severity: found.severity === 'info' ? 'note' : found.severity,
    }),
  );
  if (problems.some(({ severity }) => severity === 'error')) throw new ProblemError(problems);
  return { read, problems };
}
