/** What stands in a text in place of rules: programs that say why they could not show any. */

import type { ReadCode } from './problems.ts';

interface Failure {
  readonly code: ReadCode;
  readonly pattern: RegExp;
}

// In the words of iptables 1.8, nft, shells, sudo, nsenter, container runtimes and kubectl.
const FAILURES: readonly Failure[] = [
  {
    code: 'not-permitted',
    pattern:
      /you must be root|(?:ip6?tables|nft|nsenter)\S{0,20}[ :].{0,200}(?:[Pp]ermission denied|Operation not permitted)|xtables\.lock: Permission denied|^sudo: a (?:terminal|password) is required/,
  },
  {
    code: 'program-missing',
    pattern:
      /ip6?tables[\w-]{0,20}['"]?(?:: (?:command |inaccessible or )?not found|: executable file not found| not found|: No such file or directory)|command not found: ip6?tables/,
  },
  { code: 'lock-held', pattern: /holding the xtables lock|waiting for the xtables lock/ },
  {
    code: 'table-missing',
    pattern:
      /can't initialize ip6?tables table|unable to initialize table|Table does not exist \(do you need to insmod\?\)|Failed to initialize nft/,
  },
  {
    code: 'nothing-run',
    pattern:
      /^(?:Error from server\b|Error response from daemon: |Unable to connect to the server: |The connection to the server \S{1,200} was refused|error: (?:unable to upgrade connection|container |pod |pods? |cannot exec|You must be logged in|timed out|lost connection|Internal error|the server ))|OCI runtime exec failed/,
  },
];

// Made where a text is first asked: an init container's programs mostly show rules.
let any: RegExp | undefined;

/** Why there are no rules where this line stands, or null for a line that says nothing of the kind. */
export function failureIn(text: string): ReadCode | null {
  any ??= new RegExp(FAILURES.map(({ pattern }) => pattern.source).join('|'));
  if (!any.test(text)) return null;
  return FAILURES.find(({ pattern }) => pattern.test(text))?.code ?? null;
}
