import type { TextFile } from '../host/files.ts';
import type { CapturePlan } from '../istio/plan/plan.ts';
import type { Family } from '../netfilter/family.ts';
import { observeAll, observeText } from '../netfilter/observation.ts';
import { badOption } from './bad-option.ts';
import type { SettingsGiven } from './options.ts';
import { factsOf, readInput, refuseArguments, refuseFilename } from './plan-input.ts';
import type { Side } from './rule-source.ts';
import { rulesOf } from './rules-text.ts';
import { parseSource } from './source-name.ts';

export type { Place } from '../host/live/live.ts';

/** The side that SOURCE and the options name. Throws a ProblemError for input that can't be used. */
export async function readSide(source: string | undefined, given: SettingsGiven, family?: Family): Promise<Side> {
  const name = parseSource(source);
  switch (name.kind) {
    case 'settings':
    case 'file': {
      const input = await readInput(name, given);
      return input.kind === 'plan' ? planSide(input.plan, input.notes) : textSide(input.text, family);
    }
    case 'own':
      throw badOption(
        '@own',
        'goes with manifests and another release in a diff, as diff -f cluster.json @own @1.28; it is each workload as it was injected',
      );
    case 'namespace': {
      const named = source ?? '';
      refuseFilename(named, given);
      refuseArguments(named, given);
      const { liveSide } = await import('./live-namespace.ts');
      return liveSide(named, name.target, await factsOf(given));
    }
    case 'command': {
      refuseFilename('exec:', given);
      const { execSide } = await import('./exec.ts');
      return execSide(name.text, given, await factsOf(given));
    }
    default:
      return name satisfies never;
  }
}

function planSide(plan: CapturePlan, notes: readonly string[]): Side {
  return { name: `Istio ${plan.release}`, seen: observeAll(plan), plan, problems: plan.problems, notes };
}

async function textSide(text: TextFile, family: Family | undefined): Promise<Side> {
  const { read, problems } = await rulesOf(text, family);
  return { name: text.file, seen: observeText(read), problems, notes: [] };
}
