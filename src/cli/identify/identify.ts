/** `identify`: which releases could have made rules, and with which settings. */

import { badOption, oneOf } from '../../istio/bad-option.ts';
import { identify } from '../../istio/found/identify.ts';
import type { Problem } from '../../istio/problems.ts';
import { problem } from '../../istio/problems.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { observedSource, withoutTwins } from '../../sources/observed-source.ts';
import type { SourceOptions } from '../../sources/options.ts';
import { readSource } from '../../sources/read-source.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import type { SourceName } from '../../sources/source-name.ts';
import { parseSource } from '../../sources/source-name.ts';
import { manifestsIn } from '../../sources/workloads/detect.ts';
import type { WorkloadOption } from '../../sources/workloads/option.ts';
import { unseenOf } from '../diff/unseen.ts';
import type { Result } from '../result.ts';
import { BAD_INPUT } from '../result.ts';
import type { Paint } from '../terminal/color.ts';
import { formNamed } from '../terminal/form-name.ts';
import { agentCommand, agentText } from './agent-text.ts';
import { IDENTIFY_FORMS } from './forms.ts';
import type { Report } from './report.ts';
import { reportOf } from './report.ts';
import { describedFacts, noAnswerText } from './words.ts';

export interface IdentifyRequest {
  /** Without one, what `-f` names. */
  readonly source?: string;
  readonly given: SourceOptions & WorkloadOption;
  readonly output: string;
  readonly family?: string;
  readonly paint: Paint;
  /** Whether the settings that are as everywhere are named as well. */
  readonly verbose?: boolean;
}

const EXIT_CODES: Readonly<Record<Report['outcome'], number>> = { exact: 0, nearest: 1, none: BAD_INPUT, unknown: BAD_INPUT };

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function identifyRules({ source, given, output, family: named, paint, verbose = false }: IdentifyRequest): Promise<Result> {
  const family = named === undefined ? undefined : oneOf('--family', named, FAMILIES);
  const manifests = manifestsIn(source, given);
  if (manifests !== undefined) {
    if (family !== undefined) throw badOption('--family', 'goes with rules that were found; of manifests both families are known');
    const { identifyWorkloads } = await import('./workloads.ts');
    const found = await identifyWorkloads(manifests, output);
    return 'output' in found ? found : identifySource(found, { kind: 'settings' }, output, { paint, verbose });
  }
  if (source === undefined && given.filename === undefined)
    throw badOption('identify', 'name what to identify: a SOURCE, or manifests with -f');
  const name = parseSource(source);
  const ruleSource = source === undefined ? await readSource(undefined, given, family) : await observedSource(source, name, given, family);
  return identifySource(ruleSource, name, output, { paint, verbose });
}

type TextOptions = Required<Pick<IdentifyRequest, 'paint' | 'verbose'>>;

function identifySource(ruleSource: RuleSource, name: SourceName, output: string, { paint, verbose }: TextOptions): Result {
  const form = formNamed(output, IDENTIFY_FORMS);
  const found = identify(withoutTwins(ruleSource.seen));
  const report = reportOf(found, ruleSource, unseenOf(ruleSource, [], name), IDENTIFY_FORMS[form].all);
  const noRules: Problem = {
    ...problem(
      'rules-text',
      { kind: 'file', file: ruleSource.name, line: 0, column: 0 },
      { reason: form === 'yaml' ? noSettingsText(report) : noAnswerText(report, report.native) },
    ),
    severity: 'error',
  };
  return {
    output: IDENTIFY_FORMS[form].print(report, paint, verbose),
    form,
    problems: [
      ...ruleSource.problems,
      ...(report.described.length === 0 && (report.agent.length === 0 || form === 'yaml') ? [noRules] : []),
    ],
    notes: [...ruleSource.notes, ...(form === 'yaml' ? yamlNotes(report) : [])],
    exitCode: form !== 'yaml' && report.outcome === 'none' && report.agent.length > 0 ? agentCode(report) : EXIT_CODES[report.outcome],
  };
}

/** Knobs of the node agent are no document that -f reads. */
function noSettingsText(report: Report): string {
  const [agent] = report.agent;
  const [likeliest] = agent?.answers ?? [];
  if (agent === undefined || likeliest === undefined) return noAnswerText(report, report.native);
  const note = agent.outcome === 'exact' ? 'shows them again' : 'shows what comes nearest';
  return `the rules are those of ${agentText(agent)}, of which no settings for -f are made; ${agentCommand(likeliest)} ${note}`;
}

/** As of a sidecar's: 1 where the rules are only near to what the agent makes. */
function agentCode({ agent }: Report): number {
  return agent.every(({ outcome }) => outcome === 'exact') ? EXIT_CODES.exact : EXIT_CODES.nearest;
}

/** What a document of settings can't say. */
function yamlNotes({ described: [likeliest] }: Report): readonly string[] {
  if (likeliest === undefined) return [];
  const facts = describedFacts(likeliest.facts);
  return [
    ...(facts.length === 0 ? [] : [`note: give what is known of the pod as well: ${facts.join(' ')}`]),
    ...likeliest.sidecar.notInYaml.map(({ name, reason }) => `note: not in YAML: ${name}: ${reason}`),
  ];
}
