/** A plan as plain data with a stable shape: what `-o json` and `-o yaml` print. Described in docs/plan.md. */

import { nftElements } from '../../netfilter/nft/print.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import { API_VERSION } from '../api-version.ts';
import { printSource } from '../origin.ts';
import type { Problem } from '../problems.ts';
import { problemText } from '../problems.ts';
import { printedSettings } from '../settings/printed-settings.ts';
import type { CapturePlan } from './plan.ts';
import { printRouting } from './routing.ts';

/** The document of a plan. Keys are never renamed or removed within one apiVersion. */
export function planDocument(plan: CapturePlan): object {
  const { release, settings, ip, ip6, nft, routing, problems } = plan;
  return {
    apiVersion: API_VERSION,
    kind: 'CapturePlan',
    release,
    settings: printedSettings(settings),
    ip: rulesetDocument(ip),
    ip6: rulesetDocument(ip6),
    ...(nft === undefined ? {} : { nft: nftElements(nft) }),
    routing: printRouting(routing),
    problems: problems.map(problemDocument),
  };
}

/** A problem with its place as text. */
export function problemDocument(problem: Problem): object {
  return { code: problem.code, severity: problem.severity, source: printSource(problem.source), message: problemText(problem) };
}

/** One family's rules: each with its text in the kernel's spelling, and as data. */
export function rulesetDocument({ tables }: Ruleset): object {
  return {
    tables: tables.map((table) => ({
      name: table.name,
      chains: table.chains.map((chain) => ({
        name: chain.name,
        policy: chain.policy,
        rules: chain.rules.map((rule) => ({
          ...(rule.id === undefined ? {} : { id: rule.id }),
          text: printRule(rule),
          ...(rule.because === undefined ? {} : { because: rule.because.text, settings: [...rule.because.settings] }),
          matches: rule.matches,
          target: rule.target,
        })),
      })),
    })),
  };
}
