import type { TextFile } from '../host/files.ts';
import { printedVariables } from '../istio/arguments/printed-variables.ts';
import { badOption } from '../istio/bad-option.ts';
import { observeRules } from '../istio/found/observe-rules.ts';
import { routingIn } from '../istio/found/routing-commands.ts';
import { readConntrack } from '../netfilter/conntrack-listing.ts';
import type { Family } from '../netfilter/family.ts';
import { observeAll } from '../netfilter/observation.ts';
import type { SourceOptions } from './options.ts';
import type { PlanInput, PlanOptions } from './plan-input/input.ts';
import { inputWithUnknownServers } from './plan-input/placeholder-nameserver.ts';
import { factsOf, readInput, refuseArguments, refuseFilename } from './plan-input.ts';
import type { RuleSource } from './rule-source.ts';
import { rulesOf } from './rules-text.ts';
import { runNote } from './run-note.ts';
import { calledAs, parseSource } from './source-name.ts';

export type { Place } from '../host/live/live.ts';

/** The side that SOURCE and the options name. Throws a ProblemError for input that can't be used. */
export async function readSource(
  source: string | undefined,
  given: SourceOptions & Pick<PlanOptions, 'placeholder'>,
  family?: Family,
): Promise<RuleSource> {
  const name = parseSource(source);
  switch (name.kind) {
    case 'settings':
    case 'file': {
      const input = await readInput(name, given);
      return input.kind === 'plan'
        ? planSource(given.placeholder === 'unknown' ? inputWithUnknownServers(input) : input)
        : textSource(input.text, family, input.notes);
    }
    case 'own':
      throw badOption('@own', 'stands for each workload as it was injected, in a diff of manifests: diff -f cluster.json @own @1.28');
    case 'namespace': {
      const named = source ?? '';
      refuseFilename(named, given);
      refuseArguments(named, given);
      const { liveSource } = await import('./live-namespace.ts');
      return liveSource(named, name.target, await factsOf(given));
    }
    case 'command': {
      refuseFilename('exec:', given);
      const { execSource } = await import('./exec.ts');
      return execSource(name.text, given, await factsOf(given));
    }
    default:
      return name satisfies never;
  }
}

function planSource(input: PlanInput): RuleSource {
  const { plan, notes, run } = input;
  const failed = run === undefined ? {} : { run };
  return { name: `Istio ${plan.release}`, seen: observeAll(plan), plan, input, problems: plan.problems, notes, ...failed };
}

/** The rules in a text. Throws a ProblemError where there are none. */
export async function textSource(text: TextFile, family: Family | undefined, notes: readonly string[] = []): Promise<RuleSource> {
  const { read, problems, run, nft } = await rulesOf(text, family);
  const routing = routingIn(text.text);
  const flows = readConntrack(text.text);
  const variables = printedVariables(text.text);
  return {
    name: calledAs(text.file),
    seen: { ...observeRules(read), ...(variables && { variables }) },
    problems,
    notes: [...notes, ...(run === undefined ? [] : [runNote(run)])],
    ...(run && { run }),
    ...(nft !== undefined && read.rulesets.every(({ tables }) => tables.every((table) => table.nft !== undefined)) && { nft }),
    ...(routing && { routing }),
    ...(flows.length > 0 && { flows }),
  };
}
