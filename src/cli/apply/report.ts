/** What became of an apply or a clean, in words and as data. */

import { printFailure } from '../../host/failure/failure.ts';
import type { ApplyResult } from '../../host/kernel/result.ts';
import type { Step } from '../../host/kernel/transaction.ts';
import { API_VERSION } from '../../istio/api-version.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { printRule, printSave } from '../../netfilter/print.ts';
import type { KeptChain } from '../../netfilter/reconcile.ts';
import { rulesIn } from '../../netfilter/rule.ts';

/** Exit code where the work failed and the state is neither the old nor the new one. */
const MIXED = 3;

/** 0 where all is as wanted or nothing had to be done; 1 failed and put back, refused or drifted; 3 mixed. */
export function exitCodeOf({ outcome, state }: ApplyResult): number {
  if (outcome === 'failed') return state === 'mixed' ? MIXED : 1;
  return outcome === 'refused' || outcome === 'drifted' || outcome === 'interrupted' ? 1 : 0;
}

/** One line: what was done, where, by which backend; `what` are the rules that should be there, undefined where none should. */
export function summaryOf(result: ApplyResult, rules: string | undefined): string {
  const what = rules ?? 'the rules of Istio';
  const { outcome, target, ours, processes, rounds, native } = result;
  const backend = native === undefined ? result.backend : 'native nftables';
  const counts =
    ours === undefined
      ? ''
      : native !== undefined
        ? `, ${rulesIn(native).length} rules in ${native.tables.length} ${native.tables.length === 1 ? 'table' : 'tables'}`
        : `, ${FAMILIES.map((family) => `${rulesIn(ours[family]).length} ${family === 'ip' ? 'IPv4' : 'IPv6'}`).join(' and ')} rules`;
  const words = {
    unchanged: rules === undefined ? unchangedText(result) : `${what}: already there, nothing changed`,
    applied: `${what}: applied and verified`,
    cleaned: `${what}: removed and verified`,
    planned: `${what}: dry run, nothing touched`,
    drifted: `${what}: other rules of Istio are there; nothing touched`,
    refused: `${what}: refused, nothing touched`,
    interrupted: `${what}: interrupted before anything was changed`,
    failed: `${what}: failed, ${result.state === 'mixed' ? 'and the state is mixed' : 'IPv4 and IPv6 are as before'}`,
  }[outcome];
  return `${words}; ${target}${backend === undefined ? '' : `, ${backend}`}${counts}, ${processes} ${processes === 1 ? 'command' : 'commands'}${rounds > 2 ? `, another program interfered (${rounds} rounds)` : ''}`;
}

/** Where something could not be read, nobody knows that it is nothing. */
function unchangedText({ unseen }: ApplyResult): string {
  return `nothing of Istio to remove${unseen.length === 0 ? '' : ' in what could be read'}, nothing changed`;
}

/** What a person must know besides: failures with their causes and fixes, what is still needed, what was left. */
export function remarksOf({ failures, needed, kept, warnings }: ApplyResult): readonly string[] {
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    ...kept.map(
      ({ table, chain, by }) =>
        `warning: chain ${chain} of ${table} stays, empty, for rules of others lead there: ${by.map(useText).join('; ')}`,
    ),
    ...failures.map(printFailure),
    ...(needed.length === 0 ? [] : [`still needed, to get back to what was there:\n${stepsText(needed)}`]),
  ];
}

function useText({ chain, rule }: KeptChain['by'][number]): string {
  return `-A ${chain} ${printRule(rule)}`;
}

/** Steps as a shell would run them, each program with its input. */
export function stepsText(steps: readonly Step[]): string {
  return steps.map(({ argv, text }) => `# ${argv.join(' ')}\n${text}`).join('');
}

/** Our rules as they are now. */
export function rulesText({ ours }: ApplyResult): string {
  if (ours === undefined) return '';
  return FAMILIES.filter((family) => ours[family].tables.some(({ nft }) => nft === undefined))
    .map((family) => `# ${family === 'ip' ? 'iptables' : 'ip6tables'}\n${printSave(ours[family])}`)
    .join('');
}

/** The result as plain data: `-o json`, and the container's termination message. */
export function applyDocument(result: ApplyResult, release: string | undefined): Readonly<Record<string, unknown>> {
  const { outcome, state, target, backend, failures, needed, kept, warnings, rounds, processes } = result;
  return {
    apiVersion: API_VERSION,
    kind: 'ApplyResult',
    outcome,
    state,
    target,
    ...(release === undefined ? {} : { release }),
    ...(backend === undefined ? {} : { backend }),
    failures: failures.map(({ cause, text, fix, command, exitCode, message, ...place }) => ({
      cause,
      text,
      fix,
      command,
      exitCode,
      said: message,
      ...place,
    })),
    needed,
    kept: kept.map(({ table, chain, by }) => ({ table, chain, by: by.map(useText) })),
    warnings,
    attempts: rounds,
    processes,
  };
}
