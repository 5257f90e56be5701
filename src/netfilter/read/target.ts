import type { Family } from '../family.ts';
import type { Target, TargetName, Verdict } from '../rule/target.ts';
import { isTargetName, TARGET_FORMS, VERDICTS } from '../rule/target.ts';
import type { RuleWords, Unreadable } from './rule-words.ts';
import { isChainName, skipToAnother, startsAnother, wordsSince } from './rule-words.ts';

// The targets of iptables-extensions(8) that may stand without options and would then look like a jump to a chain.
const EXTENSIONS =
  'AUDIT CHECKSUM CLASSIFY CLUSTERIP CONNMARK CONNSECMARK CT DNAT DNPT DSCP ECN HL HMARK IDLETIMER LED LOG MARK MASQUERADE MIRROR NETMAP NFLOG NFQUEUE NOTRACK RATEEST REDIRECT REJECT SECMARK SET SNAT SNPT SYNPROXY TCPMSS TCPOPTSTRIP TEE TOS TPROXY TRACE TTL ULOG'.split(
    ' ',
  );

/** Whether a name that `-j` takes is a target of iptables, and so never a chain. */
export function isExtension(name: string): boolean {
  return EXTENSIONS.includes(name);
}

/** Reads from the word `-j` (or `-g`) to the end of the target's options. */
export function readTarget(rule: RuleWords, jump: 'jump' | 'goto'): Target | Unreadable {
  const option = rule.words[rule.at]?.text ?? '';
  const name = rule.words[rule.at + 1]?.text;
  if (name === undefined) return { reason: `${option} needs a target` };
  if (!isChainName(name)) return { reason: `${rule.words[rule.at + 1]?.raw} can't be a target's name` };
  rule.at += 2;
  const start = rule.at;
  if (VERDICTS.includes(name as Verdict)) return { kind: 'verdict', verdict: name as Verdict };
  if (isTargetName(name)) {
    const given = takeOptions(rule, name);
    if (given !== null) return valued(name, given, rule.family);
    rule.at = start;
  }
  // Every target's options begin with a dash: iptables refuses any other word here, and no remark becomes part of a rule.
  const stray = rule.words[start];
  if (stray !== undefined && !/^(?:--?[A-Za-z0-9]|!$)/.test(stray.text))
    return { reason: `"${stray.text}" is not an option that ${name} takes` };
  skipToAnother(rule);
  const rest = wordsSince(rule, start);
  // A chain has no options of its own: with options, it is a target of some extension.
  if (rest === '' && !isExtension(name)) return { kind: 'jump', chain: name, goto: jump === 'goto' };
  return { kind: 'opaque', name, text: rest === '' ? name : `${name} ${rest}` };
}

/** The options with their values; null where one of them is not known here, or stands twice. */
function takeOptions(rule: RuleWords, name: TargetName): ReadonlyMap<string, string> | null {
  const { options } = TARGET_FORMS[name];
  const given = new Map<string, string>();
  while (rule.at < rule.words.length && !startsAnother(rule)) {
    const option = rule.words[rule.at]?.text ?? '';
    const count = Object.hasOwn(options, option) ? options[option] : undefined;
    const value = count === 1 ? rule.words[rule.at + 1]?.text : '';
    if (count === undefined || value === undefined || given.has(option)) return null;
    given.set(option, value);
    rule.at += 1 + count;
  }
  return given;
}

function valued(kind: TargetName, given: ReadonlyMap<string, string>, family: Family): Target | Unreadable {
  const value = TARGET_FORMS[kind].read(given, family);
  if (value !== null) return { kind, value } as Target;
  const options = [...given].map((pair) => pair.join(' ').trim()).join(' ');
  return { reason: options === '' ? `${kind} needs an option` : `${options} is not what ${kind} takes` };
}
