/** The work of the drop-in: clean, apply, prove. */

import { applyPlan, clean, machine } from '../../host/kernel/apply.ts';
import type { ApplyOptions } from '../../host/kernel/options.ts';
import type { ApplyResult } from '../../host/kernel/result.ts';
import { system } from '../../host/system.ts';
import { writeTermination } from '../../host/termination.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import { applyDocument, remarksOf, rulesText, stepsText, summaryOf } from '../apply/report.ts';
import type { Signals } from '../signals.ts';
import { handleSignals } from '../signals.ts';
import { rulesOf } from './dry-run.ts';
import type { DropInRequest } from './request.ts';
import { ALLOW_HOST } from './request.ts';

/** Does what was requested; resolves to the exit code. */
export async function dropInWork(request: DropInRequest): Promise<number> {
  const { log, is, text } = request;
  const binary = text('force-binary');
  // The real program too looks at this flag only to judge its value, where rules are native.
  const isForced = (binary === 'nft' || binary === 'legacy') && request.plan.nft === undefined;
  const options: ApplyOptions = { host: request.allowHost, ...(isForced && { backend: binary }) };
  const signals = handleSignals();
  const changed = !is('skip-rule-apply') ? await change(request, options, signals) : 0;
  const ended = signals.exitCode() ?? changed;
  if (ended !== 0 || !is('run-validation') || is('cleanup-only')) return ended;
  // A probe changes nothing, so nothing of it has to be finished; its sockets would keep the process for as long as it may take.
  signals.signal.addEventListener('abort', () => {
    log.warn('interrupted while the rules were being proved');
    system.exit(signals.exitCode());
  });
  return prove(request);
}

async function change({ plan, target, log, is, named }: DropInRequest, options: ApplyOptions, { signal }: Signals): Promise<number> {
  const result = inOwnWords(
    is('cleanup-only')
      ? await clean(target, options, machine(signal), new Set(plan.routing.rules.map(({ mark }) => mark)))
      : await applyPlan(target, plan, options, machine(signal)),
  );
  const done = result.outcome === 'applied' || result.outcome === 'unchanged' || result.outcome === 'cleaned';
  const what = is('cleanup-only') ? undefined : rulesOf(plan, named);
  report(result, log, what, done && !is('cleanup-only') ? await nativeText(plan) : '');
  writeTermination(applyDocument(result, plan.release));
  return done ? 0 : 1;
}

// What a fix calls by the names of our own options has other names here.
const NAMES = [
  ['--pid or --netns', '--network-namespace'],
  ['--host', `${ALLOW_HOST}=true`],
  ['--backend', '--force-iptables-binary'],
] as const;

function inOwnWords(result: ApplyResult): ApplyResult {
  const translated = (fix: string): string => NAMES.reduce((text, [ours, here]) => text.replaceAll(ours, here), fix);
  return { ...result, failures: result.failures.map((failure) => ({ ...failure, fix: translated(failure.fix) })) };
}

/** The native rules that are there now, as the real program says them. */
async function nativeText({ nft }: CapturePlan): Promise<string> {
  return nft === undefined ? '' : (await import('../../istio/plan/native/written.ts')).printWritten(nft);
}

/** One line of summary, the rules in one block, the rest where someone looks for it. */
function report(result: ApplyResult, log: DropInRequest['log'], what: string | undefined, native: string): void {
  const wrong = result.outcome === 'failed' || result.outcome === 'refused';
  for (const reason of result.reasons) log.debug(reason);
  for (const { argv, text, done } of result.tried)
    log.debug(`${done ? 'done' : 'failed'}: ${stepsText([{ kind: 'rules', family: undefined, argv, text }])}`);
  for (const remark of remarksOf(result)) {
    if (wrong) log.error(remark);
    else log.warn(remark);
  }
  const rules = rulesText(result);
  if (rules !== '') log.info(`rules of Istio now:\n${rules.trimEnd()}`);
  // In the words of the real program.
  if (native !== '') log.info(`nftables rules programmed:\n${native.trimEnd()}`);
  (wrong ? log.error : log.info)(summaryOf(result, what));
}

async function prove({ plan, log, text }: DropInRequest): Promise<number> {
  const { PROBE_FAILED, probePlan } = await import('../probe/probing.ts');
  const { milliseconds } = await import('../duration.ts');
  const port = Number(text('probe-port') || 15002);
  if (port > 65535) {
    log.error(`the validation can not listen on port ${port}: there are ports up to 65535`);
    return PROBE_FAILED;
  }
  const { lines, failed, results } = await probePlan(plan, port, milliseconds(text('probe-timeout') || '5s'));
  for (const line of lines) (failed ? log.error : log.info)(line);
  if (!failed) return 0;
  const { missingRules } = await import('../../host/kernel/missing-rules.ts');
  for (const line of await missingRules(plan)) log.error(line);
  writeTermination({ outcome: 'not redirected', results });
  return PROBE_FAILED;
}
