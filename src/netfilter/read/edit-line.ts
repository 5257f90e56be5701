/** One line of iptables-restore, or the arguments of one iptables command, to a change of a table. */

import type { Family } from '../family.ts';
import type { Policy, Rule } from '../rule.ts';
import type { Word } from '../words.ts';
import { bareText, splitWords } from '../words.ts';
import type { Edit } from './edit.ts';
import type { Line } from './lines.ts';
import { withoutRemark } from './remarks.ts';
import type { KnownOfRule } from './rule.ts';
import { readCounters, readRule } from './rule.ts';
import type { Unreadable } from './rule-words.ts';
import { isChainName } from './rule-words.ts';

type Operation =
  | 'append'
  | 'insert'
  | 'replace'
  | 'delete'
  | 'check'
  | 'new'
  | 'policy'
  | 'flush'
  | 'remove'
  | 'rename'
  | 'zero'
  | 'list'
  | 'list-rules';

const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['-A', 'append'],
  ['--append', 'append'],
  ['-I', 'insert'],
  ['--insert', 'insert'],
  ['-R', 'replace'],
  ['--replace', 'replace'],
  ['-D', 'delete'],
  ['--delete', 'delete'],
  ['-C', 'check'],
  ['--check', 'check'],
  ['-N', 'new'],
  ['--new', 'new'],
  ['--new-chain', 'new'],
  ['-P', 'policy'],
  ['--policy', 'policy'],
  ['-F', 'flush'],
  ['--flush', 'flush'],
  ['-X', 'remove'],
  ['--delete-chain', 'remove'],
  ['-E', 'rename'],
  ['--rename-chain', 'rename'],
  ['-Z', 'zero'],
  ['--zero', 'zero'],
  ['-L', 'list'],
  ['--list', 'list'],
  ['-S', 'list-rules'],
  ['--list-rules', 'list-rules'],
]);

/** What a word asks iptables to do, or undefined; `-nvL` lists. */
export function operationOf(word: string): Operation | undefined {
  return OPERATIONS.get(word) ?? (/^-[nvx]*L[nvx]*$/.test(word) ? 'list' : /^-[nv]*S[nv]*$/.test(word) ? 'list-rules' : undefined);
}

const POLICIES: readonly string[] = ['ACCEPT', 'DROP', 'QUEUE'];

/** The first word of a line that declares a chain, whether or not it can be one's name. */
export function declaredName({ text }: Line): string | undefined {
  return /^(?::|(?:-N|--new|--new-chain)\s)\s*(\S+)/.exec(text)?.[1];
}

/**
 * Reads `-A CHAIN ...`, `[1:2] -A CHAIN ...`, `-N CHAIN`, `:CHAIN ACCEPT [0:0]`. Null for a line that changes nothing (`-C`, `-Z`).
 *
 * @param declared - the names that lines of the same table declare.
 */
export function readEditLine({ text, number }: Line, family: Family, declared: ReadonlySet<string>): Edit | Unreadable | null {
  if (text.startsWith(':')) return readDeclaration(text, declared);
  const [, packets, bytes, rest] = (text.startsWith('[') && /^\[(\d+):(\d+)\]\s*(.*)$/s.exec(text)) || [];
  const words = splitWords(withoutRemark(rest ?? text, declared));
  if (words === null) return { reason: 'a quote is not closed' };
  const counters = packets === undefined ? undefined : readCounters(packets, bytes);
  if (counters !== undefined && 'reason' in counters) return counters;
  return readEdit(words, family, { line: number, ...(counters && { counters }) });
}

function readDeclaration(line: string, declared: ReadonlySet<string>): Edit | Unreadable {
  const [, chain, policy, packets, bytes] =
    /^:\s*(\S+)\s+(\S+)(?:\s+\[(\d{1,20}):(\d{1,20})\])?$/.exec(withoutRemark(line, declared)) ?? [];
  if (chain === undefined || policy === undefined || !isChainName(chain))
    return { reason: 'a chain is declared as ":NAME POLICY [packets:bytes]"' };
  if (policy !== '-' && !POLICIES.includes(policy)) return { reason: `${policy} is not a policy` };
  const counters = packets === undefined || bytes === undefined ? undefined : { packets: BigInt(packets), bytes: BigInt(bytes) };
  return { kind: 'declare', chain, policy: policy as Policy, empties: true, ...(counters && { counters }) };
}

/** Reads words that begin with an operation (`-A`), as they stand in a line for iptables-restore. */
function readEdit(words: readonly Word[], family: Family, known: KnownOfRule): Edit | Unreadable | null {
  const [first, second, third] = words;
  const operation = operationOf(bareText(first));
  const chain = second?.text;
  if (operation === undefined) return { reason: first === undefined ? 'it is empty' : `"${first.text}" is not what a line begins with` };
  if (operation === 'check' || operation === 'zero' || operation === 'list' || operation === 'list-rules') return null;
  if (operation === 'rename') return { reason: 'a chain that changes its name is not understood' };
  if (operation === 'flush' || operation === 'remove') {
    return words.length > 2 || (chain !== undefined && !isChainName(chain))
      ? { reason: `${first?.text} takes one chain` }
      : { kind: operation, ...(chain !== undefined && { chain }) };
  }
  if (chain === undefined || !isChainName(chain)) return { reason: `${first?.text} needs a chain` };
  switch (operation) {
    case 'new':
      return words.length > 2 ? { reason: `${first?.text} takes one chain` } : { kind: 'declare', chain, policy: '-', empties: false };
    case 'policy':
      return readPolicy(chain, words.slice(2));
    case 'append':
      return withRule(words.slice(2), family, known, (rule) => ({ kind: 'append', chain, rule }));
    case 'insert': {
      const position = positionOf(third);
      return withRule(words.slice(position === null ? 2 : 3), family, known, (rule) => ({
        kind: 'insert',
        chain,
        position: position ?? 1,
        rule,
      }));
    }
    case 'replace': {
      const position = positionOf(third);
      if (position === null) return { reason: '-R needs the number of a rule' };
      return withRule(words.slice(3), family, known, (rule) => ({ kind: 'replace', chain, position, rule }));
    }
    case 'delete': {
      const position = positionOf(third);
      if (position !== null && words.length === 3) return { kind: 'delete', chain, rule: position };
      return withRule(words.slice(2), family, known, (rule) => ({ kind: 'delete', chain, rule }));
    }
    default:
      return operation satisfies never;
  }
}

function readPolicy(chain: string, [policy, flag, packets, bytes]: readonly Word[]): Edit | Unreadable {
  if (policy === undefined || !POLICIES.includes(policy.text)) return { reason: `${policy?.raw ?? 'nothing'} is not a policy` };
  if (flag === undefined) return { kind: 'declare', chain, policy: policy.text as Policy, empties: false };
  const counters = flag.text === '-c' ? readCounters(packets?.text, bytes?.text) : { reason: `${flag.raw} stands behind the policy` };
  return 'reason' in counters ? counters : { kind: 'declare', chain, policy: policy.text as Policy, counters, empties: false };
}

function positionOf(word: Word | undefined): number | null {
  return word !== undefined && /^[1-9]\d{0,8}$/.test(word.text) ? Number(word.text) : null;
}

function withRule(words: readonly Word[], family: Family, known: KnownOfRule, edit: (rule: Rule) => Edit): Edit | Unreadable {
  const rule = readRule(words, family, known);
  return 'reason' in rule ? rule : edit(rule);
}
