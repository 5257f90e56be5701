/** `preview --ambient`: what the node agent puts into a pod, or onto its node. */

import { API_VERSION } from '../../istio/api-version.ts';
import { badOption } from '../../istio/bad-option.ts';
import { planAmbient } from '../../istio/plan/ambient/ambient-plan.ts';
import { readKnobs } from '../../istio/plan/ambient/knob-texts.ts';
import { problemDocument, rulesetDocument } from '../../istio/plan/plan-document.ts';
import { printRouting, printRoutingCommands } from '../../istio/plan/routing.ts';
import { nftElements } from '../../netfilter/nft/print.ts';
import type { SourceOptions } from '../../sources/options.ts';
import type { RulesView } from '../../sources/rules-text.ts';
import { parseSource } from '../../sources/source-name.ts';

/** The view of the plan that the options ask for. Throws a ProblemError for what the release's agent refuses. */
export function ambientView(source: string | undefined, { sets, release, args, filename }: SourceOptions): RulesView {
  if (args !== undefined || filename !== undefined) throw badOption('--ambient', 'goes with --set and --release only');
  const named = parseSource(source);
  if (named.kind !== 'settings') throw badOption('--ambient', 'the source is a release, as @1.30, or none');
  const plan = planAmbient(readKnobs(sets), {
    ...(named.release === undefined ? {} : { release: named.release }),
    ...(release === undefined ? {} : { release, releaseSource: { kind: 'option', option: '--release' } }),
  });
  const { ip, ip6, nft, ipset, routing, problems, knobs } = plan;
  return {
    name: `the ambient rules of Istio ${plan.release}`,
    rules: { ip, ip6 },
    ...(nft === undefined ? {} : { nft }),
    commands: [...ipset.split('\n').flatMap((line) => (line === '' ? [] : [`ipset ${line}`])), ...printRoutingCommands(routing)],
    why: ({ because }) => (because === undefined ? [] : [`# ${because.text}`]),
    document: () => ({
      apiVersion: API_VERSION,
      kind: 'AmbientPlan',
      release: plan.release,
      knobs,
      ip: rulesetDocument(ip),
      ip6: rulesetDocument(ip6),
      ...(nft === undefined ? {} : { nft: nftElements(nft) }),
      ipset,
      routing: printRouting(routing),
      problems: problems.map(problemDocument),
    }),
    problems,
  };
}
