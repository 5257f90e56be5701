/** Why something was not done. */

import type { Cause } from '../../istio/found/runs/failure-signs.ts';
import type { Family } from '../../netfilter/family.ts';

/** Why something was not done; every part is data, {@link printFailure} makes the words. */
export interface Failure {
  readonly cause: Cause;
  /** What the cause means, in one sentence. */
  readonly text: string;
  /** What to do about it. */
  readonly fix: string;
  /** The program and its arguments; empty where none was started. */
  readonly command: string;
  readonly exitCode: number | null;
  /** What the program said on standard error. */
  readonly message: string;
  readonly family?: Family;
  readonly table?: string;
  /** The line of the restore text that failed, where that is known. */
  readonly rule?: string;
}

/** A failure that no program reported. */
export function plainFailure(cause: Cause, text: string, fix: string): Failure {
  return { cause, text, fix, command: '', exitCode: null, message: '' };
}

/** The failure as lines for a person: what, the rule, the cause, the fix. */
export function printFailure({ command, exitCode, message, family, table, rule, text, fix }: Failure): string {
  const where = [family === 'ip6' ? 'IPv6' : family === 'ip' ? 'IPv4' : '', table === undefined ? '' : `table ${table}`].filter(
    (part) => part !== '',
  );
  return [
    ...(command === ''
      ? []
      : [
          `${command} ${exitCode === null ? 'did not finish' : `ended with exit code ${exitCode}`}${where.length > 0 ? ` (${where.join(', ')})` : ''}`,
        ]),
    ...(rule === undefined ? [] : [`rule: ${rule}`]),
    ...(message === '' ? [] : [`it said: ${message.replace(/\n+/g, '; ')}`]),
    `cause: ${text}`,
    `fix: ${fix}`,
  ].join('\n');
}
