/** The dry run of the drop-in. */

import { system } from '../../host/system.ts';
import { messageOf } from '../../istio/problems.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { printRestore } from '../../netfilter/print.ts';
import type { DropInRequest } from './request.ts';

/** Prints what `preview -o restore` prints, or what nft would read. Needs no rights and no program, and touches nothing. */
export async function dryRun({ plan, log, dryRunFile, named }: DropInRequest): Promise<number> {
  const full = FAMILIES.filter((family) => plan.nft === undefined && plan[family].tables.length > 0);
  const restore = full
    .map((family) => `${full.length > 1 ? `# ${family === 'ip' ? 'iptables' : 'ip6tables'}-restore\n` : ''}${printRestore(plan[family])}`)
    .join('');
  const text = plan.nft === undefined ? restore : (await import('../../istio/plan/native/written.ts')).printWritten(plan.nft);
  const lost = await system.print(text);
  if (dryRunFile !== undefined) {
    try {
      system.writeText(dryRunFile, text);
    } catch (error) {
      log.error(`the dry run can not be written: ${messageOf(error)}`);
      return 1;
    }
  }
  if (lost !== undefined) {
    log.error(lostText(lost));
    return 1;
  }
  log.info(`dry run of ${rulesOf(plan, named)}: nothing was touched`);
  return 0;
}

/** What a summary calls the rules of a request. */
export function rulesOf({ release }: DropInRequest['plan'], named: boolean): string {
  return `the rules of Istio ${release} (${named ? 'the release that was named' : 'the newest known release'})`;
}

/** What is said where standard output was lost: to a full disk, with the kernel's word. */
export function lostText(code: string): string {
  return `standard output can not be written: ${code}`;
}
