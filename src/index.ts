/** The library's public face: plans, their texts, rules read back, and comparison. Pure; runs in a browser as well. */

export type { Facts } from './istio/facts.ts';
export type { CapturePlan } from './istio/plan.ts';
export type { PlanOptions } from './istio/plan-from-arguments.ts';
export { planFromArguments } from './istio/plan-from-arguments.ts';
export type { Problem, Severity } from './istio/problems.ts';
export { formatProblem, ProblemError } from './istio/problems.ts';
export type { PrintedRouting, Routing } from './istio/routing.ts';
export { printRouting } from './istio/routing.ts';
export type { Settings } from './istio/settings.ts';
export { sidecarSchema } from './istio/sidecar-schema.ts';
export type { Source, Sourced } from './istio/source.ts';
export type { ChainDifference, ChainPlace, Difference, DifferingPart, PlacedRule, RuleDifference } from './netfilter/compare/difference.ts';
export { compareRulesets } from './netfilter/compare.ts';
export type { Match } from './netfilter/match.ts';
export { printCommands, printRestore, printSave } from './netfilter/print.ts';
export type { ReadCode, ReadProblem, ReadSeverity } from './netfilter/read/problems.ts';
export { readProblemText } from './netfilter/read/problems.ts';
export type { ReadResult } from './netfilter/read.ts';
export { readRules } from './netfilter/read.ts';
export type { Chain, Family, Rule, Ruleset, Table } from './netfilter/rule.ts';
export type { Target } from './netfilter/target.ts';
